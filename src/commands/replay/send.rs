//! Sending: through the agent, proven by its new capture, or directly to the app.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::compose::Composed;
use crate::error::{Error, Result};
use crate::event::Replay;
use crate::handler::{self, Answer};
use crate::http::{Certificates, Delivered};
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::Capture;
use crate::steps::Context;
use crate::steps::answered::answered;

/// How long the app may take to answer what the agent replays.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often the agent is asked for the new capture.
const EVERY: Duration = Duration::from_millis(50);

/// Has the agent send the bytes again. It says yes before it has tried; the new captured entry is the proof.
///
/// # Errors
/// `CaptureMissing`, `AgentApi`, `ReplayUnanswered`.
pub async fn through_agent(api: &AgentApi, source: &Capture) -> Result<(Replay, Answer)> {
    let before: Vec<String> = api.captures(super::choose::MANY).await?.into_iter().map(|capture| capture.id).collect();
    api.replay(&source.id).await?;
    let is_it = |capture: &Capture| {
        capture.is_replay()
            && capture.is_over()
            && capture.message_id() == source.message_id()
            && capture.request.uri == source.request.uri
            && !before.contains(&capture.id)
    };
    let appears = async {
        loop {
            if let Some(capture) = api.captures(super::choose::MANY).await?.into_iter().find(is_it) {
                return Ok::<_, Error>(capture);
            }
            sleep(EVERY).await;
        }
    };
    let unanswered = |_| Error::ReplayUnanswered {
        url: "the app".to_owned(),
        cause: format!("no new capture was answered within {} s", ANSWER_WITHIN.as_secs()),
    };
    let capture = timeout(ANSWER_WITHIN, appears).await.map_err(unanswered)??;
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

/// Sends the composed request.
///
/// # Errors
/// `ReplayUnanswered`.
pub async fn directly(context: &Context, source: &Capture, composed: &Composed) -> Result<(Replay, Answer)> {
    let delivered = Delivered {
        method: &composed.method,
        url: &composed.url,
        headers: &composed.headers_now(),
        body: composed.body.clone(),
        within: None,
        certificates: Certificates::Trusted,
    };
    let answer = handler::deliver(&context.http, delivered).await.map_err(|unreachable| Error::ReplayUnanswered {
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
