//! The one reader of an agent: follows what it captures by id, waits for open requests, counts what it must have missed;
//! the built-in app tells it too. Each delivery is given out once and kept.

mod ledger;
mod missing;

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep_until};

pub use ledger::{Ledger, Told};
use missing::Missing;

use crate::delivery::{Delivery, Id, Origin};
use crate::error::Result;
use crate::history::Keeper;
use crate::ngrok::api::{AgentApi, is_check};
use crate::ngrok::capture::Capture;
use crate::signature::SigningSecret;

/// How often the agent is asked; its API has no way to be told. Sooner for a while after something came.
const EVERY: Duration = Duration::from_millis(250);
const SOON: Duration = Duration::from_millis(100);
const LIVELY: Duration = Duration::from_secs(2);

/// Asked for at each look, and when something may be behind them.
const LOOKS: [u16; 3] = [20, 500, 5000];

/// How long an unanswered request is looked for behind younger ones; Svix gives up sooner.
const AWAITED: SignedDuration = SignedDuration::from_secs(60);

/// How many ids of captures are remembered before those that the agent no longer lists are forgotten.
const REMEMBERED: usize = 50_000;

/// What a look brought.
#[derive(Debug, Default)]
pub struct News {
    /// To be shown, oldest first.
    pub deliveries: Vec<std::sync::Arc<Delivery>>,
    /// How many came and went unseen since the last look.
    pub missed: u64,
}

/// Follows one set-up.
#[derive(Debug)]
pub struct Feed {
    since: Timestamp,
    secrets: Vec<SigningSecret>,
    ledger: Ledger,
    keeper: Keeper,
    /// Captures whose answer is known.
    over: HashSet<String>,
    /// Captures without an answer yet, and the ids that they got.
    open: HashMap<String, Id>,
    missing: Missing,
    looked: bool,
    /// When the agent is asked next, and until when sooner.
    next: Instant,
    lively_until: Instant,
}

impl Feed {
    /// Only what came after `since` counts, as a reused agent has a past. The agent's clock shows whole seconds (seen
    /// on 2.3.41), so what came in that second counts too.
    pub fn since(since: Timestamp, ledger: Ledger, keeper: Keeper) -> Self {
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        let now = Instant::now();
        Self {
            since,
            secrets: Vec::new(),
            ledger,
            keeper,
            over: HashSet::new(),
            open: HashMap::new(),
            missing: Missing::default(),
            looked: false,
            next: now,
            lively_until: now,
        }
    }

    /// Verifies with these from now on.
    pub fn verify_with(&mut self, secrets: Vec<SigningSecret>) {
        self.secrets = secrets;
    }

    /// A message that clerkhook caused; `quiet` of its deliveries are told by something else.
    pub fn expect(&mut self, message_id: &str, origin: Origin, quiet: u32) {
        self.ledger.expect(message_id, origin, quiet);
    }

    /// How many were given out, and how many were missed.
    pub fn counts(&self) -> (u64, u64) {
        (self.ledger.shown(), self.missing.total())
    }

    /// Resolves when the agent is to be asked.
    pub async fn due(&self) {
        sleep_until(self.next).await;
    }

    /// Another agent holds the tunnel now: its captures have ids of their own, and its counters begin anew.
    pub fn follow_another(&mut self) {
        self.open.clear();
        self.over.clear();
        self.ledger.follow_another();
        self.missing.begin(Some(0));
        self.looked = false;
    }

    /// The built-in app has something to tell, which waits for the agent's word.
    pub fn stirs(&mut self) {
        self.missing.told(Instant::now());
    }

    /// What the built-in app or the gateway saw.
    pub fn told(&mut self, sighting: Delivery) -> Option<std::sync::Arc<Delivery>> {
        self.missing.told(Instant::now());
        let told = self.ledger.take(sighting);
        self.keeper.keep(&told.delivery);
        told.show.then_some(told.delivery)
    }

    /// Asks the agent for what is new.
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked.
    pub async fn look(&mut self, api: &AgentApi) -> Result<News> {
        self.next = Instant::now() + if Instant::now() < self.lively_until { SOON } else { EVERY };
        let begun = Instant::now();
        let served = if self.missing.wants_served() { api.served().await } else { None };
        let mut captures = Vec::new();
        let mut hidden = false;
        for limit in LOOKS {
            // They are large: none are held beside those that are asked for.
            drop(captures);
            let all = api.all_captures(limit).await?;
            let told_of_all = all.len() < usize::from(limit);
            captures = self.without_checks(all);
            hidden = self.hides_more(&captures);
            // An agent that has fewer than were asked for has told of all.
            if told_of_all {
                // What it forgot is never answered here.
                let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
                self.open.retain(|id, _| listed.contains(id.as_str()));
            }
            if !hidden || told_of_all {
                break;
            }
        }
        if self.over.len() > REMEMBERED {
            captures = api.all_captures(LOOKS[LOOKS.len() - 1]).await?;
            self.forget_all_but(&captures);
            captures = self.without_checks(captures);
        }
        let deliveries = self.take(&captures);
        if hidden && self.looked {
            self.missing.suspect(Instant::now());
        }
        let missed = self.missing.count(begun, served, self.seen());
        self.looked = true;
        if !deliveries.is_empty() || !self.open.is_empty() {
            self.lively_until = Instant::now() + LIVELY;
            self.next = self.next.min(Instant::now() + SOON);
        }
        Ok(News { deliveries, missed })
    }

    /// Notes what the agent had served before the set-up began.
    pub async fn begin(&mut self, api: &AgentApi) {
        self.missing.begin(api.served().await);
    }

    /// Nothing more is told of what came until now: what is missing at the next look stays missing.
    pub fn expect_no_more(&mut self) {
        self.missing.expect_no_more();
    }

    /// Writes what is still to be kept; gives how many the disk was too slow for.
    pub fn finish(self) -> u64 {
        self.keeper.finish()
    }

    /// Clerkhook's own checks are no deliveries, but the agent counts them as served.
    fn without_checks(&mut self, all: Vec<Capture>) -> Vec<Capture> {
        let (checks, captures): (Vec<_>, Vec<_>) = all.into_iter().partition(is_check);
        let ours = checks.into_iter().filter(|check| check.started() >= self.since);
        self.over.extend(ours.map(|check| check.id));
        captures
    }

    /// What the agent captured and the app answered, oldest first; `captures` are newest first.
    fn take(&mut self, captures: &[Capture]) -> Vec<std::sync::Arc<Delivery>> {
        let mut new = Vec::new();
        for capture in captures.iter().rev() {
            if capture.started() < self.since || self.over.contains(&capture.id) {
                continue;
            }
            let known = self.open.get(&capture.id).cloned();
            if !capture.is_over() && known.is_some() {
                continue;
            }
            let sighting = capture.sighting(&self.secrets);
            let told = match &known {
                Some(id) => self.ledger.take_more(id, sighting),
                None => self.ledger.take(sighting),
            };
            if capture.is_over() {
                self.over.insert(capture.id.clone());
                self.open.remove(&capture.id);
            } else {
                self.open.insert(capture.id.clone(), told.delivery.id.clone());
            }
            self.keeper.keep(&told.delivery);
            new.extend(told.show.then_some(told.delivery));
        }
        new
    }

    /// Whether older captures than these may be new: one that was open at the last look, or any when the oldest of
    /// these was not there then.
    fn hides_more(&self, captures: &[Capture]) -> bool {
        let oldest_awaited = self.since.max(Timestamp::now().checked_sub(AWAITED).unwrap_or(self.since));
        let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        let oldest = captures.last();
        let awaiting = self.open.keys().any(|id| !listed.contains(id.as_str()))
            && oldest.is_some_and(|oldest| oldest.started() >= oldest_awaited);
        let reaches_back = |oldest: &Capture| self.over.contains(&oldest.id) || oldest.started() < self.since;
        awaiting || oldest.is_some_and(|oldest| !reaches_back(oldest))
    }

    /// How many of those that the agent served somebody told of.
    fn seen(&self) -> u64 {
        let agents = u64::try_from(self.over.len() + self.open.len()).unwrap_or(u64::MAX);
        agents.saturating_add(self.ledger.told_by_others())
    }

    /// Bounds the memory of a set-up that runs for weeks.
    fn forget_all_but(&mut self, captures: &[Capture]) {
        let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        let before = self.over.len();
        self.over.retain(|id| listed.contains(id.as_str()));
        let forgotten = u64::try_from(before - self.over.len()).unwrap_or(0);
        self.missing.forgot(forgotten);
        self.open.retain(|id, _| listed.contains(id.as_str()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capture(id: &str, message: &str, answered: bool) -> Capture {
        let response = answered.then(|| serde_json::json!({"status_code": 200}));
        serde_json::from_value(serde_json::json!({
            "id": id, "start": "2026-11-23T10:00:00Z", "duration": 1, "response": response,
            "request": {"method": "POST", "uri": "/x", "headers": {"Svix-Id": [message]}},
        }))
        .expect("the documented shape")
    }

    fn feed_since(time: &str) -> Feed {
        Feed::since(time.parse().expect("a time"), Ledger::of(None, Some("/x".into())), Keeper::none())
    }

    fn feed() -> Feed {
        feed_since("2026-11-23T09:00:00Z")
    }

    fn messages(new: &[std::sync::Arc<Delivery>]) -> Vec<&str> {
        new.iter().filter_map(|delivery| delivery.message_id.as_deref()).collect()
    }

    #[tokio::test]
    async fn whole_seconds_hide_nothing_and_keep_the_order() {
        let mut seen = feed_since("2026-11-23T10:00:00.9Z");
        let new = seen.take(&[capture("b", "msg_2", true), capture("a", "msg_1", true)]);
        assert_eq!(messages(&new), ["msg_1", "msg_2"]);
        assert!(seen.take(&[capture("a", "msg_1", true), capture("b", "msg_2", true)]).is_empty(), "in any order");
    }

    #[tokio::test]
    async fn what_younger_ones_hide_is_looked_for() {
        let mut seen = feed();
        let now = |mut capture: Capture| {
            capture.start = Timestamp::now().to_string();
            capture
        };
        let (open, young) = (now(capture("a", "msg_1", false)), now(capture("b", "msg_2", true)));
        assert!(seen.hides_more(std::slice::from_ref(&young)), "nothing was seen yet");
        seen.take(&[young.clone(), open]);
        assert!(seen.hides_more(std::slice::from_ref(&young)), "the open one is behind");
        seen.take(&[young.clone(), now(capture("a", "msg_1", true))]);
        assert!(!seen.hides_more(std::slice::from_ref(&young)));
        let mut past = capture("d", "msg_4", true);
        past.start = "2026-11-23T08:00:00Z".into();
        assert!(!seen.hides_more(std::slice::from_ref(&past)), "from before the set-up");
    }

    #[tokio::test]
    async fn what_is_unanswered_waits_and_what_is_old_or_proven_is_left_out() {
        let mut seen = feed();
        assert!(seen.take(&[capture("a", "msg_1", false)]).is_empty());
        assert_eq!(seen.take(&[capture("a", "msg_1", true)]).len(), 1);
        seen.expect("msg_2", Origin::Test, 1);
        assert!(seen.take(&[capture("b", "msg_2", true)]).is_empty());
        assert_eq!(seen.take(&[capture("c", "msg_2", true)]).len(), 1);
        assert!(feed_since("2026-11-23T11:00:00Z").take(&[capture("d", "msg_3", true)]).is_empty());
        assert_eq!(seen.counts(), (2, 0));
    }
}
