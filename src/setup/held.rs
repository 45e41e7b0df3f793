//! What the built-in app received, until the agent was heard: that tells more of the same delivery, such as that it was a
//! replay.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::Instant;

use crate::report::Received;

/// How long the agent has to tell of a delivery; one that does not answer holds up nothing for longer.
const HEARD_FIRST: Duration = Duration::from_millis(200);

/// How many bytes of bodies wait for that.
const ROOM: usize = 16 * 1024 * 1024;

/// The oldest first.
#[derive(Debug, Default)]
pub struct Held {
    received: VecDeque<(Instant, Received)>,
    bytes: usize,
}

impl Held {
    /// Holds one more.
    pub fn hold(&mut self, received: Received) {
        // In a flood the line is worth more than the bytes.
        let fits = self.bytes + received.body.len() <= ROOM;
        let received = if fits { received } else { Received { body: Bytes::new(), truncated: true, ..received } };
        self.bytes += received.body.len();
        self.received.push_back((Instant::now(), received));
    }

    /// When the agent has had its time to tell of the oldest.
    pub fn ripe_at(&self) -> Option<Instant> {
        self.received.front().map(|(since, _)| *since + HEARD_FIRST)
    }

    /// Those of which the agent has had its time to tell.
    pub fn take_ripe(&mut self) -> Vec<Received> {
        Instant::now().checked_sub(HEARD_FIRST).map(|time| self.take_until(time)).unwrap_or_default()
    }

    /// Those that were held by then.
    pub fn take_until(&mut self, time: Instant) -> Vec<Received> {
        let count = self.received.iter().take_while(|(since, _)| *since <= time).count();
        let taken: Vec<_> = self.received.drain(..count).map(|(_, received)| received).collect();
        self.bytes -= taken.iter().map(|received| received.body.len()).sum::<usize>();
        taken
    }
}
