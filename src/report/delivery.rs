//! A request as it came to the app.

use axum::body::Bytes;
use serde::Serialize;

pub use crate::delivery::Signature;
use crate::delivery::{self, Origin};

/// One request as it came to the app, with the app's answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Delivery {
    /// Ours, or the receiver's number.
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
    /// Who caused it.
    pub origin: Origin,
    /// The set-up through which it came.
    pub set_up: Option<String>,
}

impl From<&delivery::Delivery> for Delivery {
    fn from(kept: &delivery::Delivery) -> Self {
        Self {
            id: kept.id.to_string(),
            message_id: kept.message_id.clone(),
            event: kept.event.clone(),
            method: kept.request.method.clone(),
            path: kept.request.target.clone(),
            status_code: kept.status(),
            duration_ms: kept.duration_ms(),
            signature: kept.verdict.signature,
            reason: kept.verdict.reason.clone(),
            replay: kept.origin == Origin::Replay,
            received_at: kept.received_at.to_string(),
            origin: kept.origin,
            set_up: kept.set_up.clone(),
        }
    }
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
    /// Whether that is less than came.
    pub truncated: bool,
    /// What it was answered, as far as anybody will see it.
    pub answer: Option<delivery::Answer>,
}

/// Deliveries that were answered, and are told to nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gap {
    /// How many.
    pub missed: u64,
    /// `agent`: it forgot them before they were read; `reader`: who reads the output takes it slower than they come.
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

/// What the built-in app told, as deliveries of ours.
#[derive(Clone, Debug)]
pub enum Seen {
    /// A request.
    Delivery(Box<delivery::Delivery>),
    /// Requests that were not kept until somebody took them.
    Gap(Gap),
}

impl From<Heard> for Seen {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Request(received) => Self::Delivery(Box::new(received.sighting())),
            Heard::Gap(gap) => Self::Gap(gap),
        }
    }
}

impl Received {
    /// What the built-in app saw of a delivery. It comes by the ten thousand, so nothing is read a second time.
    pub fn sighting(self) -> delivery::Delivery {
        let Self { delivery, headers, body, truncated, answer } = self;
        let request = delivery::Request {
            method: delivery.method,
            target: delivery.path,
            headers,
            body: body.to_vec(),
            truncated,
        };
        let received_at = delivery.received_at.parse().unwrap_or_else(|_| jiff::Timestamp::now());
        let usual = if delivery.message_id.is_some() { Origin::Clerk } else { Origin::Other };
        delivery::Delivery {
            id: delivery::Id::at(received_at),
            received_at,
            duration: delivery.duration_ms.map(std::time::Duration::from_millis),
            origin: if delivery.replay { Origin::Replay } else { usual },
            witnesses: vec![delivery::Witness::Sample],
            set_up: None,
            source: None,
            event: delivery.event,
            message_id: delivery.message_id,
            request,
            answer,
            verdict: delivery::Verdict { signature: delivery.signature, reason: delivery.reason },
        }
    }
}
