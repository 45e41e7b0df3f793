//! A line for each message, and what comes or changes after.

use std::collections::HashMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use crate::delivery::{Delivery, Filter, Pattern, Signature, Witness};
use crate::error::{Error, Result};
use crate::report::{MessageState, Report};
use crate::steps::Context;
use crate::steps::log::{Entry, Log, time_of};
use crate::svix::Span;

/// How many messages are looked through for those that a filter admits.
const LOOKED_THROUGH: usize = 1000;

/// What Svix gives at once.
const PAGE: usize = 250;

/// How often Svix is asked for what is new.
const EVERY: Duration = Duration::from_secs(2);

/// How long before the beginning of `--follow` a message may have been sent that still changes.
const BEFORE: SignedDuration = SignedDuration::from_mins(10);

/// How many messages are read at once while following.
const FOLLOWED: usize = 250;

/// What of a message is shown again when it changes.
type Seen = (MessageState, usize, usize);

/// Lists the newest, oldest first; goes on with what comes when asked to.
///
/// # Errors
/// Those of Svix and of the history.
pub async fn list(
    context: &Context,
    log: &Log,
    filter: &Filter,
    failed: bool,
    count: usize,
    follow: bool,
) -> Result<()> {
    let span =
        Span { since: filter.since.as_ref().map(time_of), until: filter.until.as_ref().map(time_of), events: None };
    let is_plain = *filter == Filter { since: filter.since.clone(), until: filter.until.clone(), ..Filter::default() };
    // Some of what is read is not for this endpoint, and is left out.
    let most = if is_plain && !failed { PAGE.max(2 * count) } else { LOOKED_THROUGH.max(2 * count) };
    let began = Timestamp::now();
    let entries = log.read(context, &span, most).await?;
    let mut entries: Vec<Entry> =
        entries.into_iter().filter(|entry| is_meant(entry, filter, failed)).take(count).collect();
    entries.reverse();
    let mut seen = HashMap::new();
    for entry in &entries {
        show(context, entry, &mut seen);
    }
    if follow {
        return go_on(context, log, filter, failed, began, seen).await;
    }
    if entries.is_empty() {
        let what = if is_plain && !failed { "was sent to this endpoint" } else { "is like that" };
        context.ui.note(&format!("no message that Svix keeps {what}"));
    }
    Ok(())
}

fn show(context: &Context, entry: &Entry, seen: &mut HashMap<String, Seen>) {
    let told = entry.told();
    let now = (told.status, told.attempts, told.accepted);
    if seen.insert(told.message_id.clone(), now) != Some(now) {
        context.ui.emit(&Report::Message(told));
    }
}

async fn go_on(
    context: &Context,
    log: &Log,
    filter: &Filter,
    failed: bool,
    began: Timestamp,
    mut seen: HashMap<String, Seen>,
) -> Result<()> {
    let since = began.checked_sub(BEFORE).ok();
    // What was not asked for at the beginning does not become news by time alone.
    let span = Span { since, ..Span::default() };
    for entry in log.read(context, &span, FOLLOWED).await?.iter().filter(|entry| entry.message.timestamp < began) {
        let told = entry.told();
        seen.entry(told.message_id).or_insert((told.status, told.attempts, told.accepted));
    }
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            () = sleep(EVERY) => {}
        }
        let mut entries = match log.read(context, &span, FOLLOWED).await {
            Err(Error::Interrupted) => return Ok(()),
            Err(error) if error.may_pass() => {
                context.ui.warn(&format!("{error}; Svix is asked again in {} s", EVERY.as_secs()));
                continue;
            }
            read => read?,
        };
        entries.reverse();
        for entry in entries.iter().filter(|entry| is_meant(entry, filter, failed)) {
            show(context, entry, &mut seen);
        }
    }
}

/// Whether a message is one that the filter admits: by its body, the last answer to it, and what was seen of it here.
fn is_meant(entry: &Entry, filter: &Filter, failed: bool) -> bool {
    let of_type = |pattern: &Pattern| pattern.admits(&entry.message.event_type);
    let event = filter.types.is_empty() || filter.types.iter().any(of_type);
    let origin =
        filter.origins.is_empty() || entry.deliveries.iter().any(|delivery| filter.origins.contains(&delivery.origin));
    let invalid = |delivery: &Delivery| delivery.verdict.signature == Signature::Invalid;
    let verdict = !filter.invalid || entry.deliveries.iter().any(invalid);
    let answered = Filter {
        statuses: filter.statuses.clone(),
        conditions: filter.conditions.clone(),
        text: filter.text.clone(),
        ..Filter::default()
    };
    event && origin && verdict && (!failed || entry.is_missed()) && answered.admits(&as_delivery(entry))
}

/// The message as a delivery would be: its body, and the last answer.
fn as_delivery(entry: &Entry) -> Delivery {
    let body = entry.message.payload.to_string().into_bytes();
    let headers = vec![("svix-id".to_owned(), entry.message.id.clone())];
    let request = crate::delivery::Request { headers, body, ..crate::delivery::Request::default() };
    let answer = entry.attempts.first().map(|attempt| crate::delivery::Answer {
        status: attempt.response_status_code,
        body: attempt.response.clone().into_bytes(),
        ..crate::delivery::Answer::default()
    });
    Delivery { answer, ..Delivery::new(entry.message.timestamp, Witness::Agent, request) }
}
