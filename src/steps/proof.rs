//! The test event and its proof: sent through Svix, seen at Svix and at the agent, judged hop by hop.

use std::cell::RefCell;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use super::Context;
use super::judgement::{Broken, Scene, Sightings, judge};
use crate::error::{Error, Result};
use crate::event::{Event, Hop, HopResult, Proof, Status, Step};
use crate::events;
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::signature::SigningSecret;
use crate::svix::{Endpoint, Outcome, Svix};

/// How long a capture may come after Svix says that the attempt is over.
const GRACE: Duration = Duration::from_millis(1500);

/// How many captured requests are looked through for the message.
const LOOKED_THROUGH: u16 = 100;

/// What is tested.
pub struct Trial<'a> {
    /// The session.
    pub svix: &'a Svix,
    /// The endpoint.
    pub endpoint: &'a Endpoint,
    /// The agent behind its URL.
    pub api: &'a AgentApi,
    /// The endpoint's secrets.
    pub secrets: &'a [SigningSecret],
    /// The app's address.
    pub upstream: String,
    /// The webhook path.
    pub path: &'a str,
    /// Which example to send.
    pub event: &'a str,
    /// How long to wait for the proof.
    pub timeout: Duration,
    /// The env file was just changed, so the app may not know the secret.
    pub secret_is_new: bool,
}

/// Refuses what Svix would accept and never deliver (Svix docs, send-example; seen in its server's source).
///
/// # Errors
/// `EndpointDisabled`, `EndpointFiltered`.
pub fn deliverable(endpoint: &Endpoint, event: &str) -> Result<()> {
    if endpoint.disabled {
        return Err(Error::EndpointDisabled { id: endpoint.id.clone() });
    }
    if !endpoint.lets_through(event) {
        let listens_to = endpoint.events.clone().unwrap_or_default().join(",");
        let known = events::types().contains(&event);
        let meant = events::nearest(event).filter(|_| !known).map(str::to_owned);
        return Err(Error::EndpointFiltered { id: endpoint.id.clone(), event: event.to_owned(), listens_to, meant });
    }
    Ok(())
}

/// Sends the example and follows it. The proof is told in any case.
///
/// # Errors
/// `NotDelivered` with the first hop that broke; those of sending.
pub async fn prove(context: &Context, trial: &Trial<'_>) -> Result<Proof> {
    let step = context.begin(Step::Test, format!("sending {}", trial.event));
    let started = Instant::now();
    let message_id = match send(context, trial).await {
        Ok(message_id) => message_id,
        Err(error) => return Err(step.fail(error)),
    };
    let accepted_ms = milliseconds(started);
    step.end(Status::Ok, format!("{} {message_id} accepted", trial.event));

    let step = context.begin(Step::Proof, format!("{} {message_id} accepted, waiting for its delivery", trial.event));
    let seen = match context.unless_interrupted(async { Ok(watch(trial, &message_id, started).await) }).await {
        Ok(seen) => seen,
        Err(error) => return Err(step.fail(error)),
    };
    let scene = Scene {
        secrets: trial.secrets,
        upstream: &trial.upstream,
        path: trial.path,
        accepted_ms,
        waited: trial.timeout.as_secs(),
    };
    let (hops, broken) = judge(&seen, &scene);
    let capture = seen.capture.map(|(capture, _)| capture);
    let proof = Proof {
        event: trial.event.to_owned(),
        message_id,
        hops,
        status_code: capture
            .as_ref()
            .and_then(|capture| capture.response.as_ref())
            .map(|response| response.status_code),
        duration_ms: capture.as_ref().and_then(Capture::duration_ms),
    };
    let result = match broken {
        None => {
            step.end(Status::Ok, words(&proof));
            Ok(proof.clone())
        }
        Some(broken) => Err(step.fail(not_delivered(trial, broken))),
    };
    context.ui.emit(&Event::Proof(proof));
    result
}

async fn send(context: &Context, trial: &Trial<'_>) -> Result<String> {
    deliverable(trial.endpoint, trial.event)?;
    context.unless_interrupted(trial.svix.send_example(&trial.endpoint.id, trial.event)).await
}

fn not_delivered(trial: &Trial<'_>, broken: Broken) -> Error {
    let Broken { hop, found, mut fix } = broken;
    if hop == Hop::App && trial.secret_is_new {
        fix = format!(
            "restart the app so that it loads the new signing secret, then run the same command again; else {fix}"
        );
    }
    Error::NotDelivered { event: trial.event.to_owned(), hop, found, fix }
}

/// `user.created msg_… → Clerk accepted → delivered → app answered 200 in 14 ms, signature valid`
fn words(proof: &Proof) -> String {
    let app = proof.hops.iter().find(|hop| hop.hop == Hop::App);
    let app = app.map(|hop: &HopResult| hop.detail.clone()).unwrap_or_default();
    format!("{} {} → Clerk accepted → delivered → app {app}, signature valid", proof.event, proof.message_id)
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Asks Svix and the agent at the same time, and ends as soon as both have said their last word.
async fn watch(trial: &Trial<'_>, message_id: &str, started: Instant) -> Sightings {
    let seen = RefCell::new(Sightings::default());
    let attempt_over = Notify::new();
    let answered = Notify::new();
    let both = async {
        tokio::join!(
            watch_attempts(trial, message_id, started, &seen, &answered, &attempt_over),
            watch_captures(trial, message_id, started, &seen, &answered)
        )
    };
    let no_capture_follows = async {
        attempt_over.notified().await;
        sleep(GRACE).await;
    };
    tokio::select! {
        _ = both => {}
        () = no_capture_follows => {}
        () = sleep(trial.timeout) => {}
    }
    seen.into_inner()
}

fn pauses(first_ms: u64, last_ms: u64) -> impl Iterator<Item = Duration> {
    let last = Duration::from_millis(last_ms);
    let backoff = ExponentialBuilder::default().with_min_delay(Duration::from_millis(first_ms)).with_max_delay(last);
    backoff.with_factor(1.6).without_max_times().build()
}

async fn watch_attempts(
    trial: &Trial<'_>,
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
                if seen.capture.as_ref().is_some_and(|(capture, _)| capture.is_over()) {
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
    trial: &Trial<'_>,
    message_id: &str,
    started: Instant,
    seen: &RefCell<Sightings>,
    answered: &Notify,
) {
    for pause in pauses(20, 400) {
        match trial.api.captures(LOOKED_THROUGH).await {
            Ok(captures) => {
                seen.borrow_mut().captures_fault = None;
                let first = captures.into_iter().rev().find(|capture| capture.message_id() == Some(message_id));
                if let Some(capture) = first {
                    let complete = capture.is_over();
                    seen.borrow_mut().capture = Some((capture, milliseconds(started)));
                    if complete {
                        answered.notify_one();
                        return;
                    }
                }
            }
            Err(error) => seen.borrow_mut().captures_fault = Some(error.to_string()),
        }
        sleep(pause).await;
    }
}
