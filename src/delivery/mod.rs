//! A delivery: one request on its way to the app and the app's answer, byte for byte, with who saw it and what is said of
//! its signature.

pub mod changes;
mod condition;
pub mod curl;
mod filter;
pub mod har;
mod id;
mod phrase;
mod redact;

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use changes::Change;
pub use condition::{Condition, ConditionFault};
pub use filter::{Bound, Filter, FilterFault, Pattern, StatusPattern};
pub use id::Id;
pub use phrase::PhraseFault;
pub use redact::Redaction;

/// The headers of a message's id and of its signature (Svix docs, receiving/verifying), each with its name in the Standard
/// Webhooks specification.
const MESSAGE_ID: [&str; 2] = ["svix-id", "webhook-id"];
const SIGNATURE: [&str; 2] = ["svix-signature", "webhook-signature"];

/// What nobody needs to keep of anybody.
const NEVER_KEPT: [&str; 3] = ["authorization", "cookie", "proxy-authorization"];

/// What a header takes in memory beside its own letters, and what the texts of a delivery take together, in bytes.
const HEADER_WEIGHT: usize = size_of::<(String, String)>() + 32;
const TEXTS_WEIGHT: usize = 256;

/// What the check of a delivery's signature gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signature {
    /// Signed with a known secret, in time.
    Valid,
    /// Not so; the verdict's `reason` says why.
    Invalid,
    /// No secret is known.
    #[default]
    Unchecked,
}

/// Who caused a delivery, as far as clerkhook knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Something happened at Clerk.
    Clerk,
    /// An example event that was asked for.
    Test,
    /// An event that clerkhook built.
    Trigger,
    /// A delivery that was sent again.
    Replay,
    /// A case of `check`.
    Check,
    /// No webhook, or nobody knows.
    #[default]
    Other,
}

/// Who saw a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Witness {
    /// The ngrok agent.
    Agent,
    /// The sample app.
    Sample,
    /// The gateway in front of the app.
    Gateway,
    /// The command that sent it.
    Sender,
}

/// The request's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    /// Names and values, in the order in which they came, as far as the witness kept it.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
    /// Whether the witness kept less than came.
    pub truncated: bool,
}

impl Request {
    /// What it is signed with, as it came.
    pub fn signature(&self) -> Option<&str> {
        self.first_of(SIGNATURE)
    }

    fn first_of(&self, names: [&str; 2]) -> Option<&str> {
        names.into_iter().find_map(|name| header(&self.headers, name))
    }

    /// Drops the headers that are never kept.
    pub fn forget_credentials(&mut self) {
        self.headers.retain(|(name, _)| !NEVER_KEPT.iter().any(|never| name.eq_ignore_ascii_case(never)));
    }
}

/// The app's side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
    /// Whether the witness kept less than was answered.
    pub truncated: bool,
}

/// What is said of the signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The word.
    pub signature: Signature,
    /// Why it is not valid.
    pub reason: Option<String>,
}

/// One request on its way to the app, with the app's answer once there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Ours: sortable by time, unique over processes.
    pub id: Id,
    /// When it came.
    pub received_at: Timestamp,
    /// How long the app took; unknown while its answer is under way.
    pub duration: Option<Duration>,
    /// Who caused it.
    pub origin: Origin,
    /// Who saw it, in the order of their words.
    pub witnesses: Vec<Witness>,
    /// The set-up through which it came.
    pub set_up: Option<String>,
    /// The id under which the agent captured it: by that the agent sends it again.
    pub capture: Option<String>,
    /// The delivery that it repeats.
    pub source: Option<Id>,
    /// The body's `type`.
    pub event: Option<String>,
    /// The `svix-id`.
    pub message_id: Option<String>,
    /// The request.
    pub request: Request,
    /// The app's answer.
    pub answer: Option<Answer>,
    /// What is said of its signature.
    pub verdict: Verdict,
}

/// A header of a list, whatever the case of its name.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// The headers of a message as texts; a byte that is not visible ASCII is written `\xNN`.
pub fn texts(headers: &axum::http::HeaderMap) -> Vec<(String, String)> {
    let text = |value: &axum::http::HeaderValue| match value.to_str() {
        Ok(text) => text.to_owned(),
        Err(_) => value.as_bytes().escape_ascii().to_string(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// The `type` of an event's body.
pub fn event_type(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        r#type: String,
    }
    serde_json::from_slice::<Envelope>(body).ok().map(|envelope| envelope.r#type)
}

impl Delivery {
    /// A delivery that came now, or at the time that its witness says; event type and message id are read from the request.
    pub fn new(received_at: Timestamp, witness: Witness, request: Request) -> Self {
        let message_id = request.first_of(MESSAGE_ID).map(str::to_owned);
        Self {
            id: Id::at(received_at),
            received_at,
            duration: None,
            origin: if message_id.is_some() { Origin::Clerk } else { Origin::Other },
            witnesses: vec![witness],
            set_up: None,
            capture: None,
            source: None,
            event: event_type(&request.body),
            message_id,
            request,
            answer: None,
            verdict: Verdict::default(),
        }
    }

    /// Whether it is a webhook rather than a browser's visit: it carries a message id, or was posted to the webhook path,
    /// which is any where none is known.
    pub fn is_webhook(&self, webhook_path: Option<&str>) -> bool {
        let path = self.request.target.split('?').next().unwrap_or_default();
        let posted = self.request.method == "POST" && webhook_path.is_none_or(|known| path == known);
        self.message_id.is_some() || posted
    }

    /// Leaves only what may be kept of it: of a webhook all but what lets somebody in, of a browser's visit that it came.
    pub fn leave_what_may_be_kept(&mut self, webhook_path: Option<&str>) {
        if self.is_webhook(webhook_path) {
            self.request.forget_credentials();
        } else {
            let Request { method, target, .. } = std::mem::take(&mut self.request);
            self.request = Request { method, target, truncated: true, ..Request::default() };
            if let Some(answer) = &mut self.answer {
                (answer.headers, answer.body, answer.truncated) = (Vec::new(), Vec::new(), true);
            }
        }
    }

    /// Whether it may be the last one that somebody means: a webhook that was not sent again, and no case of `check`.
    pub fn is_news(&self) -> bool {
        self.message_id.is_some() && !matches!(self.origin, Origin::Replay | Origin::Check)
    }

    /// How long the app took, in milliseconds.
    pub fn duration_ms(&self) -> Option<u64> {
        self.duration.and_then(|duration| u64::try_from(duration.as_millis()).ok())
    }

    /// The status of the app's answer.
    pub fn status(&self) -> Option<u16> {
        self.answer.as_ref().map(|answer| answer.status)
    }

    /// Whether somebody has to look at it: the app did not take it, or it did not verify.
    pub fn has_failed(&self) -> bool {
        let refused = self.status().is_some_and(|status| !(200..300).contains(&status));
        refused || self.verdict.signature == Signature::Invalid
    }

    /// How many bytes its bodies take.
    pub fn size(&self) -> usize {
        self.request.body.len() + self.answer.as_ref().map_or(0, |answer| answer.body.len())
    }

    /// About what it takes in memory, in bytes; of a usual event the bodies are the smaller part.
    pub fn weight(&self) -> usize {
        let side = |headers: &[(String, String)]| -> usize {
            headers.iter().map(|(name, value)| HEADER_WEIGHT + name.len() + value.len()).sum()
        };
        let headers = side(&self.request.headers) + self.answer.as_ref().map_or(0, |answer| side(&answer.headers));
        size_of::<Self>() + TEXTS_WEIGHT + headers + self.size()
    }

    /// A second witness saw the same: what it knows more is taken over.
    pub fn also_seen(&mut self, other: &Self) {
        for witness in &other.witnesses {
            if !self.witnesses.contains(witness) {
                self.witnesses.push(*witness);
            }
        }
        self.witnesses.sort_unstable();
        let begun = self.answer.as_ref().is_none_or(|answer| answer.truncated);
        let whole = other.answer.as_ref().is_some_and(|answer| !answer.truncated);
        if self.answer.is_none() || begun && whole {
            self.answer.clone_from(&other.answer);
        }
        self.capture = self.capture.take().or_else(|| other.capture.clone());
        self.duration = self.duration.or(other.duration);
        if self.request.truncated && !other.request.truncated {
            self.request.clone_from(&other.request);
            // What was said of half a body, and read from it, is not said of the whole.
            self.verdict.clone_from(&other.verdict);
            self.event.clone_from(&other.event);
        }
        if self.verdict.signature == Signature::Unchecked {
            self.verdict.clone_from(&other.verdict);
        }
    }
}

/// The words of values that are written and read as text: history, JSON lines, flags.
macro_rules! words {
    ($kind:ty, $($variant:ident => $word:literal),+ $(,)?) => {
        impl $kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value of a word.
            pub fn of(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words!(Signature, Valid => "valid", Invalid => "invalid", Unchecked => "unchecked");
words!(Origin, Clerk => "clerk", Test => "test", Trigger => "trigger", Replay => "replay", Check => "check", Other => "other");
words!(Witness, Agent => "agent", Sample => "sample", Gateway => "gateway", Sender => "sender");

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(witness: Witness) -> Delivery {
        let headers = vec![("Svix-Id".to_owned(), "msg_1".to_owned())];
        let body = br#"{"type":"user.created"}"#.to_vec();
        Delivery::new(
            Timestamp::UNIX_EPOCH,
            witness,
            Request { method: "POST".into(), target: "/x?y".into(), headers, body, truncated: false },
        )
    }

    #[test]
    fn type_and_message_are_read_from_the_request() {
        let came = delivery(Witness::Agent);
        assert_eq!((came.event.as_deref(), came.message_id.as_deref()), (Some("user.created"), Some("msg_1")));
        assert_eq!(came.origin, Origin::Clerk);
        let visit = Delivery { message_id: None, ..came.clone() };
        assert!(came.is_webhook(Some("/other")) && visit.is_webhook(Some("/x")) && !visit.is_webhook(Some("/other")));
    }

    #[test]
    fn a_second_witness_adds_what_the_first_did_not_know() {
        let mut first = delivery(Witness::Sample);
        let mut second = delivery(Witness::Agent);
        second.answer = Some(Answer { status: 200, ..Answer::default() });
        second.verdict.signature = Signature::Valid;
        let id = first.id.clone();
        first.also_seen(&second);
        assert_eq!(first.witnesses, [Witness::Agent, Witness::Sample]);
        assert_eq!((first.status(), first.verdict.signature, first.id), (Some(200), Signature::Valid, id));
        let mut half = delivery(Witness::Agent);
        (half.request.truncated, half.verdict.signature, half.event) = (true, Signature::Invalid, None);
        half.also_seen(&second);
        assert_eq!(half.event.as_deref(), Some("user.created"));
        assert_eq!((half.request.truncated, half.verdict.signature), (false, Signature::Valid));
    }
}
