//! What happens while a command runs, as values: services send them, `ui` turns each into a line.

use serde::Serialize;

use crate::error::Error;

/// The steps of the walkthrough, in the order of the hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Is there an app at the upstream address?
    App,
    /// The agent and its public URL.
    Tunnel,
    /// The webhook endpoint in Svix.
    Endpoint,
    /// The signing secret and the env file.
    Secret,
    /// The example event, up to its message id.
    Test,
    /// The way of that message, hop by hop.
    Proof,
}

impl Step {
    /// The word that stands at the beginning of the step's line.
    pub fn word(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Tunnel => "tunnel",
            Self::Endpoint => "endpoint",
            Self::Secret => "secret",
            Self::Test => "test",
            Self::Proof => "proof",
        }
    }
}

/// How a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Under way.
    Start,
    /// Done and seen.
    Ok,
    /// Left out on purpose.
    Skip,
    /// Done, with something to know.
    Warn,
    /// Not done.
    Fail,
}

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

/// What became of a test event. `hops` ends with the first hop that failed.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// Event type.
    pub event: String,
    /// Svix's `msg_…`.
    pub message_id: String,
    /// The hops in order.
    pub hops: Vec<HopResult>,
    /// The app's answer, where one was seen.
    pub status_code: Option<u16>,
    /// How long the app took, in milliseconds.
    pub duration_ms: Option<u64>,
}

/// The public URL and the agent that holds it.
#[derive(Clone, Debug, Serialize)]
pub struct Tunnel {
    /// `https://…`, without a path.
    pub public_url: String,
    /// The app's address.
    pub upstream: String,
    /// Base of the agent's local HTTP API, without `/api`.
    pub api_url: String,
    /// As `ngrok version` says it.
    pub agent_version: String,
    /// Absent where a reused agent does not tell it.
    pub agent_pid: Option<u32>,
    /// Whether clerkhook started the agent, and so will stop it.
    pub started_by_us: bool,
}

/// What `register` did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// There was none.
    Created,
    /// It differed.
    Updated,
    /// It was already right.
    Unchanged,
}

impl Action {
    /// The word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
        }
    }
}

/// The webhook endpoint as it stands now.
#[derive(Clone, Debug, Serialize)]
pub struct Endpoint {
    /// What was done to it.
    pub action: Action,
    /// Svix's `ep_…`.
    pub endpoint_id: String,
    /// Svix's `app_…` of the Clerk instance.
    pub app_id: String,
    /// Where events are delivered.
    pub url: String,
    /// Its filter; empty means every event type.
    pub events: Vec<String>,
    /// Whether Svix holds deliveries back.
    pub disabled: bool,
}

/// Everything is set up and proven.
#[derive(Clone, Debug, Serialize)]
pub struct Ready {
    /// `https://…`, without a path.
    pub public_url: String,
    /// Public URL and webhook path.
    pub webhook_url: String,
    /// The agent's web page.
    pub inspector_url: String,
    /// Svix's `ep_…`; absent where the endpoint is made by hand.
    pub endpoint_id: Option<String>,
    /// Whether the edge verifies signatures.
    pub secured: bool,
    /// Of this process.
    pub pid: u32,
}

/// What the check of a delivery's signature gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
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

/// A set-up has ended.
#[derive(Clone, Debug, Serialize)]
pub struct Stopped {
    /// How many were shown.
    pub deliveries: u64,
    /// `kept`, `disabled` or `deleted`; absent where no endpoint was reached.
    pub endpoint: Option<&'static str>,
}

/// Addresses of a running sandbox.
#[derive(Clone, Debug, Serialize)]
pub struct Sandbox {
    /// Stands for `https://api.clerk.com`.
    pub clerk_api_url: String,
    /// Stands for `https://api.eu.svix.com`.
    pub svix_server_url: String,
    /// A key that this sandbox accepts and nobody else.
    pub clerk_secret_key: String,
    /// An agent that speaks to the sandbox's edge.
    pub ngrok_bin: String,
    /// Its config file, with the sandbox's authtoken.
    pub ngrok_config: String,
}

/// One line of a dry run.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The step that would be taken.
    pub step: Step,
    /// `create`, `change`, `start`, `use`, `keep` or `skip`.
    pub action: &'static str,
    /// What exactly.
    pub detail: String,
}

/// How a check of `doctor` came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Works, but may surprise.
    Warn,
    /// Must be mended.
    Fail,
}

/// One check of `doctor`.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A word or two.
    pub check: &'static str,
    /// The result.
    pub status: Health,
    /// What was found.
    pub found: String,
    /// What to type or change.
    pub fix: Option<String>,
}

/// One setting, with where it came from.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub setting: &'static str,
    /// Its value, masked where it is secret.
    pub value: String,
    /// `flag --x`, `environment X`, a file, or `default`.
    pub source: String,
}

/// A line of `status`.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Which part of the set-up.
    pub part: &'static str,
    /// The result.
    pub status: Health,
    /// What was found.
    pub found: String,
}

/// The built-in app listens.
#[derive(Clone, Debug, Serialize)]
pub struct Serving {
    /// `http://localhost:3000`.
    pub url: String,
    /// The port that was taken.
    pub port: u16,
    /// Whether signatures are checked.
    pub verifying: bool,
}

/// A request as the built-in app received it, for `serve`.
#[derive(Clone, Debug)]
pub struct Received {
    /// The line that stands for it.
    pub delivery: Delivery,
    /// Names as they came, values as text (bytes outside ASCII are escaped).
    pub headers: Vec<(String, String)>,
    /// The raw body.
    pub body: Vec<u8>,
}

/// Everything that a command can tell.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Event {
    /// A step began or ended.
    Step {
        /// Which step.
        step: Step,
        /// How it stands.
        status: Status,
        /// What was seen.
        detail: String,
        /// Milliseconds since it began.
        ms: Option<u64>,
    },
    /// The tunnel is online.
    Tunnel(Tunnel),
    /// The endpoint is right.
    Endpoint(Endpoint),
    /// A test event was followed.
    Proof(Proof),
    /// `up` waits for events.
    Ready(Ready),
    /// A request came.
    Delivery(Delivery),
    /// The end.
    Stopped(Stopped),
    /// The sandbox listens.
    Sandbox(Sandbox),
    /// A dry run's line.
    Plan(Plan),
    /// A check's result.
    Check(Check),
    /// A setting.
    Setting(Setting),
    /// A part's standing.
    Status(Standing),
    /// The built-in app listens.
    Serving(Serving),
}

impl Event {
    /// A step's line without a time.
    pub fn step(step: Step, status: Status, detail: impl Into<String>) -> Self {
        Self::Step { step, status, detail: detail.into(), ms: None }
    }

    /// A step that ended with an error.
    pub fn failed(step: Step, error: &Error) -> Self {
        Self::step(step, Status::Fail, error.to_string())
    }
}
