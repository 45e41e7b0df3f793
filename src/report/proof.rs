//! What became of a test event, hop by hop.

use serde::Serialize;

/// The places that a test event passes, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Hop {
    /// Svix took the message.
    Accepted,
    /// Svix tried to deliver it.
    Attempt,
    /// The public URL let it through.
    Edge,
    /// The agent captured it.
    Agent,
    /// The app answered 2xx.
    App,
    /// Its signature is valid with the endpoint's secret.
    Signature,
}

impl Hop {
    /// The hop's name, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Attempt => "attempt",
            Self::Edge => "edge",
            Self::Agent => "agent",
            Self::App => "app",
            Self::Signature => "signature",
        }
    }

    /// What was not reached, where an event got no further: `user.created was …`.
    pub fn broken(self) -> &'static str {
        match self {
            Self::Accepted | Self::Attempt | Self::Edge | Self::Agent => "not delivered",
            Self::App => "not taken",
            Self::Signature => "delivered, but not proven",
        }
    }
}

/// One hop of a proof.
#[derive(Clone, Debug, Serialize)]
pub struct HopResult {
    /// Which hop.
    pub hop: Hop,
    /// Whether the event was seen to pass it.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// Milliseconds from the sending of the event until it was seen here.
    pub ms: Option<u64>,
}

/// A set-up that stays although its proof did not hold yet.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// Where it is stuck.
    pub hop: Hop,
    /// What was seen.
    pub found: String,
    /// What to do.
    pub fix: String,
    /// The line of a step has told what was seen.
    #[serde(skip)]
    pub seen: bool,
    /// Keys are listened to.
    #[serde(skip)]
    pub keys: bool,
}

/// What became of a test event. `hops` ends with the first hop that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// Event type.
    pub event: String,
    /// Svix's `msg_…`; absent where Clerk was not seen to send one.
    pub message_id: Option<String>,
    /// The hops in order.
    pub hops: Vec<HopResult>,
    /// The app's answer, where one was seen.
    pub status_code: Option<u16>,
    /// How long the app took, in milliseconds.
    pub duration_ms: Option<u64>,
}
