//! Deliveries by where they came from: through a set-up, or from an agent's captures.

use rusqlite::{OptionalExtension as _, params};

use super::row;
use super::store::{Store, StoreFault};
use crate::delivery::Delivery;

impl Store {
    /// The newest of the set-up with this id, oldest first, at most so many.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn of_set_up(&self, id: &str, most: usize) -> Result<Vec<Delivery>, StoreFault> {
        let query = format!("SELECT {} FROM deliveries WHERE set_up = ?1 ORDER BY id DESC LIMIT ?2", row::COLUMNS);
        let mut query = self.connection.prepare_cached(&query)?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = query.query_map(params![id, limit], row::read)?;
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
