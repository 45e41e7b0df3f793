//! Where a setting came from.

use std::fmt;
use std::path::PathBuf;

/// The door through which a value entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A command-line flag, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Environment(&'static str),
    /// A variable in one of the project's env files.
    EnvFile(PathBuf, String),
    /// A profile of the config file.
    Profile(PathBuf, String),
    /// What a file of the project says.
    Project {
        /// As it stands in the project.
        file: PathBuf,
        /// From 1.
        line: usize,
    },
    /// The state file of a running set-up.
    Running(PathBuf),
    /// The sandbox that this command started.
    Sandbox,
    /// Typed at a prompt.
    Prompt,
    /// Built in.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(formatter, "flag `{name}`"),
            Self::Environment(name) => write!(formatter, "environment variable `{name}`"),
            Self::EnvFile(path, name) => write!(formatter, "`{name}` in `{}`", path.display()),
            Self::Profile(path, profile) => write!(formatter, "profile `{profile}` in `{}`", path.display()),
            Self::Project { file, line } => write!(formatter, "{}:{line}", file.display()),
            Self::Running(path) => write!(formatter, "the running set-up (`{}`)", path.display()),
            Self::Sandbox => formatter.write_str("the sandbox"),
            Self::Prompt => formatter.write_str("the prompt"),
            Self::Default => formatter.write_str("default"),
        }
    }
}

/// A value that knows its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its source.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value from a source.
    pub fn new(value: T, source: Source) -> Self {
        Self { value, source }
    }

    /// The same source with the value converted.
    pub fn try_map<U, E>(self, convert: impl FnOnce(&T, &Source) -> Result<U, E>) -> Result<Sourced<U>, E> {
        let value = convert(&self.value, &self.source)?;
        Ok(Sourced { value, source: self.source })
    }
}
