//! The Clerk secret key that a profile says the place of.

use std::io;
use std::time::Duration;

use crate::config::{Environment, KeySource, Settings, Source, Sourced};
use crate::error::{Error, Result};
use crate::process::{self, Program};
use crate::secret::Secret;
use crate::ui::Ui;

/// A password manager may want a finger on a sensor.
const PRINTS_WITHIN: Duration = Duration::from_secs(60);

/// Looks where the profile says, unless a key is there.
///
/// # Errors
/// Those of the profile; `File`; `KeyCommand`.
pub async fn provide(settings: &mut Settings, environment: &Environment, ui: &Ui) -> Result<()> {
    if settings.clerk_secret_key.is_some() {
        return Ok(());
    }
    settings.clerk_secret_key = match KeySource::of(settings, environment)? {
        None => None,
        Some(KeySource::Key(key)) => Some(key),
        Some(KeySource::Command { words, source }) => Some(printed(&words, source).await?),
        Some(KeySource::Unset(name)) => {
            let profile = &settings.profile.value;
            ui.warn(&format!("profile `{profile}` takes the Clerk secret key from `{name}`, which is not set"));
            None
        }
    };
    Ok(())
}

/// What a command prints, to its last line end. Nothing of it is told but what it says on stderr.
async fn printed(words: &[String], source: Source) -> Result<Sourced<Secret>> {
    let (name, arguments) = words.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
    let fault = |cause: String| Error::KeyCommand { program: name.to_owned(), cause };
    let output = process::output(&Program::new(name, arguments), PRINTS_WITHIN).await.map_err(|error| {
        fault(match error.kind() {
            io::ErrorKind::TimedOut => format!("it did not end within {} s", PRINTS_WITHIN.as_secs()),
            _ => error.to_string(),
        })
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let status = process::status_words(output.status);
        return Err(fault(format!("{status}\n{}", said.trim_end()).trim_end().to_owned()));
    }
    match std::str::from_utf8(&output.stdout).map(str::trim) {
        Ok("") => Err(fault("it printed nothing".to_owned())),
        Ok(text) => Ok(Sourced::new(Secret::new(text), source)),
        Err(_) => Err(fault("it printed no UTF-8 text".to_owned())),
    }
}
