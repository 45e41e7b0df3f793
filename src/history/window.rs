//! The history as a screen needs it: what is there without the bodies, and whether anything changed.

use jiff::Timestamp;
use rusqlite::params;

use super::row;
use super::store::{Store, StoreFault};
use crate::delivery::{Delivery, Filter, Id};

/// In the order of [`row::COLUMNS`], with nothing in the place of headers and bodies.
const LEAN: &str = "id, received_at, duration_us, origin, witnesses, set_up, source, event, message_id, method, target, \
     status, signature, reason, '[]', x'', 0, '[]', x'', 0, capture";

/// How many earlier events are looked through for the last one of the same user.
const LOOKED_THROUGH: u32 = 200;

/// As little of a delivery as puts it in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    /// Its id.
    pub id: Id,
    /// What it repeats.
    pub source: Option<Id>,
    /// Whether somebody has to look at it.
    pub failed: bool,
}

impl From<&Delivery> for Outline {
    fn from(delivery: &Delivery) -> Self {
        Self { id: delivery.id.clone(), source: delivery.source.clone(), failed: delivery.has_failed() }
    }
}

impl Store {
    /// All that a filter admits, oldest first. Bodies are read only where the filter asks for them.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn outline(&self, filter: &Filter) -> Result<Vec<Outline>, StoreFault> {
        let now = Timestamp::now();
        let [since, until] = [&filter.since, &filter.until].map(|bound| bound.as_ref().map(|bound| bound.id(now)));
        let columns = if filter.looks_inside() { row::COLUMNS } else { LEAN };
        let query = format!("SELECT {columns} FROM deliveries WHERE id > ?1 AND (?2 IS NULL OR id < ?2) ORDER BY id");
        let mut query = self.connection.prepare_cached(&query)?;
        let since = since.as_ref().map_or("", Id::as_str);
        let mut rows = query.query(params![since, until.as_ref().map(Id::as_str)])?;
        let mut outlines = Vec::new();
        while let Some(row) = rows.next()? {
            let delivery = row::read(row)?;
            if filter.admits(&delivery) {
                outlines.push(Outline::from(&delivery));
            }
        }
        Ok(outlines)
    }

    /// Changes whenever another process has written.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn version(&self) -> Result<i64, StoreFault> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?)
    }

    /// The newest one from before of one of these events whose body names `subject` and that is what is meant.
    ///
    /// # Errors
    /// `StoreFault`.
    pub fn former(
        &self,
        id: &Id,
        events: [&str; 2],
        subject: &str,
        meant: impl Fn(&Delivery) -> bool,
    ) -> Result<Option<Delivery>, StoreFault> {
        let query = format!(
            "SELECT {} FROM (SELECT * FROM deliveries WHERE id < ?1 AND event IN (?2, ?3) ORDER BY id DESC LIMIT ?4)
             WHERE instr(request_body, CAST(?5 AS BLOB)) > 0 ORDER BY id DESC",
            row::COLUMNS
        );
        let mut query = self.connection.prepare_cached(&query)?;
        let mut rows = query.query(params![id.as_str(), events[0], events[1], LOOKED_THROUGH, subject])?;
        while let Some(row) = rows.next()? {
            let delivery = row::read(row)?;
            if meant(&delivery) {
                return Ok(Some(delivery));
            }
        }
        Ok(None)
    }
}
