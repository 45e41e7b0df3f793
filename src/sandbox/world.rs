//! What the handlers of Clerk and Svix share.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::armed::Armed;
use super::dispatch::Turnstile;
use super::identifier::alphanumeric;
use super::store::Store;
use crate::http::Http;
use crate::secret::Secret;

/// Svix gives up on an app after this time (Svix docs, receiving).
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(15);

/// One running sandbox.
pub struct World {
    /// The only secret key that Clerk knows.
    pub clerk_key: Secret,
    /// What Clerk and Svix remember.
    pub store: Store,
    /// What is still to go wrong.
    pub armed: Armed,
    /// Who may call Svix.
    pub sessions: Sessions,
    /// How much faster than real the retry schedule runs.
    pub retry_speed: f64,
    /// For deliveries.
    pub http: Http,
    /// Where messages change places.
    pub turnstile: Turnstile,
    /// Deliveries under way.
    pub tasks: TaskTracker,
    /// Ends all of it.
    pub stop: CancellationToken,
}

impl World {
    /// A world in which nothing has happened yet.
    pub fn new(store: Store, armed: Armed, retry_speed: f64) -> Self {
        let delivery_timeout = armed.delivery_timeout().unwrap_or(DELIVERY_TIMEOUT);
        Self {
            clerk_key: Secret::new(format!("sk_test_{}", alphanumeric(40))),
            store,
            armed,
            sessions: Sessions::default(),
            retry_speed,
            http: Http::new(delivery_timeout),
            turnstile: Turnstile::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// How long a time of the real schedule takes here.
    pub fn scaled(&self, real: Duration) -> Duration {
        Duration::try_from_secs_f64(real.as_secs_f64() / self.retry_speed).unwrap_or(real)
    }
}

/// Portal sessions of Svix: one-time tokens and the tokens that they were exchanged for, each with its application.
#[derive(Default)]
pub struct Sessions {
    one_time: Mutex<HashMap<String, String>>,
    tokens: Mutex<HashMap<String, String>>,
}

impl Sessions {
    /// A one-time token for a portal URL.
    pub fn invite(&self, app_id: &str) -> String {
        let token = alphanumeric(48);
        locked(&self.one_time).insert(token.clone(), app_id.to_owned());
        token
    }

    /// Exchanges a one-time token; the second time there is nothing to exchange.
    pub fn exchange(&self, one_time: &str) -> Option<String> {
        let app_id = locked(&self.one_time).remove(one_time)?;
        let token = format!("appsk_{}.eu", alphanumeric(40));
        locked(&self.tokens).insert(token.clone(), app_id);
        Some(token)
    }

    /// The application that a token opens.
    pub fn app_of(&self, token: &str) -> Option<String> {
        locked(&self.tokens).get(token).cloned()
    }

    /// Ends a session.
    pub fn revoke(&self, token: &str) {
        locked(&self.tokens).remove(token);
    }

    /// Ends every session.
    pub fn revoke_all(&self) {
        locked(&self.one_time).clear();
        locked(&self.tokens).clear();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
