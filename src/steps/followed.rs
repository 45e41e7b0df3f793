//! The history, followed: opened once there is one, and anew where it was deleted and begun again.

use super::{Context, kept};
use crate::delivery::Delivery;
use crate::error::Result;
use crate::history::Store;

/// How much of what is new is read at once.
const BATCH: usize = 256;

/// A history, and how far it was read.
#[derive(Debug)]
pub struct Followed {
    store: Option<Store>,
    last: i64,
}

impl Followed {
    /// From here on: what is kept already is not new.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn begin(context: &Context) -> Result<Self> {
        let mut followed = Self { store: kept::open(context)?, last: 0 };
        followed.pass_over(context)?;
        Ok(followed)
    }

    /// The history, once there is one.
    pub fn store(&self) -> Option<&Store> {
        self.store.as_ref()
    }

    /// What is there is not new.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn pass_over(&mut self, context: &Context) -> Result<()> {
        if let Some(store) = &self.store {
            self.last = store.last_change().map_err(|fault| kept::unusable(context, fault))?;
        }
        Ok(())
    }

    /// Whether the history is another one than at the last call, or one at last, or none any more.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn renew(&mut self, context: &Context) -> Result<bool> {
        let gone = self.store.as_ref().is_some_and(Store::is_gone);
        if gone {
            (self.store, self.last) = (None, 0);
        }
        let opens = self.store.is_none();
        if opens {
            self.store = kept::open(context)?;
        }
        Ok(gone || opens && self.store.is_some())
    }

    /// Some of what was kept or changed since the last call; `None` where that is all.
    ///
    /// # Errors
    /// `HistoryUnusable`.
    pub fn changed(&mut self, context: &Context) -> Result<Option<Vec<Delivery>>> {
        let Some(store) = &self.store else { return Ok(None) };
        let read = store.changed_since(self.last, BATCH);
        let (changed, last) = read.map_err(|fault| kept::unusable(context, fault))?;
        let more = last != self.last;
        self.last = last;
        Ok(more.then_some(changed))
    }
}
