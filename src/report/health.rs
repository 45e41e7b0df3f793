//! How an endpoint fares, for `watch`; and what `backfill` sent.

use serde::Serialize;

use super::Health;

/// Where an endpoint's URL leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A host of its own.
    Public,
    /// A developer's tunnel.
    Tunnel,
    /// A relay or an inbox, such as `play.svix.com`.
    Relay,
    /// A machine's own address, or one of a private network.
    Local,
    /// Nothing answers there.
    Dead,
}

/// An endpoint's health.
#[derive(Clone, Debug, Serialize)]
pub struct EndpointHealth {
    /// `ep_…`.
    pub endpoint_id: String,
    /// Where events go.
    pub url: String,
    /// `ok`, `warn`, `fail`.
    pub status: Health,
    /// Whether Svix holds deliveries back.
    pub disabled: bool,
    /// Where its URL leads.
    pub place: Place,
    /// Messages of the time that was looked at that were answered 2xx.
    pub delivered: u64,
    /// Those that failed, given up or not.
    pub failed: u64,
    /// Those that were not tried yet.
    pub pending: u64,
    /// Failed ones of those that were tried, from 0 to 1; absent where none was.
    pub error_rate: Option<f64>,
    /// RFC 3339.
    pub last_success: Option<String>,
    /// RFC 3339.
    pub last_failure: Option<String>,
    /// The status of the last failure; absent where no answer came.
    pub status_code: Option<u16>,
    /// Since when every attempt has failed.
    pub failing_since: Option<String>,
    /// When Svix disables it if that goes on.
    pub disabled_at: Option<String>,
    /// What is wrong.
    pub troubles: Vec<String>,
    /// What to know.
    pub remarks: Vec<String>,
}

/// An existing user or organization that was sent as an event.
#[derive(Clone, Debug, Serialize)]
pub struct Backfill {
    /// `user_…`, `org_…`.
    pub subject: String,
    /// Event type.
    pub event: String,
    /// The `svix-id` header, the same at each run.
    pub message_id: String,
    /// The app's answer; absent where none came.
    pub status_code: Option<u16>,
    /// How long the app took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Whether the handler answered 2xx.
    pub ok: bool,
    /// Why it does not count.
    pub reason: Option<String>,
}
