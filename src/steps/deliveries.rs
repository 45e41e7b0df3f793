//! Deliveries while a set-up runs: seen by the agent and by the built-in app, shown once.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::error::Result;
use crate::event::{Delivery, Received};
use crate::ngrok::ONLINE_CHECK;
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::signature::SigningSecret;

/// How often the agent is asked; its API has no way to be told.
const EVERY: Duration = Duration::from_millis(250);

/// Asked for at each look, and when something may be behind them.
const FEW: u16 = 20;
const MANY: u16 = 500;

/// How long an unanswered request is looked for behind younger ones; Svix gives up sooner.
const AWAITED: SignedDuration = SignedDuration::from_secs(60);

/// How many ids are remembered before those that the agent no longer lists are forgotten.
const REMEMBERED: usize = 50_000;

/// What makes two sightings the same delivery: message id, method, path.
type Key = (String, String, String);

/// Merges the two witnesses. Each counts what it saw of a key; what one saw more often than was shown is new.
#[derive(Debug)]
pub struct Deliveries {
    since: Timestamp,
    secrets: Vec<SigningSecret>,
    captured: HashSet<String>,
    awaiting: bool,
    counts: HashMap<Key, Counts>,
    own: HashSet<String>,
    shown: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    agent: u32,
    receiver: u32,
    shown: u32,
}

impl Deliveries {
    /// Only what came after `since` counts, as a reused agent has a past. The agent's clock shows whole seconds (seen
    /// on 2.3.41), so what came in that second counts too.
    pub fn since(since: Timestamp, secrets: Vec<SigningSecret>) -> Self {
        let since = Timestamp::from_second(since.as_second()).unwrap_or(since);
        Self {
            since,
            secrets,
            captured: HashSet::new(),
            awaiting: false,
            counts: HashMap::new(),
            own: HashSet::new(),
            shown: 0,
        }
    }

    /// Marks a message whose proof was shown, so that its delivery is not shown again.
    pub fn already_shown(&mut self, message_id: &str, path: &str) {
        let key = (message_id.to_owned(), "POST".to_owned(), path.to_owned());
        self.counts.entry(key).or_default().shown += 1;
    }

    /// Leaves a message out, whatever its path: clerkhook forged it itself.
    pub fn is_our_own(&mut self, message_id: String) {
        self.own.insert(message_id);
    }

    /// Verifies with these from now on.
    pub fn verify_with(&mut self, secrets: Vec<SigningSecret>) {
        self.secrets = secrets;
    }

    /// How many were given out.
    pub fn count(&self) -> u64 {
        self.shown
    }

    /// What the agent saw and the app answered, oldest first; `captures` are newest first.
    pub fn from_agent(&mut self, captures: &[Capture]) -> Vec<Delivery> {
        let (answered, open): (Vec<&Capture>, Vec<&Capture>) =
            captures.iter().rev().partition(|capture| capture.is_over());
        let oldest_awaited = self.since.max(Timestamp::now() - AWAITED);
        self.awaiting = open.iter().any(|capture| capture.started() >= oldest_awaited);
        let mut new = Vec::new();
        for capture in answered {
            if capture.started() < self.since || self.captured.contains(&capture.id) {
                continue;
            }
            self.captured.insert(capture.id.clone());
            let delivery = capture.delivery(&self.secrets);
            if self.is_new(&delivery, |counts| &mut counts.agent) {
                new.push(delivery);
            }
        }
        new
    }

    /// What the built-in app received; `None` when the agent was faster, or when it is clerkhook's own check.
    pub fn from_receiver(&mut self, received: Received) -> Option<Delivery> {
        let Received { delivery, headers, .. } = received;
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(ONLINE_CHECK)) {
            return None;
        }
        self.is_new(&delivery, |counts| &mut counts.receiver).then_some(delivery)
    }

    fn is_new(&mut self, delivery: &Delivery, witness: impl Fn(&mut Counts) -> &mut u32) -> bool {
        let id = delivery.message_id.clone().unwrap_or_default();
        if self.own.contains(&id) {
            return false;
        }
        let counts = self.counts.entry((id, delivery.method.clone(), delivery.path.clone())).or_default();
        *witness(counts) += 1;
        let new = *witness(counts) > counts.shown;
        if new {
            counts.shown += 1;
            self.shown += 1;
        }
        new
    }

    /// Asks the agent for what is new.
    ///
    /// # Errors
    /// `AgentApi` when it cannot be asked.
    pub async fn ask(&mut self, api: &AgentApi) -> Result<Vec<Delivery>> {
        if self.captured.len() > REMEMBERED {
            let captures = api.captures(MANY).await?;
            self.forget_all_but(&captures);
            return Ok(self.from_agent(&captures));
        }
        let mut captures = api.captures(FEW).await?;
        if self.hides_more(&captures) {
            captures = api.captures(MANY).await?;
        }
        Ok(self.from_agent(&captures))
    }

    /// Whether older captures than these may be new: one that was open at the last look, or any when the oldest of
    /// these was not there then.
    fn hides_more(&self, captures: &[Capture]) -> bool {
        let reaches_back = |oldest: &Capture| self.captured.contains(&oldest.id) || oldest.started() < self.since;
        self.awaiting || captures.last().is_some_and(|oldest| !reaches_back(oldest))
    }

    /// Bounds the memory of a set-up that runs for weeks.
    fn forget_all_but(&mut self, captures: &[Capture]) {
        let listed: HashSet<&str> = captures.iter().map(|capture| capture.id.as_str()).collect();
        self.captured.retain(|id| listed.contains(id.as_str()));
        self.counts.clear();
    }
}

/// The rhythm of asking.
pub fn rhythm() -> Interval {
    let mut rhythm = interval(EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    rhythm
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Signature;

    fn capture(id: &str, message: &str, answered: bool) -> Capture {
        let response = answered.then(|| serde_json::json!({"status_code": 200}));
        serde_json::from_value(serde_json::json!({
            "id": id, "start": "2026-11-23T10:00:00Z", "duration": 1, "response": response,
            "request": {"method": "POST", "uri": "/x", "headers": {"Svix-Id": [message]}},
        }))
        .expect("the documented shape")
    }

    fn received(message: &str) -> Received {
        let delivery = Delivery {
            id: "1".into(),
            message_id: Some(message.into()),
            event: None,
            method: "POST".into(),
            path: "/x".into(),
            status_code: Some(200),
            duration_ms: Some(1),
            signature: Signature::Unchecked,
            reason: None,
            replay: false,
            received_at: "2026-11-23T10:00:00Z".into(),
        };
        Received { delivery, headers: Vec::new(), body: axum::body::Bytes::new() }
    }

    fn deliveries() -> Deliveries {
        Deliveries::since("2026-11-23T09:00:00Z".parse().expect("a time"), Vec::new())
    }

    #[test]
    fn two_witnesses_make_one_line_whoever_is_faster() {
        let mut seen = deliveries();
        assert!(seen.from_receiver(received("msg_1")).is_some());
        assert!(seen.from_agent(&[capture("a", "msg_1", true)]).is_empty());
        assert_eq!(seen.from_agent(&[capture("b", "msg_2", true), capture("a", "msg_1", true)]).len(), 1);
        assert!(seen.from_receiver(received("msg_2")).is_none());
        assert_eq!(seen.count(), 2);
    }

    #[test]
    fn an_online_check_is_no_delivery() {
        let mut check = received("msg_1");
        check.headers.push(("Clerkhook-Online-Check".into(), "1".into()));
        assert!(deliveries().from_receiver(check).is_none());
    }

    #[test]
    fn a_message_delivered_twice_is_shown_twice() {
        let mut seen = deliveries();
        assert_eq!(seen.from_agent(&[capture("a", "msg_1", true), capture("b", "msg_1", true)]).len(), 2);
        assert!(seen.from_receiver(received("msg_1")).is_none() && seen.from_receiver(received("msg_1")).is_none());
        assert!(seen.from_receiver(received("msg_1")).is_some());
    }

    #[test]
    fn whole_seconds_hide_nothing_and_keep_the_order() {
        let mut seen = Deliveries::since("2026-11-23T10:00:00.9Z".parse().expect("a time"), Vec::new());
        let new = seen.from_agent(&[capture("b", "msg_2", true), capture("a", "msg_1", true)]);
        assert_eq!(new.iter().map(|delivery| delivery.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_younger_ones_hide_is_looked_for() {
        let mut seen = deliveries();
        let now = |mut capture: Capture| {
            capture.start = Timestamp::now().to_string();
            capture
        };
        let (open, young) = (now(capture("a", "msg_1", false)), now(capture("b", "msg_2", true)));
        assert!(seen.hides_more(std::slice::from_ref(&young)), "nothing was seen yet");
        seen.from_agent(&[young.clone(), open]);
        assert!(seen.hides_more(std::slice::from_ref(&young)), "the open one is behind");
        seen.from_agent(&[young.clone(), now(capture("a", "msg_1", true))]);
        assert!(!seen.hides_more(std::slice::from_ref(&young)));
        let long_open = capture("c", "msg_3", false);
        seen.from_agent(&[young.clone(), long_open]);
        assert!(!seen.hides_more(std::slice::from_ref(&young)), "nobody waits for ever");
        let mut past = capture("d", "msg_4", true);
        past.start = "2026-11-23T08:00:00Z".into();
        assert!(!seen.hides_more(std::slice::from_ref(&past)), "from before the set-up");
    }

    #[test]
    fn what_is_unanswered_waits_and_what_is_old_or_proven_is_left_out() {
        let mut seen = deliveries();
        assert!(seen.from_agent(&[capture("a", "msg_1", false)]).is_empty());
        assert_eq!(seen.from_agent(&[capture("a", "msg_1", true)]).len(), 1);
        seen.already_shown("msg_2", "/x");
        assert!(seen.from_agent(&[capture("b", "msg_2", true)]).is_empty());
        assert_eq!(seen.from_agent(&[capture("c", "msg_2", true)]).len(), 1);
        seen.is_our_own("msg_4".to_owned());
        assert!(seen.from_agent(&[capture("e", "msg_4", true), capture("f", "msg_4", true)]).is_empty());
        let mut late = Deliveries::since("2026-11-23T11:00:00Z".parse().expect("a time"), Vec::new());
        assert!(late.from_agent(&[capture("d", "msg_3", true)]).is_empty());
    }
}
