//! Whoever sends a delivery itself tells the history what it sent and what was answered.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Position;

use super::{Answer, deliver as deliver_only, deliver_slowly as slowly};
use crate::delivery::{Delivery, Id, Origin, Request, Witness};
use crate::history::Keeper;
use crate::http::{Delivered, Http, Obstacle, Unreachable};
use crate::signature::{SigningSecret, judge};

/// Of what `check` makes up, no more is kept of one body.
const LONGEST_CASE: usize = 64 * 1024;

/// Why something is sent.
#[derive(Clone, Debug)]
pub struct Cause {
    /// By which command.
    pub origin: Origin,
    /// The kept delivery that is repeated.
    pub source: Option<Id>,
    /// What it is signed with.
    pub secret: Option<SigningSecret>,
}

/// Delivers once and keeps it.
///
/// # Errors
/// `Unreachable` when no answer came.
pub async fn deliver(
    http: &Http,
    keeper: &Keeper,
    cause: &Cause,
    delivered: Delivered<'_>,
) -> Result<Answer, Unreachable> {
    watched(keeper, cause, request(&delivered), deliver_only(http, delivered)).await
}

/// The same as from a slow sender: its body comes in pieces with a pause between them.
///
/// # Errors
/// `Unreachable` when no answer came.
pub async fn deliver_slowly(
    http: &Http,
    keeper: &Keeper,
    cause: &Cause,
    delivered: Delivered<'_>,
    (pieces, pause): (usize, Duration),
) -> Result<Answer, Unreachable> {
    watched(keeper, cause, request(&delivered), slowly(http, delivered, pieces, pause)).await
}

fn request(delivered: &Delivered<'_>) -> Request {
    Request {
        method: delivered.method.to_owned(),
        target: delivered.url[Position::BeforePath..Position::AfterQuery].to_owned(),
        headers: delivered.headers.to_vec(),
        body: delivered.body.clone(),
        truncated: false,
    }
}

async fn watched(
    keeper: &Keeper,
    cause: &Cause,
    request: Request,
    sending: impl Future<Output = Result<Answer, Unreachable>>,
) -> Result<Answer, Unreachable> {
    let began = Timestamp::now();
    let outcome = sending.await;
    // Where there was no connection nothing was sent.
    let nothing =
        |unreachable: &Unreachable| matches!(unreachable.kind, Obstacle::NoConnection | Obstacle::Certificate);
    if !outcome.as_ref().is_err_and(nothing) {
        let answer = outcome.as_ref().ok();
        let duration = answer.map(|answer| answer.duration);
        // Before that the client was made, which takes its time once.
        let before_answer = |duration| Timestamp::now().checked_sub(SignedDuration::try_from(duration).ok()?).ok();
        let began = duration.and_then(before_answer).unwrap_or(began);
        let sent = Delivery::new(began, Witness::Sender, request);
        let answer = answer.map(|answer| answer.whole.clone());
        let verdict = judge(cause.secret.as_slice(), &sent.request, sent.received_at.as_second());
        keep(keeper, cause, Delivery { answer, duration, verdict, ..sent });
    }
    outcome
}

/// Keeps what a sender knows of a delivery.
pub fn keep(keeper: &Keeper, cause: &Cause, sent: Delivery) {
    let (origin, source) = (cause.origin, cause.source.clone());
    let mut sent = Delivery { origin, source, witnesses: vec![Witness::Sender], ..sent };
    sent.request.forget_credentials();
    if cause.origin == Origin::Check && sent.request.body.len() > LONGEST_CASE {
        sent.request.body.truncate(LONGEST_CASE);
        sent.request.truncated = true;
    }
    keeper.keep(&Arc::new(sent));
}
