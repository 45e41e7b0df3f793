//! What goes wrong with deliveries when a fault says so.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::sandbox::armed::Armed;
use crate::sandbox::fault::Mischief;
use crate::sandbox::identifier::signing_secret;
use crate::sandbox::store::Endpoint;
use crate::signature::SigningSecret;

/// How old a stale delivery says it is, in seconds: twice what a verifier tolerates.
const STALE: i64 = 600;

/// A message that nobody overtakes goes on after this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// How one delivery is made.
pub struct Delivery {
    /// What it is signed with.
    pub secrets: Vec<SigningSecret>,
    /// How old it says it is, in seconds.
    pub age: i64,
    /// How many times it is sent.
    pub copies: usize,
}

impl Delivery {
    /// Asks the faults; absent where the delivery is dropped.
    pub fn plan(armed: &Armed, endpoint: &Endpoint) -> Option<Self> {
        if armed.delivery(Mischief::Drop) {
            return None;
        }
        let forged = armed.delivery(Mischief::Forged).then(|| SigningSecret::parse(&signing_secret()).ok()).flatten();
        Some(Self {
            secrets: forged.map_or_else(|| endpoint.signing_secrets(), |forged| vec![forged]),
            age: if armed.delivery(Mischief::Stale) { STALE } else { 0 },
            copies: if armed.delivery(Mischief::Duplicate) { 2 } else { 1 },
        })
    }
}

/// Lets a later delivery overtake an earlier one, per endpoint.
#[derive(Default)]
pub struct Turnstile {
    waiting: Mutex<HashMap<String, oneshot::Sender<()>>>,
}

/// The right to send now; the one that was overtaken goes when this is dropped.
pub struct Turn {
    _overtaken: Option<oneshot::Sender<()>>,
}

impl Turnstile {
    /// Comes at once, or after the next delivery to the same endpoint where a fault says so.
    pub async fn enter(&self, armed: &Armed, endpoint: &str) -> Turn {
        if let Some(overtaken) = self.lock().remove(endpoint) {
            return Turn { _overtaken: Some(overtaken) };
        }
        if armed.delivery(Mischief::Reorder) {
            let (sender, overtaken) = oneshot::channel();
            self.lock().insert(endpoint.to_owned(), sender);
            let _ = tokio::time::timeout(PATIENCE, overtaken).await;
            // Nobody came: the next one has nobody to overtake either.
            self.lock().retain(|_, sender| !sender.is_closed());
        }
        Turn { _overtaken: None }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<()>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
