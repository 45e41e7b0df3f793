//! `clerkhook recover`: asks Svix for what failed or was never sent while the app was away, and proves that each arrives.

mod again;
mod prove;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::config::Upstream;
use crate::delivery::Bound;
use crate::error::{Error, Result};
use crate::handler::listens;
use crate::report::{Message, MessageState, Plan, Recovery, Report, Status, Step};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::log::{Entry, Log, message_id, time_of};
use crate::steps::since::{Arrivals, Since};
use crate::svix::Span;
use crate::ui::Question;
use prove::Proof;

/// How far back it is looked where nothing was said: a night.
const USUAL: SignedDuration = SignedDuration::from_hours(24);

/// How far back Svix recovers (Svix docs, endpoint recover).
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

/// How many messages are recovered at once.
const MOST: usize = 5000;

/// Options of `recover`.
#[derive(Clone, Debug)]
pub struct Options {
    /// These messages; all that failed or were never sent when none is named.
    pub messages: Vec<String>,
    /// From when on.
    pub since: Option<Bound>,
    /// Another endpoint than this machine's.
    pub endpoint: Option<String>,
    /// How long the next of them may take to arrive.
    pub timeout: Duration,
    /// Say what would be sent.
    pub dry_run: bool,
}

/// What is to be sent again.
#[derive(Debug)]
struct Missed {
    since: Timestamp,
    until: Timestamp,
    entries: Vec<Entry>,
    /// Whether it is everything that the span holds.
    is_whole: bool,
}

impl Missed {
    fn never_sent(&self) -> usize {
        self.entries.iter().filter(|entry| entry.state() == MessageState::NotSent).count()
    }

    fn words(&self) -> String {
        let (all, never) = (self.entries.len(), self.never_sent());
        let messages = if all == 1 { "1 message".to_owned() } else { format!("{all} messages") };
        match (all - never, never) {
            (_, 0) => messages,
            (0, _) => format!("{messages} that were never sent"),
            (failed, never) => format!("{messages} ({failed} failed, {never} never sent)"),
        }
    }
}

/// Recovers.
///
/// # Errors
/// `EndpointMissing`, `TunnelMissing`, `AppDown`, `NotRecovered`, `MessageUnknown`, those of Clerk, Svix and the history.
pub async fn recover(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let log = Log::open(context, intent, options.endpoint.as_deref()).await?;
    let done = recover_by(context, options, &log).await;
    log.close().await;
    done
}

async fn recover_by(context: &Context, options: &Options, log: &Log) -> Result<()> {
    let missed = missed(context, options, log).await?;
    if missed.entries.is_empty() {
        context.ui.note(&format!("nothing failed or was missed since {}", missed.since.strftime("%FT%TZ")));
        return Ok(());
    }
    for entry in missed.entries.iter().rev() {
        context.ui.emit(&Report::Message(Message { counted: !options.dry_run, ..entry.told() }));
    }
    if options.dry_run {
        return planned(context, log, &missed);
    }
    if log.is_ours {
        reachable(context, log).await?;
    }
    if !context.yes {
        let elsewhere = endpoint::is_live(context) || !log.is_ours;
        let question = Question::SendMissed { what: missed.words(), url: log.endpoint.url.clone(), elsewhere };
        context.ui.agree(question, context.shutdown.wait()).await?;
    }
    send(context, options, log, &missed).await
}

async fn send(context: &Context, options: &Options, log: &Log, missed: &Missed) -> Result<()> {
    if log.endpoint.disabled {
        let step = context.begin(Step::Endpoint, "enabling the endpoint");
        let enabled = context.unless_overdue(log.svix.set_disabled(&log.endpoint.id, false)).await;
        step.settle(enabled, |endpoint| (Status::Ok, format!("{} enabled again", endpoint.id)))?;
    }
    let arrivals = Arrivals::since(context, &Since::Now)?;
    context.ui.note(&format!("asking Svix for {}", missed.words()));
    let asked = context.unless_interrupted(again::send(log, missed)).await?;
    let mut proof = Proof::of(missed, asked);
    let proven = proof.follow(context, log, arrivals, options.timeout).await;
    context.ui.emit(&Report::Recovery(told(log, missed, &proof)));
    proven?;
    match proof.left() {
        left if left.is_empty() => Ok(()),
        left => Err(Error::NotRecovered { left: left.len(), asked: missed.entries.len(), found: prove::lines(&left) }),
    }
}

fn told(log: &Log, missed: &Missed, proof: &Proof) -> Recovery {
    Recovery {
        endpoint_id: log.endpoint.id.clone(),
        since: missed.since.to_string(),
        until: missed.until.to_string(),
        failed: missed.entries.len() - missed.never_sent(),
        never_sent: missed.never_sent(),
        recovered: proof.recovered(),
        repeated: proof.repeated(),
        left: proof.left().into_iter().map(|(id, _)| id.to_owned()).collect(),
    }
}

fn planned(context: &Context, log: &Log, missed: &Missed) -> Result<()> {
    let plan = |step, action, detail| context.ui.emit(&Report::Plan(Plan { step, action, detail }));
    if log.endpoint.disabled {
        plan(Step::Endpoint, "change", format!("{}: enable it again", log.endpoint.id));
    }
    plan(Step::Test, "send", format!("{} to {} ({})", missed.words(), log.endpoint.id, log.endpoint.url));
    Ok(())
}

/// What is to be sent again.
async fn missed(context: &Context, options: &Options, log: &Log) -> Result<Missed> {
    let until = Timestamp::now();
    let asked = options.since.as_ref().map_or_else(|| until.checked_sub(USUAL).unwrap_or(until), time_of);
    let earliest = until.checked_sub(KEPT).unwrap_or(until);
    if asked < earliest {
        context.ui.warn(&format!(
            "Svix sends again what is at most 14 days old, so this begins at {}",
            earliest.strftime("%FT%TZ")
        ));
    }
    let since = asked.max(earliest);
    if !options.messages.is_empty() {
        let mut entries = Vec::new();
        for name in &options.messages {
            let entry = log.one(context, &message_id(context, name)?).await?;
            if !entries.iter().any(|known: &Entry| known.message.id == entry.message.id) {
                entries.push(entry);
            }
        }
        return Ok(Missed { since, until, entries, is_whole: false });
    }
    // What was sent before this endpoint was made counts only where somebody says so.
    let from = log.endpoint.created_at.filter(|made| options.since.is_none() && *made > since).unwrap_or(since);
    let span = Span { since: Some(from), until: Some(until), events: None };
    let mut entries = log.read(context, &span, MOST).await?;
    let is_whole = entries.len() < MOST;
    entries.retain(Entry::is_missed);
    Ok(Missed { since: from, until, entries, is_whole })
}

/// Nothing is sent to where nobody is: it would fail once more.
async fn reachable(context: &Context, log: &Log) -> Result<()> {
    let Some(setup) = context.set_up(None) else { return Err(Error::TunnelMissing) };
    if !log.endpoint.url.starts_with(&setup.public_url) {
        context.ui.warn(&format!(
            "the endpoint's URL {} is not this set-up's ({}); `clerkhook register` mends it",
            log.endpoint.url, setup.public_url
        ));
    }
    let Ok(upstream) = setup.upstream.parse::<Upstream>() else { return Ok(()) };
    let down = |error: std::io::Error| Error::AppDown {
        upstream: upstream.to_string(),
        cause: error.to_string(),
        fix: "start the app, then run `clerkhook recover` again",
    };
    listens(&upstream).await.map_err(down)
}
