//! Where a profile says that the Clerk secret key comes from. It is looked there only by what asks Clerk, as a command may
//! want a finger on a sensor.

use std::path::{Path, PathBuf};

use super::value::{into_secret, read_secret};
use super::{Environment, Profile, Settings, Source, Sourced};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// What the profile names.
#[derive(Debug)]
pub enum KeySource {
    /// The key itself, from the environment or a file.
    Key(Sourced<Secret>),
    /// What prints it: a program with its arguments.
    Command {
        /// As in a shell, split.
        words: Vec<String>,
        /// The profile.
        source: Source,
    },
    /// The variable that is named is not set.
    Unset(String),
}

impl KeySource {
    /// Of the profile that these settings have now, which may be that of a running set-up.
    ///
    /// # Errors
    /// Those of the profile; `File`.
    pub fn of(settings: &Settings, environment: &Environment) -> Result<Option<Self>> {
        let directory = &settings.config_dir.value;
        let (profile, path) = match Profile::read(directory, &settings.profile.value) {
            // A set-up may have outlived its profile.
            Err(Error::ProfileMissing { .. }) if matches!(settings.profile.source, Source::Running(_)) => {
                return Ok(None);
            }
            read => read?,
        };
        let source = Source::Profile(path, settings.profile.value.clone());
        Ok(match (profile.key_env, profile.key_file, profile.key_command) {
            (Some(name), ..) => Some(match environment.get_lossy(&name) {
                Some(value) => Self::Key(into_secret(Sourced::new(value, source))),
                None => Self::Unset(name),
            }),
            (_, Some(file), _) => Some(Self::Key(read_secret(&absolute(directory, &file), source)?)),
            (.., Some(command)) => {
                let words = shell_words::split(&command).unwrap_or_default();
                Some(Self::Command { words, source })
            }
            _ => None,
        })
    }
}

/// Beside the config file, unless it says more.
fn absolute(directory: &Path, file: &Path) -> PathBuf {
    directory.join(file)
}
