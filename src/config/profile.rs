//! The config file: one TOML table a profile, for what is the same in every project.

use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::file;

/// The file's name in the config directory.
const FILE: &str = "config.toml";

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
}

impl Profile {
    /// Reads `name` from the config file in `directory`; without a file every profile is empty.
    ///
    /// # Errors
    /// `ConfigFile` when the file is unreadable or no TOML, or has no such profile (other than `default`).
    pub fn read(directory: &Path, name: &str) -> Result<(Self, PathBuf)> {
        let path = directory.join(FILE);
        let fault = |cause: String| Error::ConfigFile { path: path.clone(), cause };
        let text = match file::read(&path, file::SETTINGS_LIMIT) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| fault("it is no UTF-8 text".to_owned()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && name == "default" => {
                return Ok((Self::default(), path));
            }
            Err(error) => return Err(fault(error.to_string())),
        };
        let mut file = parse(&text).map_err(fault)?;
        match file.profile.remove(name) {
            Some(profile) => Ok((profile, path)),
            None if name == "default" => Ok((Self::default(), path)),
            None => {
                let known: Vec<_> = file.profile.keys().map(|known| format!("`{known}`")).collect();
                Err(fault(format!("it has no profile `{name}`; known: {}", known.join(", "))))
            }
        }
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
    let at =
        |span: Option<Range<usize>>| span.map_or_else(String::new, |span| format!("{}: ", place(text, span.start)));
    let document =
        toml_edit::de::Deserializer::parse(text).map_err(|error| format!("{}this is no TOML", at(error.span())))?;
    File::deserialize(document).map_err(|error| format!("{}{}", at(error.span()), misfit(error.message())))
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
        assert!(missing.cause().is_some_and(|cause| cause.contains("known: `work`")), "{missing:?}");

        std::fs::write(&file, "[profile.work]\ncolour = 1\n").expect("written");
        let unknown = Profile::read(directory.path(), "work").expect_err("unknown key");
        let cause = unknown.cause().unwrap_or_default();
        assert!(cause.starts_with("line 2, column 1: ") && cause.contains("`domain`"), "{unknown:?}");
        assert!(!cause.contains("colour"), "{unknown:?}");
    }
}
