//! A message and the attempts to deliver it, as Svix keeps them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::sandbox::identifier::{identifier, now};

/// One event, sent to the instance's endpoints.
#[derive(Clone, Serialize, Deserialize)]
pub struct Message {
    /// `msg_…`.
    pub id: String,
    /// `user.created`, …
    pub event_type: String,
    /// The body, byte for byte as every attempt sends it.
    pub body: String,
    /// When it was accepted.
    pub timestamp: Timestamp,
    /// Where it goes, by endpoint id.
    pub destinations: BTreeMap<String, Destination>,
}

impl Message {
    /// A new one that goes nowhere yet.
    pub fn new(event_type: &str, body: String) -> Self {
        Self {
            id: identifier("msg"),
            event_type: event_type.to_owned(),
            body,
            timestamp: now(),
            destinations: BTreeMap::new(),
        }
    }
}

/// How a message stands at one endpoint.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Destination {
    /// After the latest attempt.
    pub status: Status,
    /// When the next retry is due.
    pub next_attempt: Option<Timestamp>,
}

/// Svix's message status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Answered with 2xx.
    Success,
    /// Not tried yet.
    #[default]
    Pending,
    /// Given up, for an attempt: failed.
    Fail,
    /// Failed so far, to be tried again.
    Sending,
}

impl Status {
    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Pending => 1,
            Self::Fail => 2,
            Self::Sending => 3,
        }
    }

    /// The word on the wire.
    pub fn word(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pending => "pending",
            Self::Fail => "fail",
            Self::Sending => "sending",
        }
    }
}

/// Why an attempt was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trigger {
    /// By the schedule, retries too.
    Scheduled,
    /// Somebody asked for it.
    Manual,
}

impl Trigger {
    /// The number on the wire.
    pub fn number(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Manual => 1,
        }
    }
}

/// One try to deliver a message to an endpoint.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    /// `atmpt_…`.
    pub id: String,
    /// Of which message.
    pub message_id: String,
    /// To which endpoint.
    pub endpoint_id: String,
    /// The endpoint's URL at that time.
    pub url: String,
    /// The answer's body, cut; or why there was no answer.
    pub response: String,
    /// 0 where no HTTP answer came.
    pub status_code: u16,
    /// Until the answer was read, in milliseconds.
    pub duration_ms: u64,
    /// Success or fail.
    pub status: Status,
    /// Why it was made.
    pub trigger: Trigger,
    /// When it began.
    pub timestamp: Timestamp,
}
