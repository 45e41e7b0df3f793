//! Sending: through the agent, proven by its new capture, or directly to the app.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::compose::Composed;
use super::source::Source;
use crate::delivery::Origin;
use crate::error::{Error, Result};
use crate::event::Replay;
use crate::handler::Answer;
use crate::history::Keeper;
use crate::http::{Certificates, Delivered};
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::steps::Context;
use crate::steps::answered::answered;
use crate::steps::sent::{self, Cause};

/// How long the app may take to answer what the agent replays.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often the agent is asked for the new capture.
const EVERY: Duration = Duration::from_millis(50);

/// The agent with what it is to send again.
pub struct Through<'a> {
    /// Its API.
    pub api: &'a AgentApi,
    /// The app behind it.
    pub upstream: &'a str,
    /// What it is to send. It forgets what is old, so later on this is what it sent last.
    pub capture: String,
    /// What was sent.
    pub last: Option<String>,
}

impl Through<'_> {
    /// Has the agent send the bytes again. It says yes before it has tried; the new captured entry is the proof.
    ///
    /// # Errors
    /// `CaptureMissing`, `AgentApi`, `ReplayUnanswered`.
    pub async fn send(&mut self, keeper: &Keeper, source: &Source) -> Result<(Replay, Answer)> {
        let before: Vec<String> =
            self.api.captures(super::choose::MANY).await?.into_iter().map(|capture| capture.id).collect();
        self.ask().await?;
        let capture = self.appears(source, &before).await?;
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

    async fn appears(&self, source: &Source, before: &[String]) -> Result<Capture> {
        let is_it = |capture: &Capture| {
            capture.is_replay()
                && capture.is_over()
                && capture.message_id() == source.message_id()
                && capture.request.uri == source.delivery.request.target
                && !before.contains(&capture.id)
        };
        let appears = async {
            loop {
                if let Some(capture) = self.api.captures(super::choose::MANY).await?.into_iter().find(is_it) {
                    return Ok::<_, Error>(capture);
                }
                sleep(EVERY).await;
            }
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
