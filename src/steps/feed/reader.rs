//! What of an agent's captures is new: follows them by id, waits for those that are open, and doubts when it may have missed some.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::missing::Missing;
use crate::delivery::Id;
use crate::ngrok::api::is_check;
use crate::ngrok::capture::Capture;

/// How often the agent is asked; its API has no way to be told. Sooner for a while after something came.
const EVERY: Duration = Duration::from_millis(250);
const SOON: Duration = Duration::from_millis(100);
const LIVELY: Duration = Duration::from_secs(2);

/// How soon after a look another one is made when something was told; looks take half of the time at most.
const AT_ONCE: Duration = Duration::from_millis(20);

/// Asked for at each look, and when something may be behind them.
const LOOKS: [u16; 3] = [20, 500, 5000];

/// Where nothing has come for a while the newest alone tells that nothing has, but for one that began long ago and is whole
/// only now: for that all are looked at so often.
pub(super) const NEWEST: u16 = 1;
const THOROUGH: Duration = Duration::from_secs(2);

/// Agents of version 2 tell whole seconds, and order those of one second at random (seen on 2.3.41).
const SETTLED: SignedDuration = SignedDuration::from_secs(2);

/// How long an unanswered request is looked for behind younger ones; Svix gives up sooner.
const AWAITED: SignedDuration = SignedDuration::from_secs(60);

/// How long an unanswered request has the agent asked sooner; then it is a stream or a hung app.
const ANSWERED_SOON: SignedDuration = SignedDuration::from_secs(15);

/// How many of these are asked for one by one.
const ONE_BY_ONE: usize = 16;

/// How many ids of captures are remembered before those that the agent no longer lists are forgotten.
const REMEMBERED: usize = 50_000;

/// What is known of a capture that is open.
#[derive(Debug)]
struct Open {
    id: Id,
    since: Timestamp,
}

/// Follows one agent.
#[derive(Debug)]
pub(super) struct Reader {
    since: Timestamp,
    /// Captures whose answer is known.
    over: HashSet<String>,
    /// Captures without an answer yet.
    open: HashMap<String, Open>,
    pub(super) missing: Missing,
    looked: bool,
    /// When the agent was asked last, whether it answered, and how long that took.
    asked: Instant,
    answers: bool,
    took: Duration,
    /// When the agent is asked next, until when sooner, and when all are looked at again.
    pub(super) next: Instant,
    lively_until: Instant,
    thorough_at: Instant,
}

/// What was read at one look.
pub(super) struct Looked {
    /// Newest first, without clerkhook's own checks.
    pub(super) captures: Vec<Capture>,
    /// With those.
    count: usize,
    /// Older ones may be new.
    hidden: bool,
}

impl Reader {
    /// Only what came after `since` counts, as a reused agent has a past. The agent's clock shows whole seconds (seen on
    /// 2.3.41), so what came in that second counts too.
    pub(super) fn since(since: Timestamp) -> Self {
        let now = Instant::now();
        Self {
            since: Timestamp::from_second(since.as_second()).unwrap_or(since),
            over: HashSet::new(),
            open: HashMap::new(),
            missing: Missing::default(),
            looked: false,
            asked: now,
            answers: true,
            took: Duration::ZERO,
            next: now,
            lively_until: now,
            thorough_at: now,
        }
    }

    /// Another agent holds the tunnel now.
    pub(super) fn follow_another(&mut self) {
        self.open.clear();
        self.over.clear();
        self.missing.begin(Some(0));
        self.looked = false;
        self.thorough_at = Instant::now();
    }

    /// Something was told of which the agent may know more: it is asked at once, but for one that does not answer.
    pub(super) fn call(&mut self) {
        if self.answers {
            self.next = self.next.min(self.asked + AT_ONCE.max(2 * self.took));
        }
    }

    /// The agent was asked; whether it answered.
    pub(super) fn ended(&mut self, answers: bool) {
        (self.answers, self.took) = (answers, self.asked.elapsed());
    }

    /// With how many captures a look begins.
    pub(super) fn begin_look(&mut self) -> u16 {
        let now = Instant::now();
        self.asked = now;
        self.next = now + if now < self.lively_until { SOON } else { EVERY };
        if now >= self.lively_until && now < self.thorough_at {
            return NEWEST;
        }
        self.thorough_at = now + THOROUGH;
        LOOKS[0]
    }

    /// Whether nothing came, by the newest capture alone.
    pub(super) fn is_still(&self, newest: &[Capture]) -> bool {
        let settled = Timestamp::now().checked_sub(SETTLED).unwrap_or_default();
        newest.first().is_none_or(|newest| !self.wants(newest) && newest.started() < settled)
    }

    /// How many are to be asked for next, where a listing of `limit` did not tell of all that is new.
    pub(super) fn deeper(&self, limit: u16, looked: &Looked) -> Option<u16> {
        // An agent that has fewer than were asked for has told of all.
        let all = looked.count < usize::from(limit);
        let enough = !looked.hidden && self.unlisted(&looked.captures).len() <= ONE_BY_ONE;
        LOOKS.into_iter().find(|more| *more > limit).filter(|_| limit == NEWEST || !all && !enough)
    }

    /// What a listing tells. Clerkhook's own checks are no deliveries, but the agent counts them as served.
    pub(super) fn read(&mut self, all: Vec<Capture>) -> Looked {
        let count = all.len();
        let (checks, captures): (Vec<_>, Vec<_>) = all.into_iter().partition(is_check);
        let ours = checks.into_iter().filter(|check| check.started() >= self.since);
        self.over.extend(ours.map(|check| check.id));
        let hidden = self.hides_more(&captures);
        Looked { captures, count, hidden }
    }

    /// Those that were open at the last look and are not among these, as far as anybody waits for them; at most so many as
    /// are asked for one by one, and one.
    pub(super) fn unlisted(&self, captures: &[Capture]) -> Vec<String> {
        let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        let oldest = Timestamp::now().checked_sub(AWAITED).unwrap_or(self.since);
        let awaited = self.open.iter().filter(|(id, open)| !listed.contains(id.as_str()) && open.since >= oldest);
        awaited.map(|(id, _)| id.clone()).take(ONE_BY_ONE + 1).collect()
    }

    /// The agent has forgotten it before it was answered. Gives the id that it got.
    pub(super) fn forget(&mut self, capture: &str) -> Option<Id> {
        let open = self.open.remove(capture)?;
        self.missing.suspect(Instant::now());
        Some(open.id)
    }

    /// Whether a capture is to be taken now: it is new, or its answer is.
    pub(super) fn wants(&self, capture: &Capture) -> bool {
        let past = capture.started() < self.since || self.over.contains(&capture.id);
        !past && (capture.is_over() || !self.open.contains_key(&capture.id))
    }

    /// The id that a capture got when it was seen open.
    pub(super) fn id_of(&self, capture: &Capture) -> Option<Id> {
        self.open.get(&capture.id).map(|open| open.id.clone())
    }

    /// A capture was taken.
    pub(super) fn took(&mut self, capture: &Capture, id: &Id) {
        if capture.is_over() {
            self.over.insert(capture.id.clone());
            self.open.remove(&capture.id);
        } else {
            self.open.insert(capture.id.clone(), Open { id: id.clone(), since: capture.started() });
        }
        self.be_lively();
    }

    /// A look is over.
    pub(super) fn end_look(&mut self, looked: &Looked) {
        if looked.hidden && self.looked {
            self.missing.suspect(Instant::now());
        }
        self.looked = true;
        let young = Timestamp::now().checked_sub(ANSWERED_SOON).unwrap_or(self.since);
        if self.open.values().any(|open| open.since >= young) {
            self.be_lively();
        }
    }

    fn be_lively(&mut self) {
        let now = Instant::now();
        self.lively_until = now + LIVELY;
        self.next = self.next.min(now + SOON);
    }

    /// Whether captures older than these may be new: the oldest of these was not there at the last look.
    fn hides_more(&self, captures: &[Capture]) -> bool {
        let reaches_back = |oldest: &Capture| {
            self.over.contains(&oldest.id) || self.open.contains_key(&oldest.id) || oldest.started() < self.since
        };
        captures.last().is_some_and(|oldest| !reaches_back(oldest))
    }

    /// How many captures are known.
    fn seen(&self) -> u64 {
        u64::try_from(self.over.len() + self.open.len()).unwrap_or(u64::MAX)
    }

    /// How many of those that the agent had `served` at this look nobody told of.
    pub(super) fn count_missed(&mut self, served: Option<u64>, told_by_others: u64) -> u64 {
        let seen = self.seen().saturating_add(told_by_others);
        self.missing.count(self.asked, served, seen)
    }

    /// Whether the memory of a set-up that runs for weeks is to be bounded now.
    pub(super) fn remembers_much(&self) -> bool {
        self.over.len() > REMEMBERED
    }

    /// Forgets what the agent has forgotten. Gives the ids that open ones got.
    pub(super) fn forget_all_but(&mut self, captures: &[Capture]) -> Vec<Id> {
        let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        let before = self.over.len();
        self.over.retain(|id| listed.contains(id.as_str()));
        let forgotten = u64::try_from(before - self.over.len()).unwrap_or(0);
        self.missing.forgot(forgotten);
        let gone: Vec<_> = self.open.keys().filter(|id| !listed.contains(id.as_str())).cloned().collect();
        gone.iter().filter_map(|capture| self.forget(capture)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(id: &str, start: Timestamp, answered: bool) -> Capture {
        let response = answered.then(|| serde_json::json!({"status_code": 200}));
        serde_json::from_value(serde_json::json!({
            "id": id, "start": start.to_string(), "duration": 1, "response": response,
            "request": {"method": "POST", "uri": "/x", "headers": {"Svix-Id": ["msg_1"]}},
        }))
        .expect("the documented shape")
    }

    fn take(reader: &mut Reader, captures: Vec<Capture>) {
        let looked = reader.read(captures);
        let id = Id::at(Timestamp::now());
        looked.captures.iter().for_each(|capture| reader.took(capture, &id));
        reader.end_look(&looked);
    }

    fn nothing() -> Looked {
        Looked { captures: Vec::new(), count: 0, hidden: false }
    }

    #[tokio::test]
    async fn what_younger_ones_hide_is_looked_for() {
        let now = Timestamp::now();
        let mut reader = Reader::since(now - SignedDuration::from_secs(10));
        let (open, young) = (capture("a", now, false), capture("b", now, true));
        let limit = |reader: &mut Reader, captures: Vec<Capture>| {
            let looked = reader.read(captures);
            reader.deeper(1, &looked).map(|_| reader.deeper(20, &Looked { count: 20, ..looked }))
        };
        assert_eq!(limit(&mut reader, vec![young.clone()]), Some(Some(500)), "nothing was seen yet");
        take(&mut reader, vec![young.clone(), open]);
        assert_eq!(limit(&mut reader, vec![young.clone()]), Some(None), "one that is open is asked for by its id");
        assert_eq!(reader.unlisted(std::slice::from_ref(&young)), ["a"]);
        take(&mut reader, vec![young.clone(), capture("a", now, true)]);
        assert!(reader.unlisted(&[young]).is_empty());
        let past = capture("d", now - SignedDuration::from_secs(60), true);
        assert_eq!(limit(&mut reader, vec![past]), Some(None), "from before the set-up");
    }

    #[tokio::test]
    async fn where_nothing_comes_the_newest_is_enough() {
        let now = Timestamp::now();
        let mut reader = Reader::since(now - SignedDuration::from_secs(60));
        assert_eq!(reader.begin_look(), LOOKS[0]);
        let (old, fresh) = (capture("a", now - SignedDuration::from_secs(30), true), capture("b", now, true));
        take(&mut reader, vec![old.clone()]);
        assert!(reader.is_still(&[]) && reader.is_still(std::slice::from_ref(&old)));
        assert!(!reader.is_still(std::slice::from_ref(&fresh)), "it is new");
        take(&mut reader, vec![fresh.clone()]);
        assert!(!reader.is_still(&[fresh]), "another one of that second may be listed behind it");
    }

    #[tokio::test]
    async fn a_stream_without_an_end_does_not_keep_the_agent_busy() {
        let now = Timestamp::now();
        let mut reader = Reader::since(now - SignedDuration::from_secs(60));
        reader.begin_look();
        reader.took(&capture("a", now - SignedDuration::from_secs(30), false), &Id::at(now));
        reader.lively_until = Instant::now();
        reader.end_look(&nothing());
        assert!(reader.lively_until <= Instant::now());
        reader.took(&capture("b", now, false), &Id::at(now));
        reader.lively_until = Instant::now();
        reader.end_look(&nothing());
        assert!(reader.lively_until > Instant::now(), "an answer is waited for");
    }

    #[tokio::test]
    async fn who_was_told_asks_an_agent_that_answers_at_once() {
        let mut reader = Reader::since(Timestamp::now());
        reader.begin_look();
        let (begun, usual) = (reader.asked, reader.next);
        reader.ended(false);
        reader.call();
        assert_eq!(reader.next, usual, "it may be gone");
        reader.ended(true);
        reader.took = Duration::from_millis(1);
        (0..9).for_each(|_| reader.call());
        assert_eq!(reader.next, begun + AT_ONCE, "one look for all");
        reader.begin_look();
        assert!(reader.next >= reader.asked + SOON, "and then as usual");
    }
}
