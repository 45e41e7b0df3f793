//! A request as it came to the app.

use axum::body::Bytes;
use serde::{Deserialize, Serialize};

/// What the check of a delivery's signature gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// Signed with a known secret, in time.
    Valid,
    /// Not so; the delivery's `reason` says why.
    Invalid,
    /// No secret is known.
    Unchecked,
}

impl Signature {
    /// The word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Unchecked => "unchecked",
        }
    }
}

/// One request as it came to the app, with the app's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// The agent's id of the captured request, or the receiver's number.
    pub id: String,
    /// The `svix-id` header.
    pub message_id: Option<String>,
    /// The body's `type`.
    pub event: Option<String>,
    /// HTTP method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The app's answer; absent while there is none.
    pub status_code: Option<u16>,
    /// How long the app took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Verdict on the signature.
    pub signature: Signature,
    /// Why the signature is not valid.
    pub reason: Option<String>,
    /// Whether the agent replayed it.
    pub replay: bool,
    /// RFC 3339.
    pub received_at: String,
}

/// A captured request that was sent once more.
#[derive(Clone, Debug, Serialize)]
pub struct Replay {
    /// The captured request.
    pub source_id: String,
    /// `agent`, `direct` or `edge`.
    pub via: &'static str,
    /// `original` or `fresh`.
    pub signed: &'static str,
    /// Paths and headers that differ from the source.
    pub edits: Vec<String>,
    /// The app's answer.
    pub status_code: u16,
    /// How long the app took, in milliseconds.
    pub duration_ms: u64,
}

/// A request as the built-in app received it, for `serve`.
#[derive(Clone, Debug)]
pub struct Received {
    /// The line that stands for it.
    pub delivery: Delivery,
    /// Names as they came, values as text (bytes outside ASCII are escaped).
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Bytes,
}

/// Deliveries that were answered, and are told to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// How many.
    pub missed: u64,
    /// `reader`: who reads the output takes it slower than they come.
    #[serde(rename = "where")]
    pub place: &'static str,
}

/// What the built-in app tells, in its order.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A request.
    Request(Box<Received>),
    /// Requests that were not kept until somebody took them.
    Gap(Gap),
}
