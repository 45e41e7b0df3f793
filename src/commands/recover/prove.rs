//! The proof that what was asked for arrives: on this machine by the history, elsewhere by Svix's attempts.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::Missed;
use super::again::{Asked, each};
use crate::error::{Error, Result};
use crate::steps::Context;
use crate::steps::log::Log;
use crate::steps::since::Arrivals;
use crate::svix::{Attempt, Outcome, Span};

/// How often the history is looked at.
const EVERY: Duration = Duration::from_millis(100);

/// How often Svix is asked for what was not seen here.
const ASKED: Duration = Duration::from_secs(2);

/// How many attempts are read.
const ATTEMPTS: usize = 5000;

/// How many that are left are named.
const NAMED: usize = 10;

/// What became of the messages.
#[derive(Debug)]
pub struct Proof {
    began: Timestamp,
    fates: BTreeMap<String, Fate>,
}

#[derive(Debug)]
struct Fate {
    event: String,
    /// How often the app took it.
    taken: usize,
    /// Why it did not arrive, as far as that is known.
    failed: Option<String>,
    asked_alone: bool,
}

impl Fate {
    fn is_settled(&self) -> bool {
        self.taken > 0 || self.failed.is_some()
    }
}

impl Proof {
    /// Nothing is known yet, but of those that Svix refused to send.
    pub fn of(missed: &Missed, mut refused: Asked) -> Self {
        let fate = |event: &str, failed| Fate { event: event.to_owned(), taken: 0, failed, asked_alone: false };
        let messages = missed.entries.iter().map(|entry| &entry.message);
        let fates =
            messages.map(|message| (message.id.clone(), fate(&message.event_type, refused.remove(&message.id))));
        Self { began: missed.until, fates: fates.collect() }
    }

    /// How many the app took.
    pub fn recovered(&self) -> usize {
        self.fates.values().filter(|fate| fate.taken > 0).count()
    }

    /// How many it took more than once.
    pub fn repeated(&self) -> usize {
        self.fates.values().filter(|fate| fate.taken > 1).count()
    }

    /// Those that it did not take, and why.
    pub fn left(&self) -> Vec<(&str, String)> {
        let left = self.fates.iter().filter(|(_, fate)| fate.taken == 0);
        let why = |fate: &Fate| fate.failed.clone().unwrap_or_else(|| "was not seen to arrive".to_owned());
        left.map(|(id, fate)| (id.as_str(), format!("{}: {}", fate.event, why(fate)))).collect()
    }

    /// Until each has come or failed, or nothing came for the time that is allowed.
    ///
    /// # Errors
    /// `Interrupted`, those of Svix and of the history.
    pub async fn follow(
        &mut self,
        context: &Context,
        log: &Log,
        mut arrivals: Arrivals,
        timeout: Duration,
    ) -> Result<()> {
        let mut rhythm = interval(EVERY);
        rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut deadline, mut ask) = (Instant::now() + timeout, Instant::now() + ASKED.min(timeout / 2));
        loop {
            tokio::select! {
                () = context.shutdown.wait() => return Err(Error::Interrupted),
                _ = rhythm.tick() => {}
            }
            if self.see(context, log, &mut arrivals)? {
                deadline = Instant::now() + timeout;
            }
            if self.fates.values().all(Fate::is_settled) {
                return Ok(());
            }
            let late = Instant::now() >= deadline;
            if late || Instant::now() >= ask {
                ask = Instant::now() + ASKED;
                context.unless_interrupted(self.ask(log)).await?;
            }
            if late {
                return Ok(());
            }
        }
    }

    /// What came to this machine; whether something did.
    fn see(&mut self, context: &Context, log: &Log, arrivals: &mut Arrivals) -> Result<bool> {
        let mut any = false;
        for delivery in arrivals.news(context)?.into_iter().filter(|_| log.is_ours) {
            let id = delivery.message_id.as_deref().unwrap_or_default();
            let Some(fate) = self.fates.get_mut(id) else { continue };
            any = true;
            match delivery.status() {
                Some(status) if status / 100 == 2 => fate.taken += 1,
                status => fate.failed = status.map(|status| format!("answered {status}")),
            }
            context.ui.kept(&delivery);
        }
        Ok(any)
    }

    /// What Svix knows of those that were not seen. One that it has not tried again is asked for by itself, once.
    async fn ask(&mut self, log: &Log) -> Result<()> {
        let span = Span { since: Some(self.began), ..Span::default() };
        let tries = log.svix.tries(&log.endpoint.id, &span, None, ATTEMPTS).await?;
        let mut alone = Vec::new();
        for (id, fate) in self.fates.iter_mut().filter(|(_, fate)| !fate.is_settled()) {
            match tries.iter().find(|attempt| attempt.msg_id == *id) {
                Some(attempt) if attempt.outcome() == Outcome::Failed => fate.failed = Some(why(attempt)),
                Some(attempt) if attempt.outcome() == Outcome::Delivered && !log.is_ours => fate.taken += 1,
                Some(_) => {}
                None if fate.asked_alone => {}
                None => {
                    fate.asked_alone = true;
                    alone.push(id.clone());
                }
            }
        }
        for (id, words) in each(&log.svix, &log.endpoint.id, alone).await? {
            if let Some(fate) = self.fates.get_mut(&id) {
                fate.failed = Some(words);
            }
        }
        Ok(())
    }
}

fn why(attempt: &Attempt) -> String {
    match attempt.response_status_code {
        0 => format!("no answer: {}", attempt.response.lines().next().unwrap_or_default()),
        status => format!("answered {status}"),
    }
}

/// A line for each of the first.
pub fn lines(left: &[(&str, String)]) -> String {
    let mut lines: Vec<String> = left.iter().take(NAMED).map(|(id, why)| format!("{id} {why}")).collect();
    if left.len() > NAMED {
        lines.push(format!("and {} more", left.len() - NAMED));
    }
    lines.join("\n")
}
