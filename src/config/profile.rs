//! The config file: one TOML table a profile, for what is the same in every project.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::{Document, Value};

use super::entry::{Entry, KEY_SOURCES, nearest};
use crate::error::{Error, Result};
use crate::file;

/// The file's name in the config directory.
pub(super) const FILE: &str = "config.toml";

/// A profile's settings. Secrets do not belong here, so there is no key for one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Clerk's base URL.
    pub clerk_api_url: Option<String>,
    /// Svix's base URL.
    pub svix_server_url: Option<String>,
    /// The agent's binary.
    pub ngrok_bin: Option<PathBuf>,
    /// The agent's config files.
    #[serde(default)]
    pub ngrok_config: Vec<PathBuf>,
    /// The ngrok domain.
    pub domain: Option<String>,
    /// The webhook path.
    pub path: Option<String>,
    /// The app's address.
    pub app: Option<String>,
    /// The event types to listen to.
    #[serde(default)]
    pub events: Vec<String>,
    /// The variable that holds the Clerk secret key.
    pub key_env: Option<String>,
    /// The file that holds it.
    pub key_file: Option<PathBuf>,
    /// The command that prints it.
    pub key_command: Option<String>,
}

impl Profile {
    /// Reads `name` from the config file in `directory`; without a file every profile is empty.
    ///
    /// # Errors
    /// `ConfigFile` when the file is unreadable, no TOML or holds a wrong value, with its line; `ProfileMissing` when it has
    /// no such profile (other than `default`).
    pub fn read(directory: &Path, name: &str) -> Result<(Self, PathBuf)> {
        let path = directory.join(FILE);
        let fault = |cause: String| Error::ConfigFile { path: path.clone(), cause };
        let text = match file::read(&path, file::SETTINGS_LIMIT) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| fault("it is no UTF-8 text".to_owned()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name == "default" => {
                return Ok((Self::default(), path));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(missing(name, path, &[])),
            Err(error) => return Err(fault(error.to_string())),
        };
        let mut file = parse(&text).map_err(fault)?;
        check(&text, name).map_err(fault)?;
        match file.profile.remove(name) {
            Some(profile) => Ok((profile, path)),
            None if name == "default" => Ok((Self::default(), path)),
            None => Err(missing(name, path, &file.profile.keys().map(String::as_str).collect::<Vec<_>>())),
        }
    }
}

fn missing(name: &str, path: PathBuf, known: &[&str]) -> Error {
    let meant = nearest(name, known).map(str::to_owned);
    Error::ProfileMissing { name: name.to_owned(), path, known: known.join(", "), meant }
}

/// The values of one profile; those of others are theirs.
fn check(text: &str, name: &str) -> Result<(), String> {
    let Ok(document) = Document::parse(text) else { return Ok(()) };
    let profile = document.get("profile").and_then(|profiles| profiles.as_table_like()?.get(name)?.as_table_like());
    let Some(profile) = profile else { return Ok(()) };
    for (key, item) in profile.iter() {
        let Some(entry) = Entry::named(key) else { continue };
        let wrong = |span, why: &str| format!("{}`{}` is no {}: {why}", locate(text, span), entry.name, entry.what);
        let values: Vec<&Value> =
            item.as_array().map_or_else(|| item.as_value().into_iter().collect(), |all| all.iter().collect());
        for value in values {
            let checked = value.as_str().map_or(Ok(()), |text| entry.check(text));
            checked.map_err(|why| wrong(value.span(), &why))?;
        }
    }
    match KEY_SOURCES.iter().filter_map(|source| profile.get(source)).nth(1) {
        Some(second) => Err(format!(
            "{}the key comes from one place: `key_env`, `key_file` or `key_command`",
            locate(text, second.span())
        )),
        None => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    profile: std::collections::BTreeMap<String, Profile>,
}

/// What is wrong is named by its place and never quoted: a key may have been pasted anywhere.
fn parse(text: &str) -> Result<File, String> {
    let at = |span| locate(text, span);
    let document =
        toml_edit::de::Deserializer::parse(text).map_err(|error| format!("{}this is no TOML", at(error.span())))?;
    File::deserialize(document).map_err(|error| format!("{}{}", at(error.span()), misfit(error.message())))
}

/// Where something stands, to be put before what is wrong with it.
pub(super) fn locate(text: &str, span: Option<Range<usize>>) -> String {
    span.map_or_else(String::new, |span| format!("{}: ", place(text, span.start)))
}

/// serde quotes the file's words first and says in its own what it expected.
fn misfit(message: &str) -> String {
    let expected = message.rsplit_once("expected ").map(|(_, expected)| expected).unwrap_or_default();
    match message {
        _ if message.starts_with("unknown field") => format!("there is no setting of this name; expected {expected}"),
        _ if message.starts_with("invalid type") => format!("the value is of the wrong kind; expected {expected}"),
        _ => "this setting cannot be used".to_owned(),
    }
}

/// Line and column of a byte, from 1.
fn place(text: &str, at: usize) -> String {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_and_what_is_wrong_is_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let (empty, _) = Profile::read(directory.path(), "default").expect("no file is fine");
        assert_eq!(empty.domain, None);
        assert!(Profile::read(directory.path(), "work").is_err());

        let file = directory.path().join(FILE);
        std::fs::write(&file, "[profile.work]\ndomain = \"quiet-owl.ngrok.dev\"\n").expect("written");
        let (work, _) = Profile::read(directory.path(), "work").expect("there");
        assert_eq!(work.domain.as_deref(), Some("quiet-owl.ngrok.dev"));
        let missing = Profile::read(directory.path(), "home").expect_err("not there");
        assert_eq!((missing.code(), missing.cause()), ("CH0113", Some("work")));
        let near = Profile::read(directory.path(), "wrok").expect_err("not there");
        assert!(near.hint().contains("`--profile work`"), "{}", near.hint());

        std::fs::write(&file, "[profile.work]\ncolour = 1\n").expect("written");
        let unknown = Profile::read(directory.path(), "work").expect_err("unknown key");
        let cause = unknown.cause().unwrap_or_default();
        assert!(cause.starts_with("line 2, column 1: ") && cause.contains("`domain`"), "{unknown:?}");
        assert!(!cause.contains("colour"), "{unknown:?}");

        for (wrong, at) in [
            ("app = \"4000\"\npath = \"a b\"", "line 3, column 8: `path`"),
            ("events = [\"user.*\", \"a b\"]", "line 2, column 21: `events`"),
            ("key_env = \"A\"\nkey_file = \"b\"", "line 3, column 12: the key"),
            ("app = \"sk_test_hideHIDEhideHIDE\"", "line 2, column 7: `app`"),
        ] {
            std::fs::write(&file, format!("[profile.work]\n{wrong}\n")).expect("written");
            let cause =
                Profile::read(directory.path(), "work").expect_err(wrong).cause().unwrap_or_default().to_owned();
            assert!(cause.starts_with(at) && !cause.contains("hide"), "{cause}");
        }
    }
}
