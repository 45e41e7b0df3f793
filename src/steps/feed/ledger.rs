//! What was seen of each delivery, by whom: two sightings of one delivery are one, and each is shown once.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use crate::delivery::{Delivery, Id, Origin, Witness};

/// How many bytes of deliveries are held for a second witness to add to.
const HELD: usize = 4 * 1024 * 1024;

/// How many deliveries are remembered, so that a second sighting is not taken for another delivery.
const REMEMBERED: usize = 20_000;

/// What makes two sightings the same delivery: message id; method, target and signature, as a twin's has the same message id.
/// There are many, so their hashes stand for them.
type Key = (u64, u64);

/// What a sighting came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// The delivery as it is known now.
    pub delivery: Arc<Delivery>,
    /// It is answered, and was not shown before.
    pub show: bool,
}

/// What is expected of a message that clerkhook itself caused.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    origin: Origin,
    /// So many of its deliveries are told by something else.
    quiet: u32,
}

#[derive(Debug)]
struct Entry {
    id: Id,
    message: Option<Box<str>>,
    witnesses: Vec<Witness>,
    shown: bool,
    /// The agent forgot it before it was answered.
    forgotten: bool,
    /// As long as there is room.
    delivery: Option<Arc<Delivery>>,
}

/// The deliveries of one set-up.
#[derive(Debug, Default)]
pub struct Ledger {
    hashes: RandomState,
    /// Where the app takes webhooks; any POST is one where nobody says.
    path: Option<String>,
    set_up: Option<String>,
    entries: HashMap<Key, Vec<Entry>>,
    /// The oldest first.
    order: VecDeque<Key>,
    held: usize,
    marks: HashMap<String, Mark>,
    shown: u64,
    /// What the agent did not tell of, or not yet.
    told_by_others: u64,
}

impl Ledger {
    /// Of a set-up whose app takes webhooks at `path`.
    pub fn of(set_up: Option<String>, path: Option<String>) -> Self {
        Self { path, set_up, ..Self::default() }
    }

    /// How many were given out to be shown.
    pub fn shown(&self) -> u64 {
        self.shown
    }

    /// What is known of deliveries, as far as there is room.
    pub fn known(&self) -> Vec<Arc<Delivery>> {
        let mut known: Vec<_> = self.entries.values().flatten().filter_map(|entry| entry.delivery.clone()).collect();
        known.sort_by(|one, other| one.id.cmp(&other.id));
        known
    }

    /// The ids of the messages that were seen.
    pub fn messages(&self) -> Vec<String> {
        self.entries.values().flatten().filter_map(|entry| entry.message.as_deref()).map(str::to_owned).collect()
    }

    /// How many passed of which the agent has told nothing.
    pub fn told_by_others(&self) -> u64 {
        self.told_by_others
    }

    /// Another agent is counted from now on.
    pub fn follow_another(&mut self) {
        self.told_by_others = 0;
    }

    /// A message was caused by clerkhook, and its proof or its command tells of `quiet` of its deliveries.
    pub fn expect(&mut self, message_id: &str, origin: Origin, quiet: u32) {
        let mark = self.marks.entry(message_id.to_owned()).or_default();
        mark.origin = origin;
        mark.quiet = mark.quiet.saturating_add(quiet);
        // It may have come before its sender knew its id.
        let message = self.hashes.hash_one(message_id);
        let mut late = 0;
        for entries in self.entries.iter_mut().filter(|(key, _)| key.0 == message).map(|(_, entries)| entries) {
            for entry in entries.iter_mut().filter(|entry| !entry.shown) {
                late += u32::from(mark.quiet > late);
                entry.shown |= late > 0;
            }
        }
        mark.quiet -= late;
    }

    /// Takes a sighting.
    pub fn take(&mut self, mut sighting: Delivery) -> Told {
        let witness = sighting.witnesses.first().copied().unwrap_or(Witness::Sender);
        let key = self.key(&sighting);
        self.dress(&mut sighting);
        let entries = self.entries.entry(key).or_insert_with(|| Vec::with_capacity(1));
        match entries.iter_mut().find(|entry| !entry.witnesses.contains(&witness)) {
            Some(entry) => {
                if witness == Witness::Agent {
                    self.told_by_others = self.told_by_others.saturating_sub(1);
                }
                self.told_by_others += u64::from(std::mem::take(&mut entry.forgotten));
                entry.witnesses.push(witness);
                let merged = merge(entry.delivery.as_deref(), &entry.id, sighting);
                self.settle(&key, merged)
            }
            None => {
                self.told_by_others += u64::from(witness != Witness::Agent);
                entries.push(Entry::of(&sighting, witness));
                self.order.push_back(key);
                self.settle(&key, sighting)
            }
        }
    }

    /// Takes what a witness says further of a delivery that it told of before, by the id that it was given.
    pub fn take_more(&mut self, id: &Id, mut sighting: Delivery) -> Told {
        let key = self.key(&sighting);
        self.dress(&mut sighting);
        let known = self.entries.get(&key).and_then(|entries| entries.iter().find(|entry| entry.id == *id));
        let merged = merge(known.and_then(|entry| entry.delivery.as_deref()), id, sighting);
        self.settle(&key, merged)
    }

    /// The agent has forgotten one that it had no answer of: others tell of it, or nobody does.
    pub fn forgot(&mut self, id: &Id) {
        let Some(entry) = self.entries.values_mut().flatten().find(|entry| entry.id == *id) else { return };
        let told = entry.witnesses.iter().any(|witness| *witness != Witness::Agent);
        self.told_by_others += u64::from(told);
        entry.forgotten = !told;
    }

    fn key(&self, delivery: &Delivery) -> Key {
        let message = delivery.message_id.as_deref().unwrap_or_default();
        let request = (&delivery.request.method, &delivery.request.target, delivery.request.signature());
        (self.hashes.hash_one(message), self.hashes.hash_one(request))
    }

    /// Whom it belongs to, and only what may be kept of it.
    fn dress(&self, sighting: &mut Delivery) {
        sighting.set_up.clone_from(&self.set_up);
        if let Some(mark) = sighting.message_id.as_ref().and_then(|id| self.marks.get(id)) {
            // A replay of a test is a replay.
            if sighting.origin != Origin::Replay {
                sighting.origin = mark.origin;
            }
        }
        sighting.leave_what_may_be_kept(self.path.as_deref());
    }

    fn settle(&mut self, key: &Key, delivery: Delivery) -> Told {
        let delivery = Arc::new(delivery);
        let mut show = false;
        if let Some(entry) =
            self.entries.get_mut(key).and_then(|entries| entries.iter_mut().find(|entry| entry.id == delivery.id))
        {
            let quiet =
                delivery.message_id.as_ref().and_then(|id| self.marks.get_mut(id)).filter(|mark| mark.quiet > 0);
            if let (false, Some(mark)) = (entry.shown, quiet) {
                mark.quiet -= 1;
                entry.shown = true;
            }
            show = !entry.shown && delivery.answer.is_some();
            entry.shown |= show;
            self.held -= entry.delivery.as_ref().map_or(0, |held| held.weight());
            self.held += delivery.weight();
            entry.delivery = Some(Arc::clone(&delivery));
        }
        self.shown += u64::from(show);
        self.make_room();
        Told { delivery, show }
    }

    fn make_room(&mut self) {
        while self.order.len() > REMEMBERED
            && let Some(key) = self.order.pop_front()
            && let Some(entries) = self.entries.get_mut(&key)
        {
            let oldest = entries.remove(0);
            self.held -= oldest.delivery.map_or(0, |held| held.weight());
            if entries.is_empty() {
                self.entries.remove(&key);
            }
        }
        if self.held > HELD {
            for entry in self.entries.values_mut().flatten() {
                entry.delivery = None;
            }
            self.held = 0;
        }
        if self.marks.len() > REMEMBERED {
            self.marks.clear();
        }
    }
}

impl Entry {
    fn of(sighting: &Delivery, witness: Witness) -> Self {
        let message = sighting.message_id.as_deref().map(Box::from);
        let id = sighting.id.clone();
        Self { id, message, witnesses: vec![witness], shown: false, forgotten: false, delivery: None }
    }
}

/// The newer word on a delivery under its first id, with what was known before.
fn merge(known: Option<&Delivery>, id: &Id, sighting: Delivery) -> Delivery {
    match known {
        Some(known) => {
            let mut merged = known.clone();
            merged.also_seen(&sighting);
            // That it was sent again the agent alone knows, that it was refused the gateway.
            let refused = sighting.witnesses == [Witness::Gateway] && sighting.origin != Origin::Clerk;
            if sighting.origin == Origin::Replay || refused {
                merged.origin = sighting.origin;
            }
            merged
        }
        None => Delivery { id: id.clone(), ..sighting },
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::delivery::{Answer, Request};

    fn sighting(witness: Witness, message: &str, answered: bool) -> Delivery {
        let headers = vec![("svix-id".to_owned(), message.to_owned()), ("Cookie".to_owned(), "a=b".to_owned())];
        let request =
            Request { method: "POST".into(), target: "/x".into(), headers, body: b"{}".to_vec(), truncated: false };
        let answer = answered.then(|| Answer { status: 200, ..Answer::default() });
        Delivery { answer, ..Delivery::new(Timestamp::now(), witness, request) }
    }

    fn ledger() -> Ledger {
        Ledger::of(Some("here".into()), Some("/x".into()))
    }

    #[test]
    fn two_witnesses_make_one_delivery_whoever_is_faster() {
        let mut seen = ledger();
        let first = seen.take(sighting(Witness::Sample, "msg_1", true));
        let second = seen.take(sighting(Witness::Agent, "msg_1", true));
        assert_eq!((first.show, second.show), (true, false));
        assert_eq!(first.delivery.id, second.delivery.id);
        assert_eq!(second.delivery.witnesses, [Witness::Agent, Witness::Sample]);
        assert!(seen.take(sighting(Witness::Agent, "msg_2", true)).show);
        assert!(!seen.take(sighting(Witness::Sample, "msg_2", true)).show);
        assert_eq!(seen.shown(), 2);
    }

    #[test]
    fn a_message_delivered_twice_is_shown_twice() {
        let mut seen = ledger();
        let shown: Vec<bool> = [Witness::Agent, Witness::Agent, Witness::Sample, Witness::Sample, Witness::Sample]
            .map(|witness| seen.take(sighting(witness, "msg_1", true)).show)
            .into();
        assert_eq!(shown, [true, true, false, false, true]);
    }

    #[test]
    fn what_is_open_is_kept_and_shown_once_it_is_answered() {
        let mut seen = ledger();
        let open = seen.take(sighting(Witness::Agent, "msg_1", false));
        assert!(!open.show);
        let told = seen.take(sighting(Witness::Sample, "msg_1", true));
        assert_eq!((told.show, &told.delivery.id), (true, &open.delivery.id));
        let over = seen.take_more(&open.delivery.id, sighting(Witness::Agent, "msg_1", true));
        assert_eq!((over.show, &over.delivery.id), (false, &open.delivery.id));
    }

    #[test]
    fn what_a_proof_told_of_is_kept_and_not_shown() {
        let mut seen = ledger();
        seen.expect("msg_1", Origin::Test, 1);
        let proven = seen.take(sighting(Witness::Agent, "msg_1", true));
        assert_eq!((proven.show, proven.delivery.origin), (false, Origin::Test));
        assert!(seen.take(sighting(Witness::Agent, "msg_1", true)).show, "Svix sent it again");
        let early = seen.take(sighting(Witness::Agent, "msg_2", false));
        seen.expect("msg_2", Origin::Test, 1);
        assert!(!seen.take_more(&early.delivery.id, sighting(Witness::Agent, "msg_2", true)).show);
    }

    #[test]
    fn of_a_browser_only_a_line_is_kept_and_of_nobody_the_cookies() {
        let mut seen = ledger();
        let webhook = seen.take(sighting(Witness::Agent, "msg_1", true)).delivery;
        assert!(webhook.request.headers.iter().all(|(name, _)| name != "Cookie") && !webhook.request.body.is_empty());
        let mut visit = sighting(Witness::Agent, "", true);
        visit.message_id = None;
        visit.request.method = "GET".into();
        let visit = seen.take(visit).delivery;
        assert!(visit.request.headers.is_empty() && visit.request.body.is_empty() && visit.request.truncated);
        assert_eq!((visit.request.method.as_str(), visit.status()), ("GET", Some(200)));
    }

    #[test]
    fn memory_has_a_bound() {
        let mut seen = ledger();
        let mut large = sighting(Witness::Agent, "msg_1", true);
        large.request.body = vec![b' '; HELD / 2 + 1];
        for _ in 0..4 {
            seen.take(large.clone());
            assert!(seen.held <= HELD);
        }
        (0..REMEMBERED + 10).for_each(|number| drop(seen.take(sighting(Witness::Agent, &number.to_string(), true))));
        assert!(seen.order.len() <= REMEMBERED && seen.entries.len() <= REMEMBERED);
    }
}
