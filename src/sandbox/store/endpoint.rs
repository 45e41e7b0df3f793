//! A webhook endpoint as Svix keeps it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sandbox::identifier::{identifier, now, signing_secret};
use crate::signature::SigningSecret;

/// Where events go.
#[derive(Clone, Serialize, Deserialize)]
pub struct Endpoint {
    /// `ep_…`.
    pub id: String,
    /// The caller's own name for it, one of a kind in the application.
    pub uid: Option<String>,
    /// http or https.
    pub url: String,
    /// For people.
    pub description: String,
    /// Whether deliveries are held back.
    pub disabled: bool,
    /// Event types; absent means all.
    pub filter: Option<Vec<String>>,
    /// Absent means all.
    pub channels: Option<Vec<String>>,
    /// Messages a second; kept, not obeyed.
    pub throttle_rate: Option<u16>,
    /// The caller's own.
    pub metadata: BTreeMap<String, String>,
    /// Sent with each delivery.
    pub headers: BTreeMap<String, String>,
    /// `whsec_…`.
    pub secret: String,
    /// Rotated ones, latest first.
    pub old_secrets: Vec<OldSecret>,
    /// When the first message was given up since the last success.
    pub failing_since: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A rotated secret, which signs beside the current one for a while.
#[derive(Clone, Serialize, Deserialize)]
pub struct OldSecret {
    /// `whsec_…`.
    pub secret: String,
    /// The end of its grace period.
    pub until: Timestamp,
}

impl Default for Endpoint {
    /// A new one, without a URL yet.
    fn default() -> Self {
        Self {
            id: identifier("ep"),
            uid: None,
            url: String::new(),
            description: String::new(),
            disabled: false,
            filter: None,
            channels: None,
            throttle_rate: None,
            metadata: BTreeMap::new(),
            headers: BTreeMap::new(),
            secret: signing_secret(),
            old_secrets: Vec::new(),
            failing_since: None,
            created_at: now(),
            updated_at: now(),
        }
    }
}

impl Endpoint {
    /// Whether a caller means this one.
    pub fn is_named(&self, name: &str) -> bool {
        self.id == name || self.uid.as_deref() == Some(name)
    }

    /// Whether an event of this type is delivered. Clerk's messages have no channel, so an endpoint that asks for
    /// channels hears nothing.
    pub fn listens_to(&self, event_type: &str) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.iter().any(|name| name == event_type));
        !self.disabled && self.channels.is_none() && wanted
    }

    /// The secrets that sign now, the current one first.
    pub fn signing_secrets(&self) -> Vec<SigningSecret> {
        let old = self.old_secrets.iter().filter(|old| old.until > now()).map(|old| old.secret.as_str());
        std::iter::once(self.secret.as_str()).chain(old).filter_map(|text| SigningSecret::parse(text).ok()).collect()
    }
}
