//! The parts of a set-up as they come up and go down.

use serde::{Deserialize, Serialize};

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
    /// It is gone.
    Deleted,
}

impl Action {
    /// The word, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Deleted => "deleted",
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
    /// Whether it waits for events now; with `--once` it ends.
    #[serde(skip)]
    pub waits: bool,
}

/// A set-up that runs, as `status` finds it.
#[derive(Clone, Debug, Serialize)]
pub struct SetUp {
    /// Its own, which its deliveries carry in the history.
    pub id: String,
    /// Of its process.
    pub pid: u32,
    /// The app's address.
    pub upstream: String,
    /// `https://…`, without a path.
    pub public_url: String,
    /// Public URL and webhook path; absent for a tunnel without an endpoint.
    pub webhook_url: Option<String>,
    /// The agent's web page.
    pub inspector_url: String,
    /// The page of the built-in app.
    pub page_url: Option<String>,
    /// Svix's `ep_…`.
    pub endpoint_id: Option<String>,
    /// Whether signatures are verified in front of the app.
    pub secured: bool,
    /// Whether it said that it was ready.
    pub ready: bool,
    /// Whether its Clerk, Svix and ngrok are stand-ins.
    pub sandbox: bool,
    /// Where it writes what it says; absent where it has a terminal for that.
    pub log_file: Option<String>,
    /// When it began, RFC 3339.
    pub since: String,
}

/// What the proof of verification got.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct SecuredProof {
    /// The status for a forged event; absent when none was sent, as an app that nobody guards would take it.
    pub forged: Option<u16>,
    /// The app's status for a genuine one; absent when none was sent.
    pub genuine: Option<u16>,
}

/// Verification was turned on or off, and proven.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Secured {
    /// `policy-update`, `policy-restart`, `flag-restart` or `gateway`.
    pub mechanism: String,
    /// Without a path.
    pub public_url: String,
    /// Whether what is forged is refused.
    pub enforced: bool,
    /// Whether verification is on.
    pub on: bool,
    /// What was seen.
    pub proof: SecuredProof,
}

/// Which set-up has ended, where another command says so.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ended {
    /// Its own id.
    pub set_up: String,
    /// Of its process.
    pub pid: u32,
    /// The app's address.
    pub upstream: String,
}

/// A set-up has ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stopped {
    /// How many were shown.
    pub deliveries: u64,
    /// Test events that came to the app and were told as proofs.
    pub tested: u64,
    /// `kept`, `disabled` or `deleted`; absent where no endpoint was reached.
    pub endpoint: Option<String>,
    /// What stays behind although it was to be taken down, in words.
    pub left: Vec<String>,
    /// Which one; absent where it is the command's own.
    #[serde(flatten)]
    pub of: Option<Ended>,
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
