//! Sending: through the agent, proven by its new capture, or directly to the app.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::compose::Composed;
use super::source::Source;
use crate::delivery::{Delivery, Id, Origin};
use crate::error::{Error, Result};
use crate::handler::Answer;
use crate::handler::sent::{self, Cause};
use crate::history::Keeper;
use crate::http::{Certificates, Delivered};
use crate::ngrok::api::AgentApi;
use crate::report::Replay;
use crate::steps::Context;
use crate::steps::answered::answered;
use crate::steps::feed::{Feed, Watch};

/// How long the app may take to answer what the agent replays.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How often the agent is asked for the new capture: soon at first, as most apps answer at once.
const SOON: Duration = Duration::from_millis(5);
const EVERY: Duration = Duration::from_millis(50);

/// The agent with what it is to send again.
pub struct Through<'a> {
    api: &'a AgentApi,
    /// The app behind it.
    pub upstream: &'a str,
    /// What it is to send. It forgets what is old, so later on this is what it sent last.
    capture: String,
    last: Option<String>,
    feed: Feed,
    watch: Watch,
    /// The replays that are no proof any more; none before the first look.
    known: Option<HashSet<Id>>,
}

impl<'a> Through<'a> {
    /// Not sent yet.
    pub fn new(api: &'a AgentApi, upstream: &'a str, capture: String, source: &Source) -> Self {
        let (message, target) = (source.delivery.message_id.clone(), source.delivery.request.target.clone());
        let feed = Feed::passing();
        let watch = feed.watch(move |delivery| {
            delivery.origin == Origin::Replay && delivery.message_id == message && delivery.request.target == target
        });
        Self { api, upstream, capture, last: None, feed, watch, known: None }
    }

    /// Has the agent send the bytes again. It says yes before it has tried; the new captured entry is the proof.
    ///
    /// # Errors
    /// `CaptureMissing`, `AgentApi`, `ReplayUnanswered`.
    pub async fn send(&mut self, keeper: &Keeper, source: &Source) -> Result<(Replay, Answer)> {
        if self.known.is_none() {
            self.feed.ask(self.api).await?;
            self.known = Some(self.watch.seen().iter().map(|delivery| delivery.id.clone()).collect());
        }
        self.replay().await?;
        let delivery = self.appears().await?;
        self.known.get_or_insert_default().insert(delivery.id.clone());
        self.last.clone_from(&delivery.capture);
        let cause = Cause { origin: Origin::Replay, source: source.kept.clone(), secret: None };
        sent::keep(keeper, &cause, delivery.as_ref().clone());
        let answer = answered(&delivery);
        let told = Replay {
            source_id: source.id.clone(),
            capture_id: source.capture.clone(),
            via: "agent",
            signed: "original",
            edits: Vec::new(),
            status_code: answer.status,
            duration_ms: delivery.duration_ms().unwrap_or_default(),
        };
        Ok((told, answer))
    }

    /// The agent keeps a few hundred requests. When the first one is gone, the last replay has its bytes.
    async fn replay(&mut self) -> Result<()> {
        match (self.api.replay(&self.capture).await, self.last.take()) {
            (Err(Error::CaptureMissing { .. }), Some(last)) => {
                self.capture = last;
                self.api.replay(&self.capture).await
            }
            (asked, _) => asked,
        }
    }

    async fn appears(&self) -> Result<Arc<Delivery>> {
        let is_new = |delivery: &Arc<Delivery>| {
            delivery.answer.is_some() && !self.known.as_ref().is_some_and(|known| known.contains(&delivery.id))
        };
        let appears = async {
            for pause in std::iter::repeat_n(SOON, 5).chain(std::iter::repeat(EVERY)) {
                self.feed.ask(self.api).await?;
                if let Some(delivery) = self.watch.seen().into_iter().find(is_new) {
                    return Ok(delivery);
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
        capture_id: source.capture.clone(),
        via: "direct",
        signed: if composed.signing.is_some() { "fresh" } else { "original" },
        edits: composed.edits.clone(),
        status_code: answer.status,
        duration_ms: u64::try_from(answer.duration.as_millis()).unwrap_or(u64::MAX),
    };
    Ok((told, answer))
}
