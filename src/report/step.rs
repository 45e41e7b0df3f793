//! The steps of the walkthrough and how they stand.

use serde::Serialize;

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
    /// A user of the instance, whose life makes the event.
    User,
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
            Self::User => "user",
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
