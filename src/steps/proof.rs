//! An event and its proof: sent through Svix or made at Clerk, seen at Svix and at the agent, judged hop by hop.

use std::time::Duration;

use tokio::time::Instant;

use super::answered::answered;
use super::arrival::{Sought, find};
use super::feed::Feed;
use super::judgement::{Broken, Scene, Sightings, judge};
use super::watch::watch;
use super::{Begun, Context};
use crate::catalogue;
use crate::config::Upstream;
use crate::delivery::Origin;
use crate::error::{Error, Result};
use crate::handler::{Diagnosis, stand_in};
use crate::http::{Certificates, is_loopback};
use crate::ngrok::api::AgentApi;
use crate::report::{Hop, HopResult, Proof, Report, Status, Step};
use crate::signature::SigningSecret;
use crate::svix::{Endpoint, Svix};

/// What is tested. It stands by itself, so that it can go on beside other things.
#[derive(Clone)]
pub struct Trial {
    /// The session.
    pub svix: Svix,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The agent behind its URL.
    pub api: AgentApi,
    /// What follows that agent.
    pub feed: Feed,
    /// The tunnel's URL.
    pub public_url: String,
    /// The endpoint's secrets.
    pub secrets: Vec<SigningSecret>,
    /// Endpoints of others with the same URL.
    pub twins: Vec<String>,
    /// The app's address.
    pub upstream: String,
    /// The webhook path.
    pub path: String,
    /// Which example to send.
    pub event: String,
    /// How long to wait for the proof.
    pub timeout: Duration,
    /// The command that tries it again.
    pub command: &'static str,
    /// The env file was just changed, so the app may not know the secret.
    pub secret_is_new: bool,
    /// It is tried again by itself when the app changes.
    pub stays: bool,
}

/// A message that Svix has taken, on its way.
struct Sent {
    message_id: String,
    /// Who had it taken.
    accepted: &'static str,
    /// When it was asked for, and until when its proof is waited for.
    started: Instant,
    deadline: Instant,
    accepted_ms: u64,
}

/// Refuses what Svix would accept and never deliver (Svix docs, send-example; seen in its server's source).
///
/// # Errors
/// `EndpointDisabled`, `EndpointFiltered` with every event that the filter keeps back.
pub fn deliverable(endpoint: &Endpoint, events: &[&str]) -> Result<()> {
    if endpoint.disabled {
        return Err(Error::EndpointDisabled { id: endpoint.id.clone() });
    }
    let kept_back: Vec<&str> = events.iter().copied().filter(|event| !endpoint.lets_through(event)).collect();
    let Some(first) = kept_back.first() else { return Ok(()) };
    let listens_to = endpoint.events.clone().unwrap_or_default().join(",");
    let known = catalogue::types().contains(first);
    let meant = catalogue::nearest(first).filter(|_| !known).map(str::to_owned);
    Err(Error::EndpointFiltered { id: endpoint.id.clone(), event: kept_back.join(","), listens_to, meant })
}

/// Sends the example and follows it. The proof is told in any case.
///
/// # Errors
/// `NotDelivered` with the first hop that broke; those of sending.
pub async fn prove(context: &Context, trial: &Trial) -> Result<Proof> {
    let step = context.begin(Step::Test, format!("sending {}", trial.event));
    let started = Instant::now();
    let message_id = match send(context, trial).await {
        Ok(message_id) => message_id,
        Err(error) => return Err(step.fail(error)),
    };
    // It is told by the proof, so its delivery need not be.
    trial.feed.expect(&message_id, Origin::Test, 1);
    // From here on the proof has a deadline of its own.
    context.http.end_by(None);
    let (accepted_ms, deadline) = (milliseconds(started), Instant::now() + trial.timeout);
    let sent = Sent { message_id, accepted: "Svix took the message", started, deadline, accepted_ms };
    follow(context, trial, sent, step).await
}

/// Finds the message of a real event that was made at Clerk at `started`, and follows it like an example's.
///
/// # Errors
/// `NotDelivered` with the first hop that broke: `accepted` when no message came.
pub async fn prove_real(context: &Context, trial: &Trial, sought: &Sought, started: Instant) -> Result<Proof> {
    let step = context.begin(Step::Test, format!("waiting for Clerk to send {}", trial.event));
    let deadline = started + trial.timeout;
    let found = match context.unless_interrupted(async { Ok(find(trial, sought, deadline).await) }).await {
        Ok(found) => found,
        Err(error) => return Err(step.fail(error)),
    };
    let accepted_ms = milliseconds(started);
    match found {
        Ok(message_id) => {
            let sent = Sent { message_id, accepted: "Clerk sent the message", started, deadline, accepted_ms };
            follow(context, trial, sent, step).await
        }
        Err(missing) => {
            let broken = missing.judged(trial);
            let hop = HopResult { hop: broken.hop, ok: false, detail: broken.found.clone(), ms: None };
            let event = trial.event.clone();
            let proof = Proof { event, message_id: None, hops: vec![hop], status_code: None, duration_ms: None };
            let error = step.fail(not_delivered(trial, broken));
            context.ui.emit(&Report::Proof(proof));
            Err(error)
        }
    }
}

/// The way of a message from Svix to the app.
async fn follow(context: &Context, trial: &Trial, sent: Sent, step: Begun) -> Result<Proof> {
    let Sent { message_id, accepted, started, deadline, accepted_ms } = sent;
    step.end(Status::Ok, format!("{} {message_id} accepted", trial.event));

    let step = context.begin(Step::Proof, format!("{} {message_id} accepted, waiting for its delivery", trial.event));
    let watching = async { Ok(watch(trial, &message_id, started, deadline).await) };
    let seen = match context.unless_interrupted(watching).await {
        Ok(seen) => seen,
        Err(error) => return Err(step.fail(error)),
    };
    let stand_in = context.unless_interrupted(async { Ok(in_its_place(context, trial, &seen).await) }).await;
    let stand_in = match stand_in {
        Ok(stand_in) => stand_in,
        Err(error) => return Err(step.fail(error)),
    };
    let scene = Scene {
        secrets: &trial.secrets,
        twins: &trial.twins,
        upstream: &trial.upstream,
        path: &trial.path,
        framework: context.framework(),
        stand_in: stand_in.as_ref(),
        command: trial.command,
        accepted,
        accepted_ms,
        waited: trial.timeout.as_secs(),
    };
    let (mut hops, mut broken) = judge(&seen, &scene);
    if let Some(broken) = broken.as_mut().filter(|broken| matches!(broken.hop, Hop::Edge | Hop::Agent))
        && let Some(url) = leads_elsewhere(trial).await
    {
        broken.found = format!("endpoint `{}` leads to {url}, not to this tunnel", trial.endpoint.id);
        broken.fix = "lead it here with `clerkhook register`; another run may have moved it".to_owned();
        hops.iter_mut().rev().take(1).for_each(|hop| hop.detail.clone_from(&broken.found));
    }
    let capture = seen.capture.map(|(capture, _)| capture);
    let proof = Proof {
        event: trial.event.clone(),
        message_id: Some(message_id),
        hops,
        status_code: capture.as_ref().and_then(|capture| capture.status()),
        duration_ms: capture.as_ref().and_then(|capture| capture.duration_ms()),
    };
    let result = match broken {
        None => {
            step.end(Status::Ok, words(&proof));
            Ok(proof.clone())
        }
        Some(broken) => Err(step.fail(not_delivered(trial, broken))),
    };
    context.ui.emit(&Report::Proof(proof));
    result
}

/// Where the endpoint leads now, when it is another place than this tunnel.
async fn leads_elsewhere(trial: &Trial) -> Option<String> {
    let listed = trial.svix.endpoints().await.unwrap_or_default();
    let now = listed.into_iter().find(|endpoint| endpoint.id == trial.endpoint.id);
    let url = now.map_or_else(|| trial.endpoint.url.clone(), |endpoint| endpoint.url);
    (!url.starts_with(&trial.public_url)).then_some(url)
}

/// What answered 2xx in the handler's place, if something did.
async fn in_its_place(context: &Context, trial: &Trial, seen: &Sightings) -> Option<Diagnosis> {
    let (capture, _) = seen.capture.as_ref()?;
    let upstream: Upstream = trial.upstream.parse().ok()?;
    let route = upstream.join(&trial.path);
    // The agent, too, takes whatever certificate an app on this machine has.
    let certificates = if is_loopback(&route) { Certificates::Any } else { Certificates::Trusted };
    stand_in(&context.http, &route, certificates, &answered(capture)).await
}

async fn send(context: &Context, trial: &Trial) -> Result<String> {
    deliverable(&trial.endpoint, &[&trial.event])?;
    context.unless_interrupted(trial.svix.send_example(&trial.endpoint.id, &trial.event)).await
}

fn not_delivered(trial: &Trial, broken: Broken) -> Error {
    let Broken { hop, found, mut fix } = broken;
    if hop == Hop::App && trial.secret_is_new {
        let again = if trial.stays { "" } else { ", then run the same command again" };
        fix = format!("restart the app so that it loads the new signing secret{again}; else {fix}");
    }
    Error::NotDelivered { event: trial.event.clone(), hop, found, fix }
}

/// `user.created msg_… → Clerk accepted → delivered → app answered 200 in 14 ms, signature valid`
fn words(proof: &Proof) -> String {
    let app = proof.hops.iter().find(|hop| hop.hop == Hop::App);
    let app = app.map(|hop: &HopResult| hop.detail.clone()).unwrap_or_default();
    let id = proof.message_id.as_deref().unwrap_or_default();
    format!("{} {id} → Clerk accepted → delivered → app {app}, signature valid", proof.event)
}

/// Since then.
pub fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}
