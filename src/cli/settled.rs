//! What was not typed, from the settings.

use super::Command;
use super::events::{any, listed};
use crate::catalogue;
use crate::commands::up;
use crate::config::Settings;
use crate::error::{Error, Result};
use crate::secret::mask_text;

impl Command {
    /// Fills in the events of commands that set something up.
    ///
    /// # Errors
    /// `SettingInvalid` for a group of events that there is not.
    pub fn take_from(&mut self, settings: &Settings) -> Result<()> {
        match self {
            Self::Up(options) => wish(&mut options.setup.events, settings),
            Self::Secure(options) => wish(&mut options.setup.events, settings),
            Self::Tunnel(options) => wish(&mut options.verified.events, settings),
            Self::Register(options) => wish(&mut options.events, settings),
            _ => Ok(()),
        }
    }

    /// Whether it may ask Clerk for something, so that it needs the key.
    pub fn asks_clerk(&self, settings: &Settings) -> bool {
        match self {
            // The process that keeps it asks.
            Self::Up(options) => !matches!(options.background, up::Background::Wanted(_)),
            Self::Tunnel(_)
            | Self::Register(_)
            | Self::Prune(_)
            | Self::SendTest(_)
            | Self::Replay(_)
            | Self::Secure(_)
            | Self::Secret(_)
            | Self::User(_)
            | Self::Logs(_)
            | Self::Recover(_)
            | Self::Watch(_)
            | Self::Backfill(_)
            | Self::Doctor(_) => true,
            Self::Trigger(_) | Self::Check(_) => settings.signing_secret.is_none(),
            Self::Verify(options) => options.remote,
            Self::Status(options) => options.remote,
            Self::Serve(_)
            | Self::Events(_)
            | Self::Handler(_)
            | Self::Wait(_)
            | Self::Down(_)
            | Self::Sandbox
            | Self::Config(_)
            | Self::Explain(_)
            | Self::Help(_)
            | Self::Completions(_) => false,
        }
    }
}

fn wish(typed: &mut Vec<String>, settings: &Settings) -> Result<()> {
    if !typed.is_empty() {
        return Ok(());
    }
    let Some(events) = &settings.events else {
        *typed = catalogue::DEFAULT.map(String::from).to_vec();
        return Ok(());
    };
    let wished = events.value.iter().map(|event| {
        any(event).map_err(|why| Error::SettingInvalid {
            what: "event type",
            value: mask_text(event),
            source_name: events.source.to_string(),
            why,
        })
    });
    *typed = listed(wished.collect::<Result<_>>()?);
    Ok(())
}
