//! What a running set-up tells later commands.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::control;
use crate::config::Addresses;
use crate::file;

/// Of the records that this version writes and reads. Others are left alone.
pub const SCHEMA: u32 = 1;

/// A note is a few kilobytes.
pub(super) const NOTE_LIMIT: u64 = 1 << 20;

/// What a running set-up tells later commands. The file is 0600: a sandbox's key stands in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Which fields a record has, and what they mean.
    pub schema: u32,
    /// Its name: of the lock that says whether it runs, and in what it keeps of its deliveries.
    pub id: String,
    /// Of the clerkhook process that keeps it, for people; what runs is told by the lock.
    pub pid: u32,
    /// RFC 3339, in microseconds: the newest is found by it.
    pub started_at: String,
    /// Whose settings it has.
    pub profile: String,
    /// Its Clerk, Svix and ngrok are stand-ins.
    pub sandbox: bool,
    /// The app's address.
    pub upstream: String,
    /// Without a path.
    pub public_url: String,
    /// The agent's `host:port`.
    pub agent_address: String,
    /// The agent's process.
    pub agent_pid: Option<u32>,
    /// Whether that process is clerkhook's own.
    pub owns_agent: bool,
    /// Public URL and webhook path, once an endpoint is registered.
    pub webhook_url: Option<String>,
    /// `ep_…`.
    pub endpoint_id: Option<String>,
    /// How the edge verifies signatures, if it does.
    pub secured: Option<String>,
    /// It was said to be ready.
    pub ready: bool,
    /// The page of the built-in app.
    pub page_url: Option<String>,
    /// The file with the edge's policy, and so with the signing secret, that the agent was started with.
    pub policy: Option<PathBuf>,
    /// Where it writes what it says, when it runs in the background.
    #[serde(default)]
    pub log_file: Option<PathBuf>,
    /// Where the set-up can be asked.
    pub control: Option<control::Address>,
    /// Where Clerk and Svix are for this set-up.
    pub services: Addresses,
}

impl Setup {
    /// The agent's web page, which is also the base of its API.
    pub fn inspector_url(&self) -> String {
        format!("http://{}", self.agent_address)
    }

    /// What tells it from others.
    pub fn words(&self) -> String {
        let profile = if self.profile == "default" { String::new() } else { format!(", profile `{}`", self.profile) };
        let sandbox = if self.sandbox { ", on a sandbox" } else { "" };
        format!("{} (process {}{profile}{sandbox})", self.upstream, self.pid)
    }
}

/// A record of this version that this user wrote. One of another version is as good as none, and stays.
pub(super) fn read_record(path: &Path) -> Option<Setup> {
    let value: Value = read_note(path)?;
    (value["schema"] == SCHEMA).then(|| serde_json::from_value(value).ok()).flatten()
}

/// A note that this user wrote; anything else is as good as none.
pub(super) fn read_note<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_slice(&file::read_own(path, NOTE_LIMIT).ok()?).ok()
}
