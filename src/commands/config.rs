//! `clerkhook config`: the profiles of the config file, shown and edited.

use std::path::{Path, PathBuf};

use crate::config::{Book, ENTRIES, Entry, Source};
use crate::error::{Error, Result};
use crate::report::{Plan, Report, Setting, Step};
use crate::secret::mask_text;
use crate::ui::Ui;

/// Options of `config`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do.
    pub deed: Deed,
    /// Say what would be changed.
    pub dry_run: bool,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Write a setting.
    Set {
        /// Which.
        key: String,
        /// Its value, or several.
        values: Vec<String>,
    },
    /// Take one out.
    Unset {
        /// Which.
        key: String,
    },
    /// Print one.
    Get {
        /// Which.
        key: String,
    },
    /// Print all.
    List,
    /// Print where the file is.
    Path,
}

/// The file and the profile that are meant.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory of the config file.
    pub directory: PathBuf,
    /// The profile.
    pub profile: String,
    /// It was named, so that others are not.
    pub named: bool,
}

/// Shows or edits.
///
/// # Errors
/// `ConfigFile`, `SettingUnknown`, `SettingInvalid`, `FileUnwritable`.
pub fn config(ui: &Ui, place: &Place, options: &Options) -> Result<()> {
    let Place { directory, profile, .. } = place;
    let path = Book::path(directory);
    match &options.deed {
        Deed::Path => ui.exact(&path.display().to_string()),
        Deed::List => list(ui, place, &Book::open(directory)?),
        Deed::Get { key } => {
            let entry = named(key)?;
            match Book::open(directory)?.get(profile, &entry) {
                Some(value) => ui.emit(&told(&path, profile, &entry, value).answer()),
                None => ui.note(&format!("profile `{profile}` sets no `{}`", entry.name)),
            }
        }
        Deed::Set { key, values } => {
            let entry = named(key)?;
            let values = meant(&entry, values)?;
            let mut book = Book::open(directory)?;
            book.set(profile, &entry, &values)?;
            let (shown, action) = (values.join(","), format!("`{}` of profile `{profile}` to ", entry.name));
            if options.dry_run {
                return plan(ui, format!("{action}`{shown}`"));
            }
            book.save()?;
            ui.emit(&told(&path, profile, &entry, shown));
        }
        Deed::Unset { key } => {
            let entry = named(key)?;
            let mut book = Book::open(directory)?;
            let was = book.unset(profile, &entry);
            if options.dry_run && was {
                return plan(ui, format!("take `{}` out of profile `{profile}`", entry.name));
            }
            match was {
                true => book.save()?,
                false => ui.note(&format!("profile `{profile}` sets no `{}`", entry.name)),
            }
        }
    }
    Ok(())
}

#[allow(clippy::unnecessary_wraps, reason = "it ends the command")]
fn plan(ui: &Ui, detail: String) -> Result<()> {
    ui.emit(&Report::Plan(Plan { step: Step::App, action: "change", detail }));
    Ok(())
}

fn list(ui: &Ui, place: &Place, book: &Book) {
    let path = Book::path(&place.directory);
    let mut count = 0;
    for profile in book.profiles().iter().filter(|profile| !place.named || **profile == place.profile) {
        for entry in ENTRIES {
            if let Some(value) = book.get(profile, &entry) {
                count += 1;
                ui.emit(&told(&path, profile, &entry, value));
            }
        }
    }
    if count == 0 {
        let names = ENTRIES.map(|entry| entry.name).join(", ");
        ui.note(&format!("nothing is set in {}; there are {names}", path.display()));
    }
}

fn told(path: &Path, profile: &str, entry: &Entry, value: String) -> Report {
    let source = Source::Profile(path.to_owned(), profile.to_owned()).to_string();
    Report::Setting(Setting { setting: entry.name, value, source })
}

fn named(key: &str) -> Result<Entry> {
    Entry::named(key).ok_or_else(|| Error::SettingUnknown { name: mask_text(key), meant: Entry::nearest(key) })
}

/// The values, each checked; several words are one command.
fn meant(entry: &Entry, values: &[String]) -> Result<Vec<String>> {
    let values: Vec<String> = match values {
        several if entry.list => {
            several.iter().flat_map(|value| value.split(',')).map(|value| value.trim().to_owned()).collect()
        }
        [one] => vec![one.clone()],
        several if entry.name == "key_command" => vec![shell_words::join(several)],
        several => {
            let why = "one value is expected; put it in quotes where it holds a space".to_owned();
            let (value, source_name) = (mask_text(&several.join(" ")), "the command line".to_owned());
            return Err(Error::SettingInvalid { what: entry.what, value, source_name, why });
        }
    };
    for value in &values {
        entry.check(value).map_err(|why| Error::SettingInvalid {
            what: entry.what,
            value: mask_text(value),
            source_name: "the command line".to_owned(),
            why,
        })?;
    }
    // A file is meant where it was typed, not beside the config file.
    Ok(values.into_iter().map(|value| if entry.what == "file" { absolute(value) } else { value }).collect())
}

fn absolute(file: String) -> String {
    std::path::absolute(&file).map_or(file, |path| path.display().to_string())
}
