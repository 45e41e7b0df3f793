//! The way from the app to whoever shows what came: bounded, so that a slow reader neither fills the memory nor slows
//! a delivery. What finds no room is counted and told as a gap, in its place.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::report::{Gap, Heard, Received};

/// How much may wait, in bytes.
const ROOM: usize = 16 * 1024 * 1024;

/// What a request takes beside its headers and body, in bytes, generously.
const OVERHEAD: usize = 1024;

/// The app's end.
#[derive(Clone, Debug)]
pub struct Teller(Arc<Shared>);

/// The reader's end.
#[derive(Debug)]
pub struct Feed(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    came: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    heard: VecDeque<Heard>,
    weight: usize,
}

/// A new way, and both its ends.
pub fn feed() -> (Teller, Feed) {
    let shared = Arc::new(Shared::default());
    (Teller(Arc::clone(&shared)), Feed(shared))
}

impl Teller {
    /// Hands a request over; it never waits.
    pub(super) fn tell(&self, received: Received) {
        self.0.lock().push(received);
        self.0.came.notify_one();
    }
}

impl Feed {
    /// What has come, up to `most` at once; waits for the first.
    pub async fn next(&self, most: usize) -> Vec<Heard> {
        loop {
            let came = self.0.came.notified();
            let heard = self.take(most);
            if !heard.is_empty() {
                return heard;
            }
            came.await;
        }
    }

    /// What has come, up to `most` at once.
    pub fn take(&self, most: usize) -> Vec<Heard> {
        self.0.lock().take(most)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn push(&mut self, received: Received) {
        let weight = weight(&received);
        // One request fits always, however large bodies may be.
        if self.heard.is_empty() || self.weight + weight <= ROOM {
            self.weight += weight;
            self.heard.push_back(Heard::Request(Box::new(received)));
        } else if let Some(Heard::Gap(gap)) = self.heard.back_mut() {
            gap.missed += 1;
        } else {
            self.heard.push_back(Heard::Gap(Gap { missed: 1, place: "reader" }));
        }
    }

    fn take(&mut self, most: usize) -> Vec<Heard> {
        let count = self.heard.len().min(most);
        let taken: Vec<Heard> = self.heard.drain(..count).collect();
        let lighter: usize =
            taken.iter().map(|heard| if let Heard::Request(it) = heard { weight(it) } else { 0 }).sum();
        self.weight -= lighter;
        taken
    }
}

fn weight(received: &Received) -> usize {
    let headers: usize = received.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    OVERHEAD + headers + received.body.len()
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;
    use crate::report::{Delivery, Signature};

    fn received(number: usize, length: usize) -> Received {
        let delivery = Delivery {
            id: number.to_string(),
            message_id: None,
            event: None,
            method: "POST".to_owned(),
            path: "/".to_owned(),
            status_code: Some(200),
            duration_ms: Some(1),
            signature: Signature::Unchecked,
            reason: None,
            replay: false,
            received_at: String::new(),
            origin: crate::delivery::Origin::Other,
            set_up: None,
        };
        let body = Bytes::from(vec![0; length]);
        Received { delivery, headers: Vec::new(), body, truncated: false, answer: None }
    }

    fn told(heard: &[Heard]) -> Vec<String> {
        let word = |heard: &Heard| match heard {
            Heard::Request(received) => received.delivery.id.clone(),
            Heard::Gap(gap) => format!("{} missed", gap.missed),
        };
        heard.iter().map(word).collect()
    }

    #[tokio::test]
    async fn a_gap_stands_where_it_arose() {
        let (teller, feed) = feed();
        for number in 0..5 {
            teller.tell(received(number, ROOM / 2 - OVERHEAD));
        }
        assert_eq!(told(&feed.next(1).await), ["0"]);
        teller.tell(received(5, 0));
        for number in 6..8 {
            teller.tell(received(number, ROOM));
        }
        assert_eq!(told(&feed.next(9).await), ["1", "3 missed", "5", "2 missed"]);
        assert!(feed.take(9).is_empty());
        teller.tell(received(8, 3 * ROOM));
        assert_eq!(told(&feed.next(9).await), ["8"]);
        assert_eq!(feed.0.lock().weight, 0);
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let (teller, feed) = feed();
        let waiting = tokio::spawn(async move { told(&feed.next(9).await) });
        tokio::task::yield_now().await;
        teller.tell(received(1, 1));
        assert_eq!(waiting.await.expect("no panic"), ["1"]);
    }
}
