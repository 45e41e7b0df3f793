//! The config file as it is edited: what is not changed stays byte for byte, comments and order too.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::entry::{Entry, KEY_SOURCES};
use super::profile::{FILE, locate};
use crate::error::{Error, Result};
use crate::file;

/// The config file, read to be changed.
#[derive(Debug)]
pub struct Book {
    path: PathBuf,
    text: String,
    document: DocumentMut,
}

impl Book {
    /// Where it is, whether it is there or not.
    pub fn path(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }

    /// Reads it; one that is not there is empty.
    ///
    /// # Errors
    /// `ConfigFile` with the line of what is no TOML.
    pub fn open(directory: &Path) -> Result<Self> {
        let path = Self::path(directory);
        let fault = |cause: String| Error::ConfigFile { path: path.clone(), cause };
        let text = match file::read(&path, file::SETTINGS_LIMIT) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| fault("it is no UTF-8 text".to_owned()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fault(error.to_string())),
        };
        let document = text
            .parse::<DocumentMut>()
            .map_err(|error| fault(format!("{}this is no TOML", locate(&text, error.span()))))?;
        Ok(Self { path, text, document })
    }

    /// The names of its profiles, in their order.
    pub fn profiles(&self) -> Vec<String> {
        let profiles = self.document.get("profile").and_then(Item::as_table_like);
        profiles.map(|profiles| profiles.iter().map(|(name, _)| name.to_owned()).collect()).unwrap_or_default()
    }

    /// What a profile says of a setting; several values stand apart by commas.
    pub fn get(&self, profile: &str, entry: &Entry) -> Option<String> {
        let item = self.document.get("profile")?.as_table_like()?.get(profile)?.as_table_like()?.get(entry.name)?;
        match item.as_value()? {
            Value::String(text) => Some(text.value().clone()),
            Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
            other => Some(other.to_string().trim().to_owned()),
        }
    }

    /// Sets a value, which was checked. What says otherwise where the key comes from goes.
    ///
    /// # Errors
    /// `ConfigFile` where the file is built in another way.
    pub fn set(&mut self, profile: &str, entry: &Entry, values: &[String]) -> Result<()> {
        let path = self.path.clone();
        let built =
            || Error::ConfigFile { path: path.clone(), cause: "a profile is a table, `[profile.NAME]`".to_owned() };
        let profiles = self.document.entry("profile").or_insert_with(|| {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        });
        let profiles = profiles.as_table_like_mut().ok_or_else(built)?;
        if profiles.get(profile).is_none() {
            profiles.insert(profile, Item::Table(Table::new()));
        }
        let table = profiles.get_mut(profile).and_then(Item::as_table_like_mut).ok_or_else(built)?;
        if KEY_SOURCES.contains(&entry.name) {
            KEY_SOURCES.iter().filter(|other| **other != entry.name).for_each(|other| drop(table.remove(other)));
        }
        let mut value = match values {
            [one] if !entry.list => Value::from(one.as_str()),
            several => Value::Array(several.iter().map(String::as_str).collect::<Array>()),
        };
        match table.get_mut(entry.name) {
            Some(item) => {
                // What stands behind it, such as a comment, stays there.
                if let Some(before) = item.as_value() {
                    *value.decor_mut() = before.decor().clone();
                }
                *item = Item::Value(value);
            }
            None => drop(table.insert(entry.name, Item::Value(value))),
        }
        Ok(())
    }

    /// Takes a setting out; whether it was there.
    pub fn unset(&mut self, profile: &str, entry: &Entry) -> bool {
        let profiles = self.document.get_mut("profile").and_then(Item::as_table_like_mut);
        let table = profiles.and_then(|profiles| profiles.get_mut(profile)?.as_table_like_mut());
        table.is_some_and(|table| table.remove(entry.name).is_some())
    }

    /// Writes it where it was read, also behind a link.
    ///
    /// # Errors
    /// `FileUnwritable`.
    pub fn save(&self) -> Result<()> {
        let text = self.document.to_string();
        if text == self.text && self.path.exists() {
            return Ok(());
        }
        let path = self.path.canonicalize().unwrap_or_else(|_| self.path.clone());
        let directory = path.parent().unwrap_or(Path::new("."));
        let made = if directory.exists() { Ok(()) } else { file::directory(directory) };
        made.and_then(|()| file::write(&path, text.as_bytes()))
            .map_err(|error| Error::FileUnwritable { path: path.clone(), cause: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays() {
        let home = tempfile::tempdir().expect("a directory");
        let before = "# mine\n[profile.default]\npath = '/a' # the old route\n\n  # of the shop\n[profile.shop]\nkey_env = \"SHOP\" # ask Bo\ndomain   =   \"a.example\"\n";
        std::fs::write(home.path().join(FILE), before).expect("written");
        let entry = |name: &str| Entry::named(name).expect("known");
        let mut book = Book::open(home.path()).expect("read");
        book.set("default", &entry("path"), &["/b".to_owned()]).expect("set");
        book.set("shop", &entry("key_file"), &["k".to_owned()]).expect("set");
        book.set("new", &entry("events"), &["user.*".to_owned()]).expect("set");
        book.save().expect("saved");
        let after = std::fs::read_to_string(home.path().join(FILE)).expect("there");
        assert_eq!(
            after,
            "# mine\n[profile.default]\npath = \"/b\" # the old route\n\n  # of the shop\n[profile.shop]\ndomain   =   \"a.example\"\nkey_file = \"k\"\n\n[profile.new]\nevents = [\"user.*\"]\n"
        );
        assert_eq!(book.profiles(), ["default", "shop", "new"]);
        assert!(book.unset("new", &entry("events")) && !book.unset("new", &entry("events")));
    }
}
