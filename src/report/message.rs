//! Clerk's side: messages and attempts as Svix keeps them, and what was recovered of them.

use serde::Serialize;

/// How a message stands at the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Answered with 2xx.
    Delivered,
    /// Failed so far, and tried again.
    Retrying,
    /// Given up.
    Failed,
    /// Not tried yet.
    Pending,
    /// The endpoint never was to get it.
    NotSent,
}

/// A message, joined with what was seen of it on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// `msg_…`, which is the `svix-id` header.
    pub message_id: String,
    /// Event type.
    pub event: String,
    /// RFC 3339.
    pub sent_at: String,
    /// How it stands.
    pub status: MessageState,
    /// How often Svix tried.
    pub attempts: usize,
    /// The last answer's status; absent where none came.
    pub status_code: Option<u16>,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// When Svix tries again.
    pub next_attempt: Option<String>,
    /// How often it was seen to come.
    pub arrived: usize,
    /// How often the app answered 2xx.
    pub accepted: usize,
    /// Their ids in the history.
    pub deliveries: Vec<String>,
    /// What stands out.
    pub remark: Option<String>,
    /// A person is told of all of them together.
    #[serde(skip)]
    pub counted: bool,
}

/// One try to deliver a message.
#[derive(Clone, Debug, Serialize)]
pub struct Attempt {
    /// `atmpt_…`.
    pub attempt_id: String,
    /// Of which message.
    pub message_id: String,
    /// Where it went.
    pub url: String,
    /// RFC 3339.
    pub attempted_at: String,
    /// `delivered`, `pending`, `failed`.
    pub status: &'static str,
    /// The answer's status; absent where none came.
    pub status_code: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// `schedule`, or `manual` where somebody asked for it.
    pub cause: &'static str,
    /// The answer's body as Svix keeps it, or why none came.
    pub answer: String,
}

/// What `recover` did.
#[derive(Clone, Debug, Serialize)]
pub struct Recovery {
    /// Of which endpoint.
    pub endpoint_id: String,
    /// RFC 3339.
    pub since: String,
    /// RFC 3339.
    pub until: String,
    /// Messages that had failed.
    pub failed: usize,
    /// Messages that had never been sent.
    pub never_sent: usize,
    /// How many of them were seen to arrive and were answered 2xx.
    pub recovered: usize,
    /// How many came more than once.
    pub repeated: usize,
    /// Those that did not arrive.
    pub left: Vec<String>,
}
