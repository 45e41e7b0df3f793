//! `clerkhook trigger`: builds any event, signs it, delivers it to the app, and says what it answered.

mod compose;
mod destination;
mod list;
mod many;
mod print;
mod send;
mod story;
mod tally;
mod verdict;

use std::path::PathBuf;
use std::time::Duration;

use crate::config::Upstream;
use crate::error::Result;
use crate::history::Keeper;
use crate::payload::Edit;
use crate::report::{Plan, Report, Step};
use crate::scenario::Expected;
use crate::steps::target::To;
use crate::steps::{Context, kept};
use compose::Source;
use send::Sender;

/// Options of `trigger`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do.
    pub deed: Deed,
    /// How to deliver.
    pub delivery: Delivery,
    /// Say what would be sent.
    pub dry_run: bool,
}

/// What to do.
#[derive(Clone, Debug)]
pub enum Deed {
    /// Send one event, or many.
    Send(Subject, Pace),
    /// Print its request.
    Print(Subject, Form),
    /// Send the events of a scenario, built in or a file.
    Play {
        /// Its name or path.
        scenario: String,
        /// What its ids follow from.
        seed: Option<u64>,
    },
    /// List the event types, or those of one group.
    List(Option<String>),
}

/// Which event.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Its type.
    pub event: Option<String>,
    /// Another body than the example; `-` is stdin.
    pub body: Option<PathBuf>,
    /// Changes of the body, in order.
    pub edits: Vec<Edit>,
    /// The message id.
    pub id: Option<String>,
    /// What ids and times follow from; chosen anew for each run when absent.
    pub seed: Option<u64>,
}

/// How many, and how fast.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How many.
    pub count: u32,
    /// How many a second; one after the other when absent.
    pub rate: Option<f64>,
}

/// In which form a request is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A command for a shell.
    Curl,
    /// A JSON line.
    Json,
}

/// How to deliver.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// An address that was typed.
    pub to: Option<To>,
    /// Through the public URL of the running set-up.
    pub edge: bool,
    /// Which set-up, when several run.
    pub upstream: Option<Upstream>,
    /// Accept any certificate of an app on this machine.
    pub insecure: bool,
    /// Without a signature.
    pub unsigned: bool,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// How long the app may take.
    pub timeout: Duration,
    /// Which answer is right.
    pub expected: Expected,
}

/// Triggers.
///
/// # Errors
/// `EventUnknown`, `TriggerRefused`, `ScenarioInvalid`, `EditRefused`, `File`, `AppDown`, `CertificateUntrusted`,
/// `NotDelivered`, `AnswerUnexpected`, those of learning the secret.
pub async fn trigger(context: &Context, options: &Options) -> Result<()> {
    let sends = !options.dry_run && matches!(options.deed, Deed::Send(..) | Deed::Play { .. });
    let keeper = if sends { context.keeper() } else { Keeper::none() };
    let done = perform(context, options, &keeper).await;
    kept::finish(context, &keeper);
    done
}

async fn perform(context: &Context, options: &Options, keeper: &Keeper) -> Result<()> {
    let delivery = &options.delivery;
    match &options.deed {
        Deed::List(group) => list::list(context, group.as_deref()),
        Deed::Play { scenario, seed } => story::play(context, options, scenario, *seed, keeper).await,
        Deed::Print(subject, form) => {
            let source = Source::read(context, subject).await?;
            let sender = Sender::prepare(context, delivery).await?;
            print::print(context, &sender, &source.message(0)?, *form);
            Ok(())
        }
        Deed::Send(subject, pace) => {
            let source = Source::read(context, subject).await?;
            if options.dry_run {
                let times = if pace.count == 1 { String::new() } else { format!("{} × ", pace.count) };
                return plan(context, delivery, &format!("{times}{}", source.event()), delivery.expected);
            }
            let sender = Sender::prepare(context, delivery).await?.keeping(keeper.clone());
            if pace.count > 1 {
                return many::send(context, sender, source, *pace, delivery.expected).await;
            }
            let message = source.message(0)?;
            let sending = async { Ok(sender.send(&message, delivery.expected, None).await) };
            let sent = context.unless_interrupted(sending).await?;
            sent.tell(context);
            sent.judge(&sender)
        }
    }
}

/// A dry run's line.
fn plan(context: &Context, delivery: &Delivery, what: &str, expected: Expected) -> Result<()> {
    let to = destination::find(context, delivery)?.target.url;
    let signed = match (&context.settings.signing_secret, delivery.unsigned) {
        (_, true) => "unsigned".to_owned(),
        (Some(secret), false) => format!("signed with the secret from {}", secret.source),
        (None, false) => "signed with the endpoint's secret".to_owned(),
    };
    let detail = format!("{what} to {to}, {signed}, expecting {expected}");
    context.ui.emit(&Report::Plan(Plan { step: Step::Test, action: "send", detail }));
    Ok(())
}
