//! Clerk's side of an endpoint: its messages and attempts as Svix keeps them, joined with the history by `svix-id`.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use super::endpoint::{self, Intent};
use super::{Context, kept};
use crate::clerk::Clerk;
use crate::delivery::{Delivery, Origin};
use crate::error::{Error, Result};
use crate::history::Reference;
use crate::report;
use crate::svix::{Attempt, Endpoint, Logged, Outcome, Span, Standing, Svix};

/// How many attempts are read for a list.
const ATTEMPTS: usize = 5000;

/// What came later than this after Svix took it came late.
const LATE: SignedDuration = SignedDuration::from_secs(60);

/// So long a first attempt may take, and is in no list meanwhile (Svix docs: it gives up after 15 s).
const FIRST_ATTEMPT: SignedDuration = SignedDuration::from_secs(20);

/// So long what came may be on its way into the history.
const WRITTEN: SignedDuration = SignedDuration::from_secs(10);

/// A session with Svix, about one endpoint.
#[derive(Debug)]
pub struct Log {
    /// The session.
    pub svix: Svix,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Whether it is this machine's.
    pub is_ours: bool,
    clerk: Clerk,
}

/// A message, its attempts with the newest first, and where it was seen here.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The message.
    pub message: Logged,
    /// Attempts to deliver it to the endpoint.
    pub attempts: Vec<Attempt>,
    /// Deliveries of the history, the oldest first.
    pub deliveries: Vec<Delivery>,
    /// Whether the history reaches back to it.
    pub is_in_reach: bool,
}

impl Log {
    /// Opens it: about the endpoint that is named, else this machine's.
    ///
    /// # Errors
    /// `EndpointMissing`, `EndpointUnknown`, those of Clerk and Svix.
    pub async fn open(context: &Context, intent: Intent, named: Option<&str>) -> Result<Self> {
        let clerk = endpoint::clerk(context, intent).await?;
        let connected = context.unless_interrupted(endpoint::connect_by(context, &clerk, intent)).await?;
        let remote = connected.ok_or(Error::EndpointMissing)?;
        let ours = endpoint::ours(context, &remote.endpoints)?;
        let found = match named {
            Some(name) => named_endpoint(&remote.endpoints, name).cloned(),
            None => ours.clone().ok_or(Error::EndpointMissing),
        };
        match found {
            Ok(endpoint) => {
                let is_ours = ours.is_some_and(|ours| ours.id == endpoint.id);
                Ok(Self { svix: remote.svix, endpoint, is_ours, clerk })
            }
            Err(error) => {
                remote.svix.log_out().await;
                Err(error)
            }
        }
    }

    /// The newest messages that were sent to the endpoint, or that it listens to and should have got; newest first. Where
    /// the span has no beginning, it begins with the endpoint.
    ///
    /// # Errors
    /// Those of Svix and of the history.
    pub async fn read(&self, context: &Context, span: &Span, most: usize) -> Result<Vec<Entry>> {
        let meant = Span { since: span.since.or(self.endpoint.created_at), ..span.clone() };
        let listened = Span { events: span.events.clone().or_else(|| self.endpoint.events.clone()), ..meant.clone() };
        let both = async {
            tokio::try_join!(self.svix.sent_to(&self.endpoint.id, &meant, most), self.svix.taken(&listened, most))
        };
        let (sent, taken) = context.unless_interrupted(both).await?;
        // A list that was cut says nothing of what is older.
        let reaches = |list: &[Logged]| list.last().filter(|_| list.len() >= most).map(|oldest| oldest.timestamp);
        let from = reaches(&sent).max(reaches(&taken));
        let known: HashSet<&str> = sent.iter().map(|message| message.id.as_str()).collect();
        let missed = taken.iter().filter(|message| !known.contains(message.id.as_str())).cloned().collect();
        let missed =
            self.without_examples(context, missed).await?.into_iter().map(|missed| self.perhaps_under_way(missed));
        let mut messages: Vec<Logged> = sent.iter().cloned().chain(missed).collect();
        messages.retain(|message| from.is_none_or(|from| message.timestamp >= from));
        messages.sort_by(|one, other| (other.timestamp, &other.id).cmp(&(one.timestamp, &one.id)));
        messages.truncate(most);
        self.joined(context, messages).await
    }

    /// How many messages of a span were never sent to the endpoint, examples for others too.
    ///
    /// # Errors
    /// Those of Svix.
    pub async fn missing(&self, since: Timestamp, until: Timestamp) -> Result<usize> {
        let span = Span { since: Some(since), until: Some(until), events: None };
        let listened = Span { events: self.endpoint.events.clone(), ..span.clone() };
        let (sent, taken) = tokio::try_join!(
            self.svix.sent_to(&self.endpoint.id, &span, ATTEMPTS),
            self.svix.taken(&listened, ATTEMPTS)
        )?;
        let sent: HashSet<String> = sent.into_iter().map(|message| message.id).collect();
        Ok(taken.iter().filter(|message| !sent.contains(&message.id)).count())
    }

    /// One message with all its attempts.
    ///
    /// # Errors
    /// `MessageUnknown`, those of Svix and of the history.
    pub async fn one(&self, context: &Context, id: &str) -> Result<Entry> {
        let unknown = || Error::MessageUnknown { id: id.to_owned(), endpoint: self.endpoint.id.clone() };
        let message = context.unless_interrupted(self.svix.message(id)).await?.ok_or_else(unknown)?;
        let second = SignedDuration::from_secs(1);
        let around = Span {
            since: message.timestamp.checked_sub(second).ok(),
            until: message.timestamp.checked_add(second).ok(),
            events: None,
        };
        let asked = async {
            let sent = self.svix.sent_to(&self.endpoint.id, &around, ATTEMPTS);
            tokio::try_join!(sent, self.svix.attempts(id, &self.endpoint.id))
        };
        let (sent, attempts) = context.unless_interrupted(asked).await?;
        let sent = sent.into_iter().find(|sent| sent.id == id);
        let message = if attempts.is_empty() { self.perhaps_under_way(message) } else { message };
        let (deliveries, is_in_reach) = seen(context, &message)?;
        Ok(Entry { message: sent.unwrap_or(message), attempts, deliveries, is_in_reach })
    }

    /// What has just been taken for an endpoint that is enabled may be being sent for the first time.
    fn perhaps_under_way(&self, message: Logged) -> Logged {
        let is_fresh = Timestamp::now().duration_since(message.timestamp) < FIRST_ATTEMPT;
        if is_fresh && !self.endpoint.disabled { message.under_way() } else { message }
    }

    async fn joined(&self, context: &Context, messages: Vec<Logged>) -> Result<Vec<Entry>> {
        let Some(oldest) = messages.last() else { return Ok(Vec::new()) };
        let span = Span { since: oldest.timestamp.checked_sub(SignedDuration::from_secs(1)).ok(), ..Span::default() };
        let tries = context.unless_interrupted(self.svix.tries(&self.endpoint.id, &span, None, ATTEMPTS)).await?;
        let mut by_message: HashMap<String, Vec<Attempt>> = HashMap::new();
        for attempt in tries {
            by_message.entry(attempt.msg_id.clone()).or_default().push(attempt);
        }
        let entry = |message: Logged| {
            let attempts = by_message.remove(&message.id).unwrap_or_default();
            let (deliveries, is_in_reach) = seen(context, &message)?;
            Ok(Entry { message, attempts, deliveries, is_in_reach })
        };
        messages.into_iter().map(entry).collect()
    }

    /// The example that somebody had sent to another endpoint was never meant for this one. It does not tell of this
    /// instance.
    async fn without_examples(&self, context: &Context, messages: Vec<Logged>) -> Result<Vec<Logged>> {
        if messages.is_empty() {
            return Ok(messages);
        }
        let instance = context.unless_interrupted(self.clerk.instance()).await?.id;
        let is_foreign = |message: &Logged| message.payload["instance_id"].as_str().is_some_and(|id| id != instance);
        Ok(messages.into_iter().filter(|message| !is_foreign(message)).collect())
    }

    /// Ends the session.
    pub async fn close(&self) {
        self.svix.log_out().await;
    }
}

/// An endpoint by its id, its uid or its URL.
///
/// # Errors
/// `EndpointUnknown`.
pub fn named_endpoint<'a>(endpoints: &'a [Endpoint], name: &str) -> Result<&'a Endpoint> {
    let is =
        |endpoint: &&Endpoint| endpoint.id == name || endpoint.uid.as_deref() == Some(name) || endpoint.url == name;
    endpoints.iter().find(is).ok_or_else(|| Error::EndpointUnknown { id: name.to_owned(), known: listed(endpoints) })
}

/// A line for each endpoint.
pub fn listed(endpoints: &[Endpoint]) -> String {
    let lines = endpoints.iter().map(|endpoint| format!("{} {}", endpoint.id, endpoint.url));
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { "it has none".to_owned() } else { lines.join("\n") }
}

/// The message id that a person means: as Svix has it, or any name of a kept delivery.
///
/// # Errors
/// `DeliveryAmbiguous`, `HistoryUnusable`.
pub fn message_id(context: &Context, name: &str) -> Result<String> {
    let Ok(reference) = name.parse::<Reference>();
    let store = kept::open(context)?;
    let found = store.map(|store| kept::find(context, &store, &reference)).transpose()?.flatten();
    Ok(found.and_then(|delivery| delivery.message_id).unwrap_or_else(|| name.to_owned()))
}

/// What was seen of a message here, and whether the history reaches back to it.
fn seen(context: &Context, message: &Logged) -> Result<(Vec<Delivery>, bool)> {
    let Some(store) = kept::open(context)? else { return Ok((Vec::new(), false)) };
    let unusable = |fault| kept::unusable(context, fault);
    let mut deliveries = store.of_message(&message.id).map_err(unusable)?;
    // What clerkhook sent again itself is no delivery of Svix's.
    deliveries.retain(|delivery| !matches!(delivery.origin, Origin::Replay | Origin::Check | Origin::Trigger));
    let oldest = store.oldest().map_err(unusable)?;
    let is_written = Timestamp::now().duration_since(message.timestamp) > WRITTEN;
    Ok((deliveries, is_written && oldest.is_some_and(|oldest| oldest.time() <= message.timestamp)))
}

impl Entry {
    /// How it stands.
    pub fn state(&self) -> report::MessageState {
        match self.message.standing() {
            None if self.attempts.is_empty() => report::MessageState::NotSent,
            Some(Standing::Delivered) => report::MessageState::Delivered,
            // Some servers tell the first attempt's time as the next one.
            Some(Standing::Retrying) if self.attempts.is_empty() => report::MessageState::Pending,
            Some(Standing::Retrying) => report::MessageState::Retrying,
            Some(Standing::Pending) => report::MessageState::Pending,
            None if self.attempts.iter().any(|attempt| attempt.outcome() == Outcome::Delivered) => {
                report::MessageState::Delivered
            }
            Some(Standing::Failed) | None => report::MessageState::Failed,
        }
    }

    /// Whether it has not arrived, as far as Svix knows.
    pub fn is_missed(&self) -> bool {
        use report::MessageState::{Delivered, Failed, NotSent, Pending, Retrying};
        match self.state() {
            Failed | Retrying | NotSent => true,
            Delivered | Pending => false,
        }
    }

    /// How often the app took it.
    pub fn accepted(&self) -> usize {
        self.taken().count()
    }

    fn taken(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().filter(|delivery| delivery.status().is_some_and(|status| status / 100 == 2))
    }

    /// What stands out.
    pub fn remark(&self) -> Option<String> {
        use report::MessageState::{Delivered, Failed, NotSent, Pending, Retrying};
        let late = self.taken().next().map(|first| first.received_at.duration_since(self.message.timestamp));
        match (self.state(), self.accepted()) {
            (NotSent, _) => Some("never sent: the endpoint was disabled, or did not listen to it then".to_owned()),
            (Failed, 0) => Some("given up".to_owned()),
            (Failed | Retrying, _) if self.accepted() > 0 => {
                Some("the app took it, and Svix counts it as failed: its answer came too late".to_owned())
            }
            (Delivered, 0) if self.is_in_reach => Some("not seen on this machine".to_owned()),
            (_, times @ 2..) => Some(format!("the app took it {times} times")),
            (Delivered, _) => late.filter(|late| *late > LATE).map(|late| format!("late by {}", span_words(late))),
            (Failed | Retrying | Pending, _) => None,
        }
    }

    /// As it is told.
    pub fn told(&self) -> report::Message {
        let last = self.attempts.first();
        report::Message {
            counted: false,
            message_id: self.message.id.clone(),
            event: self.message.event_type.clone(),
            sent_at: self.message.timestamp.to_string(),
            status: self.state(),
            attempts: self.attempts.len(),
            status_code: last.map(|attempt| attempt.response_status_code).filter(|status| *status > 0),
            duration_ms: last.map(|attempt| attempt.response_duration_ms),
            next_attempt: self.message.next_attempt.map(|time| time.to_string()),
            arrived: self.deliveries.len(),
            accepted: self.accepted(),
            deliveries: self.deliveries.iter().map(|delivery| delivery.id.to_string()).collect(),
            remark: self.remark(),
        }
    }
}

/// `40 s`, `5 min`, `3 h 20 min`, `2 d 4 h`.
pub fn span_words(span: SignedDuration) -> String {
    match span.as_secs().max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds @ 7200..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        seconds => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// Since when, of a moment that was typed.
pub fn time_of(bound: &crate::delivery::Bound) -> Timestamp {
    bound.id(Timestamp::now()).time()
}
