//! One message under way: Svix's attempts and what the feed sees at the agent, looked at side by side.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use super::judgement::Sightings;
use super::proof::{Trial, milliseconds};
use crate::delivery::{Delivery, Signature, Witness};
use crate::signature::{SigningSecret, judge};
use crate::svix::Outcome;

/// How long a capture may come after Svix says that the attempt is over.
const GRACE: Duration = Duration::from_millis(1500);

/// How long Svix's own record of an attempt is waited for once the app's answer was seen at the agent, which proves more.
const RECORD: Duration = Duration::from_millis(20);

/// Asks Svix and the agent at the same time, and ends when the app's answer was seen at the agent, or when both have said
/// their last word.
pub async fn watch(trial: &Trial, message_id: &str, started: Instant, deadline: Instant) -> Sightings {
    let seen = RefCell::new(Sightings::default());
    let attempt_over = Notify::new();
    let (answered, complete) = (Notify::new(), Notify::new());
    let both = async {
        tokio::join!(
            watch_attempts(trial, message_id, started, &seen, &answered, &attempt_over),
            watch_captures(trial, message_id, started, &seen, [&answered, &complete])
        )
    };
    let proven = async {
        complete.notified().await;
        sleep(RECORD).await;
    };
    let no_capture_follows = async {
        attempt_over.notified().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        _ = both => {}
        () = proven => {}
        () = no_capture_follows => {}
        () = sleep_until(deadline) => {}
    }
    seen.into_inner()
}

/// Growing pauses between looks.
pub fn pauses(first_ms: u64, last_ms: u64) -> impl Iterator<Item = Duration> {
    let last = Duration::from_millis(last_ms);
    let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(first_ms)).with_max_delay(last);
    backoff.with_factor(1.6).without_max_times().build()
}

async fn watch_attempts(
    trial: &Trial,
    message_id: &str,
    started: Instant,
    seen: &RefCell<Sightings>,
    answered: &Notify,
    over: &Notify,
) {
    for pause in pauses(100, 2000) {
        match trial.svix.attempts(message_id, &trial.endpoint.id).await {
            Ok(attempts) => {
                // The first try decides: what Svix does later on its own is not what was asked.
                if let Some(first) = attempts.into_iter().next_back() {
                    let outcome = first.outcome();
                    seen.borrow_mut().attempt = Some((first, milliseconds(started)));
                    if outcome != Outcome::Pending {
                        over.notify_one();
                        return;
                    }
                }
            }
            Err(error) => {
                let mut seen = seen.borrow_mut();
                seen.attempts_fault = Some(error.to_string());
                // The agent has seen how the attempt ended; Svix need not tell it too.
                if seen.capture.as_ref().is_some_and(|(delivery, _)| delivery.answer.is_some()) {
                    return;
                }
            }
        }
        // The app's answer, seen at the agent, is the moment to ask again.
        tokio::select! {
            () = sleep(pause) => {}
            () = answered.notified() => {}
        }
    }
}

async fn watch_captures(
    trial: &Trial,
    message_id: &str,
    started: Instant,
    seen: &RefCell<Sightings>,
    answered: [&Notify; 2],
) {
    let message = message_id.to_owned();
    let watch = trial.feed.watch(move |delivery| delivery.message_id.as_ref() == Some(&message));
    let look = || ours(watch.seen(), &trial.secrets).map(|delivery| (delivery, milliseconds(started)));
    for pause in pauses(20, 400) {
        let asked = trial.feed.ask(&trial.api).await;
        seen.borrow_mut().captures_fault = asked.err().map(|error| error.to_string());
        if let Some((delivery, ms)) = look() {
            let (genuine, complete) = (is_genuine(&delivery, &trial.secrets), delivery.answer.is_some());
            seen.borrow_mut().capture = Some((delivery, ms));
            if complete && genuine {
                answered.into_iter().for_each(Notify::notify_one);
                return;
            }
            // What does not verify may be a twin's, and ours still to come; where Svix cannot say, not for ever.
            if complete && seen.borrow().attempts_fault.is_some() {
                sleep(GRACE).await;
                let _ = trial.feed.ask(&trial.api).await;
                seen.borrow_mut().capture = look();
                return;
            }
        }
        sleep(pause).await;
    }
}

/// The first delivery of a message that our secret verifies, else the first of it: a twin's has the same id.
fn ours(all: Vec<Arc<Delivery>>, secrets: &[SigningSecret]) -> Option<Arc<Delivery>> {
    let mut all: Vec<_> = all.into_iter().filter(|delivery| delivery.witnesses.contains(&Witness::Agent)).collect();
    let place = all.iter().position(|delivery| is_genuine(delivery, secrets)).unwrap_or(0);
    (place < all.len()).then(|| all.swap_remove(place))
}

fn is_genuine(delivery: &Delivery, secrets: &[SigningSecret]) -> bool {
    judge(secrets, &delivery.request, delivery.received_at.as_second()).signature != Signature::Invalid
}
