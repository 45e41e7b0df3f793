//! The environment as it was at start, and the project's env files, as plain values.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::PathBuf;

use crate::secret::SIGNING_SECRET_NAMES;

/// What the names of Clerk's own variables begin with.
const CLERKS: [&str; 2] = ["CLERK_", "NUXT_CLERK_"];

/// All environment variables, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment(HashMap<OsString, OsString>);

impl Environment {
    /// Reads the process's environment.
    pub fn capture() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// An environment of the caller's.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// A variable as text. An empty one counts as absent, as shells cannot unset one for a single command.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&OsString::from(name))?.to_str().filter(|value| !value.is_empty())
    }

    /// The variables that hold what opens Clerk or signs for it.
    pub fn secret_names(&self) -> Vec<OsString> {
        let secret = |name: &&OsString| {
            let name = name.to_string_lossy();
            SIGNING_SECRET_NAMES.contains(&&*name) || CLERKS.iter().any(|prefix| name.starts_with(prefix))
        };
        self.0.keys().filter(secret).cloned().collect()
    }

    /// The same with a mark for each byte that is no text, so that what is there is not taken for absent.
    pub fn get_lossy(&self, name: &str) -> Option<String> {
        self.get_os(name).map(|value| value.to_string_lossy().into_owned())
    }

    /// A variable as the system holds it.
    pub fn get_os(&self, name: &str) -> Option<&OsString> {
        self.0.get(&OsString::from(name)).filter(|value| !value.is_empty())
    }
}

/// What one of the project's env files says.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// The file.
    pub path: PathBuf,
    /// Names and values in their order; a later one wins.
    pub values: Vec<(String, String)>,
}

impl EnvFile {
    /// The last value of a name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}
