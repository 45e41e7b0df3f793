//! Sending: through the agent, proven by its new capture, or directly to the app.

use std::collections::HashSet;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::compose::Composed;
use super::source::Source;
use crate::delivery::Origin;
use crate::error::{Error, Result};
use crate::handler::Answer;
use crate::handler::sent::{self, Cause};
use crate::history::Keeper;
use crate::http::{Certificates, Delivered};
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::report::Replay;
use crate::steps::Context;
use crate::steps::answered::answered;

/// How long the app may take to answer what the agent replays.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often the agent is asked for the new capture: soon at first, as most apps answer at once.
const SOON: Duration = Duration::from_millis(5);
const EVERY: Duration = Duration::from_millis(50);

/// How many of the newest are looked at for it at first.
const FEW: u16 = 20;

/// The agent with what it is to send again.
pub struct Through<'a> {
    /// Its API.
    pub api: &'a AgentApi,
    /// The app behind it.
    pub upstream: &'a str,
    /// What it is to send. It forgets what is old, so later on this is what it sent last.
    pub capture: String,
    /// What it sent last.
    pub last: Option<String>,
    /// The captures that are no proof any more.
    pub known: HashSet<String>,
}

impl Through<'_> {
    /// Has the agent send the bytes again. It says yes before it has tried; the new captured entry is the proof.
    ///
    /// # Errors
    /// `CaptureMissing`, `AgentApi`, `ReplayUnanswered`.
    pub async fn send(&mut self, keeper: &Keeper, source: &Source) -> Result<(Replay, Answer)> {
        if self.known.is_empty() {
            self.known = self.api.captures(super::choose::MANY).await?.into_iter().map(|capture| capture.id).collect();
        }
        self.ask().await?;
        let capture = self.appears(source).await?;
        self.known.insert(capture.id.clone());
        self.last = Some(capture.id.clone());
        let cause = Cause { origin: Origin::Replay, source: source.kept.clone(), secret: None };
        sent::keep(keeper, &cause, capture.sighting(&[]));
        let answer = answered(&capture);
        let told = Replay {
            source_id: source.id.clone(),
            via: "agent",
            signed: "original",
            edits: Vec::new(),
            status_code: answer.status,
            duration_ms: capture.duration_ms().unwrap_or_default(),
        };
        Ok((told, answer))
    }

    /// The agent keeps a few hundred requests. When the first one is gone, the last replay has its bytes.
    async fn ask(&mut self) -> Result<()> {
        match (self.api.replay(&self.capture).await, self.last.take()) {
            (Err(Error::CaptureMissing { .. }), Some(last)) => {
                self.capture = last;
                self.api.replay(&self.capture).await
            }
            (asked, _) => asked,
        }
    }

    async fn appears(&self, source: &Source) -> Result<Capture> {
        let is_it = |capture: &Capture| {
            capture.is_replay()
                && capture.is_over()
                && capture.message_id() == source.message_id()
                && capture.request.uri == source.delivery.request.target
                && !self.known.contains(&capture.id)
        };
        let appears = async {
            // Behind others where the agent is busy, or orders those of a second at random.
            let later = std::iter::repeat((super::choose::MANY, EVERY));
            for (many, pause) in std::iter::repeat_n((FEW, SOON), 5).chain(later) {
                if let Some(capture) = self.api.captures(many).await?.into_iter().find(is_it) {
                    return Ok(capture);
                }
                sleep(pause).await;
            }
            Err(Error::CaptureMissing { id: self.capture.clone() })
        };
        let unanswered = |_| Error::ReplayUnanswered {
            url: "the app".to_owned(),
            cause: format!("no new capture was answered within {} s", ANSWER_WITHIN.as_secs()),
        };
        timeout(ANSWER_WITHIN, appears).await.map_err(unanswered)?
    }
}

/// Sends the composed request.
///
/// # Errors
/// `ReplayUnanswered`.
pub async fn directly(
    context: &Context,
    keeper: &Keeper,
    source: &Source,
    composed: &Composed,
) -> Result<(Replay, Answer)> {
    let delivered = Delivered {
        method: &composed.method,
        url: &composed.url,
        headers: &composed.headers_now(),
        body: composed.body.clone(),
        within: None,
        certificates: Certificates::Trusted,
    };
    let secret = composed.signing.as_ref().map(|(_, secret)| secret.clone());
    let cause = Cause { origin: Origin::Replay, source: source.kept.clone(), secret };
    let sending = sent::deliver(&context.http, keeper, &cause, delivered).await;
    let answer = sending.map_err(|unreachable| Error::ReplayUnanswered {
        url: composed.url.to_string(),
        cause: unreachable.to_string(),
    })?;
    let told = Replay {
        source_id: source.id.clone(),
        via: "direct",
        signed: if composed.signing.is_some() { "fresh" } else { "original" },
        edits: composed.edits.clone(),
        status_code: answer.status,
        duration_ms: u64::try_from(answer.duration.as_millis()).unwrap_or(u64::MAX),
    };
    Ok((told, answer))
}
