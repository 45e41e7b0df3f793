//! The exchanges that are still in memory, newest first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::exchange::Exchange;

/// ngrok's `inspect_db_size` by default, in bytes.
const BYTES_LIMIT: usize = 50 * 1024 * 1024;

/// Requests kept at most, unless a fault says less.
const COUNT_LIMIT: usize = 5000;

/// A bounded store of exchanges.
#[derive(Debug)]
pub(super) struct Captures {
    most: usize,
    newest_first: Mutex<VecDeque<Arc<Exchange>>>,
}

impl Default for Captures {
    fn default() -> Self {
        Self::of(COUNT_LIMIT)
    }
}

impl Captures {
    /// At most so many.
    pub(super) fn of(most: usize) -> Self {
        Self { most, newest_first: Mutex::default() }
    }

    /// Adds one, and drops the oldest that no longer fit.
    pub(super) fn add(&self, exchange: Arc<Exchange>) {
        let mut all = self.lock();
        all.push_front(exchange);
        let mut bytes = 0;
        let fitting = all.iter().take(self.most).take_while(|exchange| {
            bytes += exchange.size();
            bytes <= BYTES_LIMIT
        });
        let fitting = fitting.count().max(1);
        all.truncate(fitting);
    }

    /// The newest `limit` of one tunnel or of all.
    pub(super) fn list(&self, limit: usize, tunnel_name: Option<&str>) -> Vec<Arc<Exchange>> {
        let all = self.lock();
        let wanted = all.iter().filter(|exchange| tunnel_name.is_none_or(|name| exchange.tunnel_name() == name));
        wanted.take(limit).cloned().collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Exchange>> {
        self.lock().iter().find(|exchange| exchange.id() == id).cloned()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Exchange>>> {
        self.newest_first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use hyper::{HeaderMap, Method};

    use super::*;
    use crate::sandbox::agent::exchange::{BODY_LIMIT, RequestHead, Side};

    fn head(path: &str) -> RequestHead {
        RequestHead { method: Method::POST, uri: path.parse().expect("a path"), headers: HeaderMap::new() }
    }

    #[test]
    fn memory_is_bounded() {
        let captures = Captures::default();
        for number in 0..COUNT_LIMIT + 10 {
            captures.add(Arc::new(Exchange::new("t", "r", head(&format!("/{number}")))));
        }
        let all = captures.list(usize::MAX, None);
        assert_eq!(all.len(), COUNT_LIMIT);
        assert_eq!(all[0].request().uri.path(), format!("/{}", COUNT_LIMIT + 9));
        assert_eq!(captures.list(3, None).len(), 3);
        assert_eq!(captures.list(3, Some("other")).len(), 0);

        let big = vec![0; BODY_LIMIT + 1];
        for _ in 0..7 {
            let exchange = Arc::new(Exchange::new("t", "r", head("/")));
            exchange.keep(Side::Request, &big);
            assert!(exchange.request_body().is_none());
            captures.add(exchange);
        }
        assert_eq!(captures.list(usize::MAX, None).len(), BYTES_LIMIT / BODY_LIMIT);
    }
}
