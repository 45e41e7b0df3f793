//! Sending one after the other, at the rate that was asked for, and what came of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::{Instant, sleep_until};

use super::Options;
use super::destination::Destination;
use super::event;
use super::progress::Progress;
use crate::clerk::existing::Kind;
use crate::delivery::Origin;
use crate::error::{Error, Result};
use crate::handler::sent::{self, Cause};
use crate::handler::{self, Answer};
use crate::history::Keeper;
use crate::http::{Certificates, Delivered};
use crate::report::{Backfill, Report, Summary};
use crate::signature;
use crate::steps::Context;

/// As Svix names itself, and who it is here.
const USER_AGENT: &str = concat!("Svix-Webhooks/1.62.0 (clerkhook/", env!("CARGO_PKG_VERSION"), ")");

/// So many refused in a row are the handler's fault, not somebody's.
const IN_A_ROW: usize = 5;

/// After how many events it is written down how far it came.
const SAVED_EACH: usize = 20;

/// How many refused ones are named.
const NAMED: usize = 10;

/// Sends to one destination.
pub struct Sender<'a> {
    kind: Kind,
    instance: String,
    destination: Destination,
    cause: Cause,
    keeper: &'a Keeper,
    within: Duration,
    pause: Option<Duration>,
    next: Instant,
    began: Instant,
    sent: usize,
    statuses: BTreeMap<u16, usize>,
    in_a_row: usize,
    slowest: Option<u64>,
    /// Those that were not taken in this run, and why.
    pub refused: Vec<(String, String)>,
}

impl<'a> Sender<'a> {
    /// For an instance's users or organizations.
    pub fn new(options: &Options, instance: &str, destination: Destination, keeper: &'a Keeper) -> Self {
        let cause = Cause { origin: Origin::Trigger, source: None, secret: Some(destination.secret.clone()) };
        Self {
            kind: options.kind,
            instance: instance.to_owned(),
            destination,
            cause,
            keeper,
            within: options.timeout,
            pause: options.rate.map(|rate| Duration::from_secs_f64(1.0 / rate)),
            next: Instant::now(),
            began: Instant::now(),
            sent: 0,
            statuses: BTreeMap::new(),
            in_a_row: 0,
            slowest: None,
            refused: Vec::new(),
        }
    }

    /// How many were sent in this run.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Sends one, and notes it where it is refused.
    ///
    /// # Errors
    /// `Interrupted` before it was sent; `NotBackfilled` when the handler takes nothing.
    pub async fn send(&mut self, context: &Context, one: &Value, progress: &mut Progress) -> Result<()> {
        tokio::select! {
            biased;
            () = context.shutdown.wait() => return Err(Error::Interrupted),
            () = sleep_until(self.next) => {}
        }
        if let Some(pause) = self.pause {
            self.next = Instant::now().max(self.next) + pause;
        }
        let id = one["id"].as_str().unwrap_or_default().to_owned();
        let message = event::message_id(self.kind, &self.instance, &id);
        // What was begun gets a little time, so that it is known whether the app took it; else it comes again.
        let outcome = context.unless_overdue(async { Ok(self.deliver(context, &message, one).await) }).await?;
        let told = self.judge(&id, &message, outcome);
        context.ui.emit(&Report::Backfill(told.clone()));
        self.sent += 1;
        if told.ok {
            self.in_a_row = 0;
            progress.take(&id);
        } else {
            self.in_a_row += if told.status_code.is_none() { IN_A_ROW } else { 1 };
            self.refused.push((id.clone(), told.reason.unwrap_or_default()));
            progress.refuse(&id);
        }
        if self.sent.is_multiple_of(SAVED_EACH) {
            progress.save()?;
        }
        if self.in_a_row >= IN_A_ROW { Err(self.failure()) } else { Ok(()) }
    }

    async fn deliver(&self, context: &Context, message: &str, one: &Value) -> Result<Answer, crate::http::Unreachable> {
        let body = event::body(self.kind, &self.instance, one);
        let now = Timestamp::now().as_second();
        let usual = [("content-type", "application/json"), ("user-agent", USER_AGENT), ("accept", "*/*")];
        let mut headers: Vec<(String, String)> =
            usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        headers.extend(signature::headers(std::slice::from_ref(&self.destination.secret), message, now, &body));
        let delivered = Delivered {
            method: "POST",
            url: &self.destination.target.url,
            headers: &headers,
            body,
            within: Some(self.within),
            certificates: Certificates::Trusted,
        };
        sent::deliver(&context.http, self.keeper, &self.cause, delivered).await
    }

    fn judge(&mut self, id: &str, message: &str, outcome: Result<Answer, crate::http::Unreachable>) -> Backfill {
        let path = self.destination.target.url.path();
        let reason = match &outcome {
            Err(unreachable) => Some(format!("no answer: {unreachable}")),
            Ok(answer) if !(200..300).contains(&answer.status) => Some(format!("answered {}", answer.status)),
            // A page is no handler.
            Ok(answer) => handler::page(path, answer).map(|page| page.found),
        };
        let answer = outcome.ok();
        let took = answer.as_ref().map(|answer| u64::try_from(answer.duration.as_millis()).unwrap_or(u64::MAX));
        if let Some(answer) = &answer {
            *self.statuses.entry(answer.status).or_default() += 1;
        }
        self.slowest = self.slowest.max(took);
        Backfill {
            subject: id.to_owned(),
            event: self.kind.event().to_owned(),
            message_id: message.to_owned(),
            status_code: answer.as_ref().map(|answer| answer.status),
            duration_ms: took,
            ok: reason.is_none(),
            reason,
        }
    }

    /// What came of all of them.
    pub fn tell(&self, context: &Context) {
        let seconds = self.began.elapsed().as_secs_f64().max(0.001);
        let answered: usize = self.statuses.values().sum();
        #[allow(clippy::cast_precision_loss, reason = "a count of events")]
        let per_second = self.sent as f64 / seconds;
        context.ui.emit(&Report::Summary(Summary {
            sent: self.sent,
            ok: self.sent - self.refused.len(),
            unanswered: self.sent - answered,
            statuses: self.statuses.clone(),
            p50_ms: None,
            p95_ms: None,
            max_ms: self.slowest,
            per_second,
            scenario: false,
        }));
    }

    /// Whether all were taken.
    ///
    /// # Errors
    /// `NotBackfilled`.
    pub fn verdict(&self) -> Result<()> {
        if self.refused.is_empty() { Ok(()) } else { Err(self.failure()) }
    }

    fn failure(&self) -> Error {
        let mut lines: Vec<String> = self.refused.iter().take(NAMED).map(|(id, why)| format!("{id}: {why}")).collect();
        if self.refused.len() > NAMED {
            lines.push(format!("and {} more", self.refused.len() - NAMED));
        }
        Error::NotBackfilled { refused: self.refused.len(), sent: self.sent, found: lines.join("\n") }
    }
}
