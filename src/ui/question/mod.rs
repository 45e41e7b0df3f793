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
pub use row::Offer;
pub use secret::secret;

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
    /// Whether the test event is sent once more.
    SendAgain,
    /// Which delivery is meant.
    WhichDelivery,
}

impl Question {
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
            Self::SendAgain => "Send the test event again?".to_owned(),
            Self::WhichDelivery => "Which one?".to_owned(),
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
            | Self::OtherMachine { .. } => "--yes",
            Self::SendAgain => "--once",
            Self::WhichDelivery => "ID",
        }
    }

    /// Whether Enter means yes: not where a yes deletes, leaves this machine or touches production.
    pub fn default(&self) -> bool {
        match self {
            Self::Production
            | Self::DeleteUsers { .. }
            | Self::DeleteEndpoints { .. }
            | Self::ForgetDeliveries { .. }
            | Self::OtherMachine { .. } => false,
            Self::ServeApp { .. } | Self::ClerkKey | Self::SendAgain | Self::WhichDelivery => true,
        }
    }

    /// What is so when it is left without an answer.
    pub fn left(&self) -> &'static str {
        match self {
            Self::SendAgain => "nothing more was sent",
            Self::ServeApp { .. }
            | Self::ClerkKey
            | Self::Production
            | Self::DeleteUsers { .. }
            | Self::DeleteEndpoints { .. }
            | Self::ForgetDeliveries { .. }
            | Self::OtherMachine { .. }
            | Self::WhichDelivery => "nothing was done",
        }
    }
}
