//! `clerkhook backfill`: the users or organizations that the instance has already, as signed events through the app's own
//! handler.

mod destination;
mod event;
mod progress;
mod send;

use std::time::Duration;

use jiff::Timestamp;

use crate::clerk::Clerk;
use crate::clerk::existing::{Kind, Walk};
use crate::delivery::Bound;
use crate::error::{Error, Result};
use crate::http::is_loopback;
use crate::report::{Plan, Report, Step};
use crate::steps::endpoint::{self, Intent};
use crate::steps::log::time_of;
use crate::steps::target::To;
use crate::steps::{Context, kept};
use crate::ui::Question;
use progress::Progress;
use send::Sender;

/// Options of `backfill`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whom.
    pub kind: Kind,
    /// Where to; the running set-up's app when absent.
    pub to: Option<To>,
    /// Only those that were made since.
    pub since: Option<Bound>,
    /// At most so many.
    pub limit: Option<usize>,
    /// At most so many a second.
    pub rate: Option<f64>,
    /// How long the app may take.
    pub timeout: Duration,
    /// From the beginning, though an earlier run was interrupted.
    pub restart: bool,
    /// Say what would be sent.
    pub dry_run: bool,
}

/// Which of them are meant.
#[derive(Clone, Copy, Debug)]
struct Meant {
    since: Option<Timestamp>,
    limit: usize,
}

/// Sends them.
///
/// # Errors
/// `NotBackfilled`, `EndpointAtNone`, `Interrupted`, those of Clerk and of learning the secret.
pub async fn backfill(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let clerk = endpoint::clerk(context, intent).await?;
    let instance = context.unless_interrupted(clerk.instance()).await?.id;
    let target = destination::target(context, options.to.as_ref());
    let since = options.since.as_ref().map(time_of);
    let meant = Meant { since, limit: options.limit.unwrap_or(usize::MAX) };
    // A span that ends now begins anew at each run, and it is the same wish all the same.
    let said = match &options.since {
        Some(Bound::Ago(span)) => format!("{span:#}"),
        _ => since.map(|since| since.to_string()).unwrap_or_default(),
    };
    let name = [options.kind.word(), &instance, target.url.as_str(), &said].join(" ");
    let mut progress = Progress::take_up(context, options.kind, &name, options.restart)?;
    if let Some(words) = progress.words() {
        context.ui.note(&format!("goes on {words}; `--restart` begins anew"));
    }
    if options.dry_run {
        return planned(context, options, &clerk, progress, meant, target.url.as_str()).await;
    }
    let destination = destination::find(context, &clerk, options.to.as_ref(), target).await?;
    if !is_loopback(&destination.target.url) && !context.yes {
        let what = format!("the {} of {instance} as `{}` events", options.kind.word(), options.kind.event());
        let question = Question::Backfill { what, url: destination.target.url.to_string() };
        context.ui.agree(question, context.shutdown.wait()).await?;
    }
    let keeper = context.keeper();
    let mut sender = Sender::new(options, &instance, destination, &keeper);
    let sent = run(context, &clerk, &mut sender, &mut progress, meant).await;
    kept::finish(context, &keeper);
    let is_whole = matches!(sent, Ok(End::Whole)) && progress.refused.is_empty();
    let noted = if is_whole { progress.forget() } else { progress.save() };
    sender.tell(context);
    if !is_whole {
        context.ui.note("the same command goes on where this one ended");
    }
    sent?;
    noted?;
    sender.verdict()
}

/// Where a run ended.
enum End {
    /// Behind the last one.
    Whole,
    /// At its limit.
    Limit,
}

/// First those that were refused before, then the rest.
async fn run(
    context: &Context,
    clerk: &Clerk,
    sender: &mut Sender<'_>,
    progress: &mut Progress,
    meant: Meant,
) -> Result<End> {
    let kind = progress.walk.kind();
    for id in progress.refused.clone() {
        if sender.sent() >= meant.limit {
            return Ok(End::Limit);
        }
        match context.unless_interrupted(clerk.existing_one(kind, &id)).await? {
            Some(one) => sender.send(context, &one, progress).await?,
            None => {
                context.ui.note(&format!("{id} is gone meanwhile"));
                progress.take(&id);
            }
        }
    }
    loop {
        let next = context.unless_interrupted(progress.walk.next(clerk)).await?;
        if next.is_empty() {
            return Ok(End::Whole);
        }
        for one in next {
            if sender.sent() >= meant.limit {
                return Ok(End::Limit);
            }
            let id = one["id"].as_str().unwrap_or_default().to_owned();
            let sent = if meant.takes(&one) { sender.send(context, &one, progress).await } else { Ok(()) };
            // One that was refused is remembered by itself; one that was not sent comes again.
            if !matches!(sent, Err(Error::Interrupted)) {
                progress.walk.pass(&id);
            }
            sent?;
        }
    }
}

impl Meant {
    fn takes(&self, one: &serde_json::Value) -> bool {
        let created = one["created_at"].as_i64().and_then(|at| Timestamp::from_millisecond(at).ok());
        self.since.is_none_or(|since| created.is_some_and(|created| created >= since))
    }
}

async fn planned(
    context: &Context,
    options: &Options,
    clerk: &Clerk,
    progress: Progress,
    meant: Meant,
    url: &str,
) -> Result<()> {
    let mut walk: Walk = progress.walk;
    let mut count = progress.refused.len();
    loop {
        let next = context.unless_interrupted(walk.next(clerk)).await?;
        if next.is_empty() || count >= meant.limit {
            break;
        }
        for one in next {
            count += usize::from(meant.takes(&one));
            walk.pass(one["id"].as_str().unwrap_or_default());
        }
    }
    let detail = format!("{} {} as `{}` to {url}", count.min(meant.limit), options.kind.word(), options.kind.event());
    context.ui.emit(&Report::Plan(Plan { step: Step::Test, action: "send", detail }));
    Ok(())
}
