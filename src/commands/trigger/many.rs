//! Many events, one after the other or on a schedule: lines as far as a screen goes, then a summary.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::Pace;
use super::compose::Source;
use super::send::{Sender, Sent};
use super::tally::Tally;
use crate::error::{Error, Result};
use crate::http::Obstacle;
use crate::report::{Report, Step, Trigger};
use crate::scenario::Expected;
use crate::steps::Context;

/// How many may wait for their answers at once; a slow app is not to be buried.
const IN_FLIGHT: usize = 50;

/// So many are shown line by line, as a person reads at most one screen.
const LINES: u32 = 20;

/// Of more than that, so many unexpected answers are.
const UNEXPECTED: usize = 5;

/// Sends them all.
///
/// # Errors
/// `Interrupted` after the summary; the first message's that was not answered as expected.
pub async fn send(context: &Context, sender: Sender, source: Source, pace: Pace, expected: Expected) -> Result<()> {
    let mut run = Run { context, sender: Arc::new(sender), pace, tally: Tally::begin(pace.rate), failed: None };
    let ended = run.all(&source, expected).await;
    context.ui.settle();
    context.ui.emit(&Report::Summary(run.tally.summary()));
    ended?;
    match run.failed {
        Some(sent) => Err(several(sent.judge(&run.sender), &run.tally)),
        None => Ok(()),
    }
}

struct Run<'a> {
    context: &'a Context,
    sender: Arc<Sender>,
    pace: Pace,
    tally: Tally,
    failed: Option<Sent>,
}

impl Run<'_> {
    async fn all(&mut self, source: &Source, expected: Expected) -> Result<()> {
        let at_once = if self.pace.rate.is_some() { IN_FLIGHT } else { 1 };
        let (start, mut next, mut flying) = (Instant::now(), 0, JoinSet::new());
        while next < self.pace.count || !flying.is_empty() {
            let free = next < self.pace.count && flying.len() < at_once;
            tokio::select! {
                biased;
                () = self.context.shutdown.wait() => {
                    self.tally.give_up(flying.len());
                    return Err(Error::Interrupted);
                }
                Some(done) = flying.join_next() => {
                    let Ok(sent) = done else { continue };
                    if self.take(sent) {
                        return Ok(());
                    }
                }
                () = sleep_until(start + self.due(next)), if free => {
                    let (sender, message) = (Arc::clone(&self.sender), source.message(u64::from(next))?);
                    flying.spawn(async move { sender.send(&message, expected, None).await });
                    next += 1;
                }
            }
        }
        Ok(())
    }

    /// When the nth is due: reckoned from the start, so that no delay adds up.
    fn due(&self, nth: u32) -> Duration {
        self.pace.rate.map_or(Duration::ZERO, |rate| Duration::from_secs_f64(f64::from(nth) / rate))
    }

    /// Counts and shows one; whether there is no point in going on.
    fn take(&mut self, sent: Sent) -> bool {
        self.tally.count(&sent.told);
        let shown = self.pace.count <= LINES || (!sent.told.ok && self.tally.unexpected() <= UNEXPECTED);
        if shown {
            sent.tell(self.context);
        } else {
            self.context.ui.emit(&Report::Trigger(Trigger { counted: true, ..sent.told.clone() }));
        }
        if self.pace.count > LINES {
            let so_far = format!("{} of {} answered", self.tally.sent(), self.pace.count);
            self.context.ui.progress(Step::Test, &so_far);
        }
        let unreachable = sent.outcome.as_ref().err().map(|unreachable| unreachable.kind);
        let hopeless = matches!(unreachable, Some(Obstacle::NoConnection | Obstacle::Certificate));
        if !sent.told.ok && self.failed.is_none() {
            self.failed = Some(sent);
        }
        hopeless && self.tally.answered() == 0
    }
}

/// The first one's error, with how many there were.
fn several(judged: Result<()>, tally: &Tally) -> Error {
    let counted = |found: String| format!("{} of {} were not; the first: {found}", tally.unexpected(), tally.sent());
    match judged {
        Err(Error::NotDelivered { event, hop, found, fix }) => {
            Error::NotDelivered { event, hop, found: counted(found), fix }
        }
        Err(Error::AnswerUnexpected { event, found, fix }) => {
            Error::AnswerUnexpected { event, found: counted(found), fix }
        }
        Err(other) => other,
        Ok(()) => Error::Interrupted,
    }
}
