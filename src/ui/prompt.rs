//! Asking a person. Each question has a flag that answers it, which is named where nobody can be asked.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Ui;
use super::question::{self, Keys, Offer, Question};
use crate::error::{Error, Result};
use crate::report::Report;
use crate::secret::Secret;

/// What a yes-or-no question got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// A question on the terminal. However it ends, the terminal is then as it was.
struct Standing {
    ui: Arc<Ui>,
    stands: Arc<AtomicBool>,
}

impl Standing {
    fn begin(ui: &Arc<Ui>) -> Self {
        ui.output.hold();
        Self { ui: Arc::clone(ui), stands: Arc::new(AtomicBool::new(true)) }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.stands.store(false, Ordering::Release);
        self.ui.output.release();
    }
}

impl Ui {
    /// Asks a yes-or-no question, until the end is asked for (`ended`).
    ///
    /// # Errors
    /// `NeedsAnswer` where nobody can be asked, `Declined` when it is left, `Interrupted` when the end is asked for.
    pub async fn confirm(self: &Arc<Self>, question: Question, ended: impl Future<Output = ()>) -> Result<Answer> {
        let put = |question: &Question, keys: &Keys| question::confirm(question, keys);
        Ok(if self.ask(question, ended, put).await? { Answer::Yes } else { Answer::No })
    }

    /// Asks whether to go on; a no is as good as leaving.
    ///
    /// # Errors
    /// Those of [`Ui::confirm`].
    pub async fn agree(self: &Arc<Self>, question: Question, ended: impl Future<Output = ()>) -> Result<()> {
        let left = question.left();
        match self.confirm(question, ended).await? {
            Answer::Yes => Ok(()),
            Answer::No => Err(Error::Declined { left }),
        }
    }

    /// Asks for a secret without showing it.
    ///
    /// # Errors
    /// Those of [`Ui::confirm`].
    pub async fn ask_secret(self: &Arc<Self>, question: Question, ended: impl Future<Output = ()>) -> Result<Secret> {
        self.ask(question, ended, |question: &Question, keys: &Keys| question::secret(question, keys)).await
    }

    /// Has a person pick one of several; gives its index.
    ///
    /// # Errors
    /// Those of [`Ui::confirm`].
    pub async fn pick(
        self: &Arc<Self>,
        question: Question,
        offered: Vec<Offer>,
        ended: impl Future<Output = ()>,
    ) -> Result<usize> {
        let put = move |question: &Question, keys: &Keys| question::pick(question, &offered, keys);
        self.ask(question, ended, put).await
    }

    async fn ask<T: Send + 'static>(
        self: &Arc<Self>,
        question: Question,
        ended: impl Future<Output = ()>,
        put: impl FnOnce(&Question, &Keys) -> io::Result<Option<T>> + Send + 'static,
    ) -> Result<T> {
        let ask = question.text();
        if !self.interactive() {
            return Err(Error::NeedsAnswer { question: ask, flag: question.flag() });
        }
        self.ask_for(&question);
        // The next one waits until this one is off the screen.
        let _turn = self.asking.lock().await;
        let (standing, left) = (Standing::begin(self), question.left());
        let keys = Keys::new(Arc::clone(&standing.stands));
        let given = tokio::select! {
            // A terminal that is gone answers nothing.
            given = tokio::task::spawn_blocking(move || put(&question, &keys)) => {
                given.ok().and_then(Result::ok).flatten().ok_or(Error::Declined { left })
            }
            () = ended => Err(Error::Interrupted),
        };
        drop(standing);
        self.emit(&Report::Answered { ask, given: given.is_ok() });
        given
    }

    /// Tells that a question needs an answer.
    pub fn ask_for(&self, question: &Question) {
        self.emit(&Report::Question(question.told()));
    }
}
