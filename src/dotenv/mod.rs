//! Env files as Node's `dotenv` reads them: their variables, and the edit of one.

mod edit;
mod replace;

use std::io::ErrorKind;
use std::path::Path;

use adotenv::{Dialect, parse_with};

use crate::error::{Error, Result};
use crate::file;
use crate::secret::Secret;

pub use edit::{Change, Old, write};

/// The env files of a project directory, the strongest first.
pub const FILES: [&str; 4] = [".env.local", ".env.development.local", ".env.development", ".env"];

/// The variables of an env file in their order. A name that stands twice has its last value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables {
    entries: Vec<(String, Secret)>,
    /// Where each stands, from 1.
    lines: Vec<usize>,
}

impl Variables {
    /// Reads a text. Lines that are no assignment count for nothing, `$` is not expanded.
    pub fn parse(text: &str) -> Self {
        let (document, _) = parse_with(text, Dialect::NODE_DOTENV);
        let entries: Vec<_> = document.effective_entries().collect();
        let lines = entries.iter().map(|entry| declared(text, entry.key())).collect();
        let entries = entries.iter().map(|entry| (entry.key().to_owned(), Secret::new(entry.value())));
        Self { entries: entries.collect(), lines }
    }

    /// The value of a variable; an empty one counts.
    pub fn get(&self, name: &str) -> Option<&Secret> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The line of a variable, from 1.
    pub fn line(&self, name: &str) -> Option<usize> {
        let at = self.iter().position(|(key, _)| key == name)?;
        self.lines.get(at).copied()
    }

    /// Names and values. Any value may be a credential, so all are secret.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// The line of a text that declares a variable, the last one where there are several.
fn declared(text: &str, name: &str) -> usize {
    let declares = |line: &str| {
        let line = line.trim_start_matches('\u{feff}').trim_start();
        let rest = line.strip_prefix("export ").unwrap_or(line).trim_start().strip_prefix(name);
        rest.is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
    };
    let lines: Vec<&str> = text.lines().collect();
    lines.iter().rposition(|line| declares(line)).map_or(1, |line| line + 1)
}

/// Reads an env file; `None` where there is none.
pub fn read(path: &Path) -> Result<Option<Variables>> {
    Ok(text(path)?.as_deref().map(Variables::parse))
}

/// The text of an env file; `None` where there is none.
fn text(path: &Path) -> Result<Option<String>> {
    let unreadable =
        |cause: &dyn ToString| Error::EnvFileUnreadable { path: path.to_owned(), cause: cause.to_string() };
    // Password managers put named pipes where env files are; reading one would wait for ever.
    let bytes = match file::read(path, file::SETTINGS_LIMIT) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&error)),
    };
    String::from_utf8(bytes).map(Some).map_err(|_| unreadable(&"it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn values(text: &str) -> Vec<(String, String)> {
        Variables::parse(text).iter().map(|(name, value)| (name.to_owned(), value.expose().to_owned())).collect()
    }

    #[test]
    fn reads_as_node_does() {
        let text = "\u{feff}# keys\r\nexport A = one # note\r\nB='two # words'\nC=\"line\\nbreak\"\nD=a#b\nE: yaml\nF=\nnot one\nA=last\nG=`x 'y' \"z\"`\nH=\"$HOME\"";
        let expected = [
            ("B", "two # words"),
            ("C", "line\nbreak"),
            ("D", "a"),
            ("E", "yaml"),
            ("F", ""),
            ("A", "last"),
            ("G", "x 'y' \"z\""),
            ("H", "$HOME"),
        ];
        assert_eq!(values(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert_eq!(Variables::parse(text).get("F"), Some(&Secret::new("")));
        assert_eq!(Variables::parse(text).get("not"), None);
    }

    #[test]
    fn an_absent_file_is_none() {
        let directory = tempfile::tempdir().expect("a directory");
        assert_eq!(read(&directory.path().join(".env")).expect("no error"), None);
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let directory = tempfile::tempdir().expect("a directory");
        let utf16 = directory.path().join(".env");
        fs::write(&utf16, b"\xff\xfeA\0=\x001\0").expect("written");
        for (path, cause) in [(utf16.as_path(), "it is not UTF-8 text"), (directory.path(), "it is a directory")] {
            let error = read(path).expect_err("unreadable");
            assert_eq!((error.code(), error.cause()), ("CH0701", Some(cause)));
        }
    }

    #[test]
    fn values_do_not_show() {
        let shown = format!("{:?}", Variables::parse("CLERK_SECRET_KEY=sk_test_abcdefghijklmnop"));
        assert!(shown.contains("sk_test_…mnop") && !shown.contains("abcdef"), "{shown}");
    }
}
