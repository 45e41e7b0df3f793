//! What others ask of a running set-up, and what waits for a peer beside it: neither holds up the other for long.

use std::time::Duration;

use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::sleep;

use crate::error::{Error, Result};
use crate::running::control::{Asked, Control};
use crate::steps::Context;

/// How long a question waits for what is under way.
const WAITS: Duration = Duration::from_secs(1);

/// The questions, in order.
#[derive(Debug)]
pub struct Inbox {
    questions: Option<Receiver<Asked>>,
    /// The one that came while something else was under way.
    first: Option<Asked>,
}

impl Inbox {
    /// Takes the questions over from the channel, which stays open.
    pub fn of(control: Option<&mut Control>) -> Self {
        let questions = control.map(|control| std::mem::replace(&mut control.questions, channel(1).1));
        Self { questions, first: None }
    }

    /// The next question that somebody still waits for. Safe to cancel and call again.
    pub async fn next(&mut self) -> Asked {
        loop {
            let asked = match (self.first.take(), &mut self.questions) {
                (Some(first), _) => Some(first),
                (None, Some(questions)) => questions.recv().await,
                (None, None) => None,
            };
            match asked {
                Some(asked) if asked.reply.is_closed() => {}
                Some(asked) => return asked,
                None => std::future::pending().await,
            }
        }
    }

    /// Runs what waits for a peer. `None` when it was left, because a question has waited for it long enough; it must be
    /// safe to be left.
    ///
    /// # Errors
    /// `Interrupted` when the end is asked for; the work's own.
    pub async fn beside<T>(&mut self, context: &Context, work: impl Future<Output = Result<T>>) -> Result<Option<T>> {
        let asked = async {
            self.first = Some(self.next().await);
            sleep(WAITS).await;
        };
        tokio::select! {
            done = work => done.map(Some),
            () = context.shutdown.wait() => Err(Error::Interrupted),
            () = asked => Ok(None),
        }
    }
}
