//! Deliveries by where they came from: through a set-up, or from an agent's captures.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::row;
use super::store::{Store, StoreFault};
use crate::delivery::{Delivery, Id};

impl Store {
    /// The newest of a set-up that began at a time, oldest first, at most so many.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn of_set_up(&self, began: Timestamp, most: usize) -> Result<Vec<Delivery>, StoreFault> {
        let first = Id::first_of(began);
        let after = Id::first_of(began.checked_add(SignedDuration::from_millis(1)).unwrap_or(began));
        let query = format!(
            "SELECT {} FROM deliveries WHERE id >= ?1 AND set_up >= ?1 AND set_up < ?2 ORDER BY id DESC LIMIT ?3",
            row::COLUMNS
        );
        let mut query = self.connection.prepare_cached(&query)?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![first.as_str(), after.as_str(), limit], row::read)?;
        let mut found: Vec<_> = rows.collect::<Result<_, _>>()?;
        found.reverse();
        Ok(found)
    }

    /// What an agent captured under this id.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn captured(&self, capture: &str) -> Result<Option<Delivery>, StoreFault> {
        let query = format!("SELECT {} FROM deliveries WHERE capture = ?1 ORDER BY id DESC LIMIT 1", row::COLUMNS);
        Ok(self.connection.prepare_cached(&query)?.query_row([capture], row::read).optional()?)
    }
}
