//! Events of our own: what was delivered, what came of many, what would be sent, what there is to send.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

/// One event that was built here, and the app's answer.
#[derive(Clone, Debug, Serialize)]
pub struct Trigger {
    /// Event type.
    pub event: String,
    /// The `svix-id` header; absent where nobody signed.
    pub message_id: Option<String>,
    /// Where it went.
    pub url: String,
    /// `direct` or `edge`.
    pub via: &'static str,
    /// The app's answer; absent where none came.
    pub status_code: Option<u16>,
    /// How long the app took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// `2xx`, `409`.
    pub expected: String,
    /// Whether the answer is the expected one.
    pub ok: bool,
    /// Which step of a scenario, from 1.
    pub step: Option<usize>,
    /// How wide event types are set beside others, in columns.
    #[serde(skip)]
    pub column: usize,
    /// Whether it is one of so many that only their sum is told to a person.
    #[serde(skip)]
    pub counted: bool,
    /// `Location` of a redirect, which is not followed.
    pub location: Option<String>,
    /// Why no answer came.
    pub reason: Option<String>,
    /// The beginning of an answer that is not the expected one.
    pub answer: Option<String>,
}

/// What came of several events.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// How many were sent, answered or not.
    pub sent: usize,
    /// How many were answered as expected.
    pub ok: usize,
    /// How many got no answer.
    pub unanswered: usize,
    /// How often each status came.
    pub statuses: BTreeMap<u16, usize>,
    /// Half of the answers took no longer, in milliseconds.
    pub p50_ms: Option<u64>,
    /// 95 of 100 took no longer.
    pub p95_ms: Option<u64>,
    /// The slowest.
    pub max_ms: Option<u64>,
    /// Events per second, from the first to the end of the last.
    pub per_second: f64,
    /// Whether it sums up a scenario, whose steps a person has seen.
    #[serde(skip)]
    pub scenario: bool,
}

/// A request that is printed instead of sent.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// HTTP method.
    pub method: &'static str,
    /// Where it would go.
    pub url: String,
    /// Name and value, in their order.
    pub headers: Map<String, Value>,
    /// The body as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body in base64, where it is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_base64: Option<String>,
}

/// An event type that can be built.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct EventType {
    /// Its name.
    pub event: &'static str,
    /// When Clerk sends it.
    pub description: &'static str,
}
