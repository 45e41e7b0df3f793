//! Every question that a person is asked: its words, the flag that answers it, and what Enter means. They look as dialoguer
//! draws them; the keys are read here, as its prompts do not take Escape and Ctrl-D everywhere.

mod confirm;
mod keys;
mod pick;
mod row;
mod secret;

pub use confirm::confirm;
pub use keys::Keys;
pub use pick::pick;
pub use row::{Offer, Offered};
pub use secret::secret;

use crate::error::Error;
use crate::report;

/// A question. `tests/it/questions.rs` asks each on a wide and on a narrow terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whether the built-in app is started where nothing listens.
    ServeApp {
        /// Where.
        upstream: String,
    },
    /// The Clerk secret key.
    ClerkKey,
    /// Whether a production instance is changed.
    Production,
    /// Whether users are deleted.
    DeleteUsers {
        /// `1 user`, `2 users`.
        count: String,
    },
    /// Whether endpoints are deleted.
    DeleteEndpoints {
        /// `1 endpoint`, `2 endpoints`.
        count: String,
    },
    /// Whether kept deliveries are forgotten.
    ForgetDeliveries {
        /// `3 deliveries of the history`.
        what: String,
    },
    /// Whether made-up events go to another machine.
    OtherMachine {
        /// How many.
        requests: usize,
        /// Where to.
        url: String,
    },
    /// Which delivery is meant.
    WhichDelivery,
    /// Whether Svix sends again what did not arrive.
    SendMissed {
        /// `3 messages`.
        what: String,
        /// Where to.
        url: String,
        /// It is not this machine's endpoint, or a production instance's.
        elsewhere: bool,
    },
    /// Whether an endpoint is enabled that is not this machine's.
    EnableEndpoint {
        /// Its id and URL.
        what: String,
    },
    /// Whether people of the instance are sent to an app as events.
    Backfill {
        /// `120 user.created events`.
        what: String,
        /// Where to.
        url: String,
    },
    /// Whether the file that guards routes lets the webhook's through.
    OpenRoute {
        /// Which.
        file: String,
    },
    /// Which package of a monorepo is meant.
    WhichProject,
    /// Which of several webhook routes is meant.
    WhichRoute,
}

impl Question {
    /// The questions that nobody could be asked, by the error that came of it.
    pub fn unasked(error: &Error) -> Vec<report::Question> {
        match error {
            Error::NeedsAnswer { question, flag } => vec![report::Question { ask: question.clone(), flag }],
            Error::KeyMissing { .. } => vec![Self::ClerkKey.told()],
            Error::SeveralMissing { missing, .. } => missing.iter().flat_map(Self::unasked).collect(),
            _ => Vec::new(),
        }
    }

    /// The question as a value.
    pub fn told(&self) -> report::Question {
        report::Question { ask: self.text(), flag: self.flag() }
    }

    /// Its words.
    pub fn text(&self) -> String {
        match self {
            Self::ServeApp { upstream } => format!("Nothing listens at {upstream}. Start the built-in app there?"),
            Self::ClerkKey => "Clerk secret key (sk_test_…, it is not shown):".to_owned(),
            Self::Production => "This key changes a production instance. Go on?".to_owned(),
            Self::DeleteUsers { count } | Self::DeleteEndpoints { count } => format!("Delete {count}?"),
            Self::ForgetDeliveries { what } => format!("Forget {what}?"),
            Self::OtherMachine { requests, url } => {
                format!("Send {requests} made-up events to {url}, which is not on this machine?")
            }
            Self::OpenRoute { file } => format!("Change `{file}` so?"),
            Self::SendMissed { what, url, .. } => format!("Send {what} to {url} again?"),
            Self::EnableEndpoint { what } => format!("Enable {what} again?"),
            Self::Backfill { what, url } => format!("Send {what} to {url}, which is not on this machine?"),
            Self::WhichDelivery => "Which one?".to_owned(),
            Self::WhichProject => "Several packages have a webhook route. Which one?".to_owned(),
            Self::WhichRoute => "Several routes take webhooks. Which one?".to_owned(),
        }
    }

    /// What answers it beforehand.
    pub fn flag(&self) -> &'static str {
        match self {
            Self::ServeApp { .. } => "--serve",
            Self::ClerkKey => "CLERK_SECRET_KEY",
            Self::Production
            | Self::DeleteUsers { .. }
            | Self::DeleteEndpoints { .. }
            | Self::ForgetDeliveries { .. }
            | Self::SendMissed { .. }
            | Self::EnableEndpoint { .. }
            | Self::Backfill { .. }
            | Self::OtherMachine { .. }
            | Self::OpenRoute { .. } => "--yes",
            Self::WhichDelivery => "ID",
            Self::WhichProject => "--project DIR",
            Self::WhichRoute => "--path PATH",
        }
    }

    /// Whether Enter means yes: not where a yes deletes, leaves this machine or touches production.
    pub fn default(&self) -> bool {
        match self {
            Self::Production
            | Self::DeleteUsers { .. }
            | Self::DeleteEndpoints { .. }
            | Self::ForgetDeliveries { .. }
            | Self::SendMissed { elsewhere: true, .. }
            | Self::EnableEndpoint { .. }
            | Self::Backfill { .. }
            | Self::OtherMachine { .. }
            | Self::OpenRoute { .. } => false,
            Self::SendMissed { .. } => true,
            Self::ServeApp { .. } | Self::ClerkKey | Self::WhichDelivery | Self::WhichProject | Self::WhichRoute => {
                true
            }
        }
    }

    /// What is so when it is left without an answer.
    pub fn left(&self) -> &'static str {
        match self {
            Self::ServeApp { .. }
            | Self::OpenRoute { .. }
            | Self::ClerkKey
            | Self::Production
            | Self::DeleteUsers { .. }
            | Self::DeleteEndpoints { .. }
            | Self::ForgetDeliveries { .. }
            | Self::SendMissed { .. }
            | Self::EnableEndpoint { .. }
            | Self::Backfill { .. }
            | Self::OtherMachine { .. }
            | Self::WhichDelivery
            | Self::WhichProject
            | Self::WhichRoute => "nothing was done",
        }
    }
}
