//! The few keys of ngrok's config files that this agent obeys (ngrok docs, agent/config).

use std::path::{Path, PathBuf};

use super::version::Version;
use crate::file;
use crate::secret::Secret;

/// What the config files say; a later file wins.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Config {
    /// `authtoken`.
    pub authtoken: Option<Secret>,
    /// `web_addr`; `false` turns the web service off.
    pub web_addr: Option<String>,
    /// `version`, which 3.x demands.
    pub version: Option<String>,
}

impl Config {
    /// Reads files one over the other; the error is what ngrok would say.
    pub(super) fn read(paths: &[PathBuf], version: Version) -> Result<Self, String> {
        let mut merged = Self::default();
        for path in paths {
            merged.cover(Self::read_one(path, version)?);
        }
        Ok(merged)
    }

    fn read_one(path: &Path, version: Version) -> Result<Self, String> {
        let fault = |why: String| format!("Error reading configuration file '{}': {why}", path.display());
        let bytes = file::read(path, file::SETTINGS_LIMIT).map_err(|error| fault(error.to_string()))?;
        let text = String::from_utf8_lossy(&bytes);
        let config = Self::parse(&text).map_err(fault)?;
        let accepted: &[&str] = if version.has_urls() { &["2", "3"] } else { &["2"] };
        match config.version.as_deref() {
            _ if version.is_second() => Ok(config),
            None => Err(fault("`version` property is required.".to_owned())),
            Some(found) if accepted.contains(&found) => Ok(config),
            Some(found) => Err(fault(format!("`version` property '{found}' is invalid."))),
        }
    }

    /// Reads scalars at the top and under `agent:`. Other keys belong to parts of ngrok that do not exist here.
    fn parse(text: &str) -> Result<Self, String> {
        let mut config = Self::default();
        let mut section = "";
        for (number, line) in text.lines().enumerate() {
            let content = line.trim();
            if content.is_empty() || content.starts_with('#') || content == "---" {
                continue;
            }
            if line.starts_with('\t') {
                return Err(format!("yaml: line {}: found a tab character that violates indentation", number + 1));
            }
            let indented = line.starts_with(' ');
            let Some((key, value)) = content.split_once(':') else { continue };
            if !indented {
                section = key;
            }
            if !indented || section == "agent" {
                config.set(key, scalar(value));
            }
        }
        Ok(config)
    }

    fn set(&mut self, key: &str, value: String) {
        match key {
            "authtoken" => self.authtoken = Some(Secret::new(value)),
            "web_addr" => self.web_addr = Some(value),
            "version" => self.version = Some(value),
            _ => {}
        }
    }

    fn cover(&mut self, later: Self) {
        self.authtoken = later.authtoken.or(self.authtoken.take());
        self.web_addr = later.web_addr.or(self.web_addr.take());
        self.version = later.version.or(self.version.take());
    }
}

/// A YAML scalar on one line, without its quotes or its comment.
fn scalar(text: &str) -> String {
    let text = text.trim();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.split(quote).next()) {
            return inner.to_owned();
        }
    }
    text.split(" #").next().unwrap_or(text).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let flat = Config::parse("version: \"2\"\nauthtoken: abc # mine\nweb_addr: '127.0.0.1:4045'\n").expect("YAML");
        let nested = "version: 2\nagent:\n  authtoken: abc\n  web_addr: 127.0.0.1:4045\nendpoints:\n  - name: x\n    \
                      web_addr: no\n";
        assert_eq!(flat, Config::parse(nested).expect("YAML"));
        assert_eq!(flat.authtoken, Some(Secret::new("abc")));
        assert_eq!(flat.web_addr.as_deref(), Some("127.0.0.1:4045"));
        assert!(Config::parse("agent:\n\tauthtoken: x\n").is_err());
    }

    #[test]
    fn the_later_file_wins_and_versions_are_demanded() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = |name: &str, text: &str| {
            let path = directory.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let first = file("a.yml", "version: 3\nagent:\n  authtoken: one\n  web_addr: 127.0.0.1:1\n");
        let second = file("b.yml", "version: 3\nagent:\n  web_addr: false\n");
        let bare = file("c.yml", "authtoken: one\n");
        let version = |text: &str| text.parse::<Version>().expect("a version");
        let merged = Config::read(&[first.clone(), second], version("3.39.1")).expect("two files");
        assert_eq!((merged.authtoken, merged.web_addr.as_deref()), (Some(Secret::new("one")), Some("false")));
        assert!(Config::read(&[first], version("3.15.0")).expect_err("version 3").contains("'3' is invalid"));
        assert!(
            Config::read(std::slice::from_ref(&bare), version("3.39.1")).expect_err("none").contains("is required")
        );
        assert!(Config::read(&[bare], version("2.3.41")).is_ok());
        let missing = Config::read(&[directory.path().join("d.yml")], version("3.39.1"));
        assert!(missing.expect_err("no file").contains("d.yml"));
    }
}
