//! Somebody who waits for deliveries of a kind: each that is seen is theirs too, whoever looked.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::delivery::Delivery;

/// How many of a kind are held; the oldest go first.
const HELD: usize = 1000;

/// Which are waited for.
type Wanted = Box<dyn Fn(&Delivery) -> bool + Send>;

/// The reader's end; dropping it ends the waiting.
pub struct Watch(Arc<Mutex<Kind>>);

/// The feed's end.
pub(super) struct Watched(Weak<Mutex<Kind>>);

struct Kind {
    wanted: Wanted,
    seen: Vec<Arc<Delivery>>,
}

impl Watch {
    /// Both ends.
    pub(super) fn new(wanted: impl Fn(&Delivery) -> bool + Send + 'static) -> (Self, Watched) {
        let kind = Arc::new(Mutex::new(Kind { wanted: Box::new(wanted), seen: Vec::new() }));
        let watched = Watched(Arc::downgrade(&kind));
        (Self(kind), watched)
    }

    /// What was seen until now, in the order in which it came, each as it is known now.
    pub fn seen(&self) -> Vec<Arc<Delivery>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).seen.clone()
    }
}

impl Watched {
    /// Whether anybody still waits.
    pub(super) fn is_left(&self) -> bool {
        self.0.strong_count() > 0
    }

    pub(super) fn tell(&self, delivery: &Arc<Delivery>) {
        let Some(kind) = self.0.upgrade() else { return };
        let mut kind = kind.lock().unwrap_or_else(PoisonError::into_inner);
        if !(kind.wanted)(delivery) {
            return;
        }
        if let Some(known) = kind.seen.iter_mut().find(|known| known.id == delivery.id) {
            *known = Arc::clone(delivery);
            return;
        }
        if kind.seen.len() >= HELD {
            kind.seen.remove(0);
        }
        kind.seen.push(Arc::clone(delivery));
    }
}
