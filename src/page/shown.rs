//! The last deliveries that the page shows. They live in memory only.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::http::HeaderMap;
use jiff::Timestamp;

use crate::report::Delivery;

/// How many deliveries are kept.
pub(super) const KEPT: usize = 50;

/// A delivery, with what the page shows when it is opened.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) delivery: Delivery,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// A ring of deliveries.
#[derive(Debug)]
pub(super) struct Shown {
    run: i64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    last: VecDeque<Arc<Entry>>,
}

impl Shown {
    /// An empty one.
    pub(super) fn new() -> Self {
        let run = Timestamp::now().as_millisecond();
        Self { run, kept: Mutex::default() }
    }

    /// Tells this run of the app from others, whose deliveries have the same numbers.
    pub(super) fn run(&self) -> i64 {
        self.run
    }

    /// Keeps a delivery and drops the oldest when there are too many.
    pub(super) fn keep(&self, entry: Entry) {
        let entry = Arc::new(entry);
        let mut kept = self.lock();
        kept.count += 1;
        kept.last.push_front(entry);
        let dropped = if kept.last.len() > KEPT { kept.last.pop_back() } else { None };
        drop(kept);
        // Its body is freed when nobody waits for the lock any more.
        drop(dropped);
    }

    /// How many came in all, and the last ones, newest first.
    pub(super) fn last(&self) -> (u64, Vec<Arc<Entry>>) {
        let kept = self.lock();
        (kept.count, kept.last.iter().cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
