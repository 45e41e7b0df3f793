//! Sending: through the agent, proven by its new capture, or directly to the app.

use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};

use super::compose::Composed;
use crate::error::{Error, Result};
use crate::event::Replay;
use crate::handler::Seen;
use crate::http::Delivered;
use crate::ngrok::api::AgentApi;
use crate::ngrok::capture::{Capture, Response};
use crate::ngrok::codes;
use crate::steps::Context;

/// How long the app may take to answer what the agent replays.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often the agent is asked for the new capture.
const EVERY: Duration = Duration::from_millis(50);

/// The app's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// When the agent answered in the app's place.
    pub ngrok_code: Option<u32>,
    /// As text.
    pub body: String,
}

impl Answer {
    /// For the diagnosis.
    pub fn seen<'a>(&'a self, path: &'a str, upstream: &'a str) -> Seen<'a> {
        Seen {
            status: Some(self.status),
            location: self.location.as_deref(),
            ngrok_code: self.ngrok_code,
            body: &self.body,
            path,
            upstream,
            ..Seen::default()
        }
    }
}

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
    let answer = captured_answer(&capture);
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

/// The answer of a capture; status 0 while there is none.
pub fn captured_answer(capture: &Capture) -> Answer {
    let header = |name: &str| capture.response.as_ref().and_then(|response| response.header(name)).map(str::to_owned);
    Answer {
        status: capture.response.as_ref().map_or(0, |response| response.status_code),
        location: header("location"),
        ngrok_code: capture.response.as_ref().and_then(Response::ngrok_code),
        body: capture.response.as_ref().map(|response| response.text()).unwrap_or_default(),
    }
}

/// Sends the composed request.
///
/// # Errors
/// `ReplayUnanswered`.
pub async fn directly(context: &Context, source: &Capture, composed: &Composed) -> Result<(Replay, Answer)> {
    // Made before the clock starts, as the first client takes longer than a whole delivery.
    let _ = context.http.client(&composed.url);
    let started = Instant::now();
    let delivered = Delivered {
        method: &composed.method,
        url: &composed.url,
        headers: &composed.headers_now(),
        body: composed.body.clone(),
    };
    let answer = context.http.deliver(delivered).await.map_err(|unreachable| Error::ReplayUnanswered {
        url: composed.url.to_string(),
        cause: unreachable.to_string(),
    })?;
    let told = Replay {
        source_id: source.id.clone(),
        via: "direct",
        signed: if composed.signing.is_some() { "fresh" } else { "original" },
        edits: composed.edits.clone(),
        status_code: answer.status.as_u16(),
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let answer = Answer {
        status: answer.status.as_u16(),
        location: answer.header("location").map(str::to_owned),
        ngrok_code: answer.header("ngrok-error-code").and_then(codes::find),
        body: String::from_utf8_lossy(&answer.body).into_owned(),
    };
    Ok((told, answer))
}
