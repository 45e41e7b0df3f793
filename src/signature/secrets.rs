//! The signing secrets that whoever verifies knows; they can change while it runs.

use std::sync::{Arc, PoisonError, RwLock};

use super::SigningSecret;

/// Shared by its clones. By default none is known.
#[derive(Clone, Debug, Default)]
pub struct Secrets(Arc<RwLock<Arc<[SigningSecret]>>>);

impl Secrets {
    /// From now on these count, and no others.
    pub fn set(&self, secrets: Vec<SigningSecret>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = secrets.into();
    }

    /// Those that count now. The lock is held for the time of one counter's increment.
    pub fn get(&self) -> Arc<[SigningSecret]> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
