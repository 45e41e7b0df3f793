//! What a feed knows, and what it makes of what its witnesses tell.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

use super::News;
use super::ledger::{Ledger, Told};
use super::reader::{Looked, Reader};
use super::watch::Watched;
use crate::delivery::Delivery;
use crate::history::Keeper;
use crate::ngrok::capture::Capture;
use crate::signature::SigningSecret;

/// How many bytes of deliveries may wait to be shown or to be taken in.
const WAITING: usize = 64 * 1024 * 1024;

pub(super) struct State {
    pub(super) reader: Reader,
    pub(super) secrets: Vec<SigningSecret>,
    pub(super) ledger: Ledger,
    pub(super) keeper: Keeper,
    pub(super) watches: Vec<Watched>,
    /// Nobody shows what comes.
    pub(super) unshown: bool,
    pub(super) news: News,
    heard: VecDeque<Delivery>,
    /// How many bytes wait in both.
    waiting: usize,
}

impl State {
    pub(super) fn since(since: Timestamp, ledger: Ledger, keeper: Keeper) -> Self {
        Self {
            reader: Reader::since(since),
            secrets: Vec::new(),
            ledger,
            keeper,
            watches: Vec::new(),
            unshown: false,
            news: News::default(),
            heard: VecDeque::new(),
            waiting: 0,
        }
    }

    /// What the agent captured, oldest first; `captures` are newest first.
    pub(super) fn take_all(&mut self, looked: &Looked) {
        for capture in looked.captures.iter().rev() {
            if self.reader.wants(capture) {
                self.take_capture(capture);
            }
        }
        self.reader.end_look(looked);
    }

    /// What is to be shown goes out.
    pub(super) fn give_out(&mut self) -> News {
        self.waiting = self.heard.iter().map(Delivery::weight).sum();
        std::mem::take(&mut self.news)
    }

    pub(super) fn count_missed(&mut self, served: Option<u64>) {
        self.news.missed += self.reader.count_missed(served, self.ledger.told_by_others());
    }

    /// The agent has forgotten a capture before it was answered.
    pub(super) fn forget(&mut self, capture: &str) {
        let gone = self.reader.forget(capture);
        gone.iter().for_each(|id| self.ledger.forgot(id));
    }

    /// The memory of a set-up that runs for weeks is bounded by what the agent remembers.
    pub(super) fn forget_all_but(&mut self, captures: &[Capture]) {
        let gone = self.reader.forget_all_but(captures);
        gone.iter().for_each(|id| self.ledger.forgot(id));
    }

    fn take_capture(&mut self, capture: &Capture) {
        let sighting = capture.sighting(&self.secrets);
        let told = match self.reader.id_of(capture) {
            Some(id) => self.ledger.take_more(&id, sighting),
            None => self.ledger.take(sighting),
        };
        self.reader.took(capture, &told.delivery.id);
        self.publish(&told);
        if told.show {
            self.show(told.delivery);
        }
    }

    pub(super) fn take(&mut self, sighting: Delivery) -> Option<Arc<Delivery>> {
        let told = self.ledger.take(sighting);
        self.publish(&told);
        told.show.then_some(told.delivery)
    }

    /// It waits until the agent was heard, as far as there is room.
    pub(super) fn hear(&mut self, sighting: Delivery) {
        let weight = sighting.weight();
        if self.waiting + weight <= WAITING {
            self.waiting += weight;
            self.heard.push_back(sighting);
        }
    }

    pub(super) fn take_heard(&mut self) {
        while let Some(sighting) = self.heard.pop_front() {
            self.waiting = self.waiting.saturating_sub(sighting.weight());
            if let Some(delivery) = self.take(sighting) {
                self.show(delivery);
            }
        }
    }

    fn publish(&mut self, told: &Told) {
        self.keeper.keep(&told.delivery);
        self.watches.retain(Watched::is_left);
        self.watches.iter().for_each(|watched| watched.tell(&told.delivery));
        self.tell_better(&told.delivery);
    }

    /// What is known better by now, and was not given out yet, goes out as it is known.
    fn tell_better(&mut self, delivery: &Arc<Delivery>) {
        let waits = self.news.deliveries.iter_mut().rev().find(|waiting| waiting.id == delivery.id);
        if let Some(waiting) = waits {
            self.waiting = (self.waiting + delivery.weight()).saturating_sub(waiting.weight());
            *waiting = Arc::clone(delivery);
        }
    }

    /// What nobody takes in time is counted.
    fn show(&mut self, delivery: Arc<Delivery>) {
        let weight = delivery.weight();
        if self.unshown {
            return;
        }
        if self.waiting + weight > WAITING {
            self.news.missed += 1;
            return;
        }
        self.waiting += weight;
        self.news.deliveries.push(delivery);
    }
}
