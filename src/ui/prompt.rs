//! Questions to a person. Each has a flag that answers it, which is named where nobody can be asked.

use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Password, Select};

use super::painted::Painted;
use super::{Ui, human};
use crate::error::{Error, Result};
use crate::event::Delivery;
use crate::secret::{Secret, mask_text};

/// What a yes-or-no question got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
}

impl Ui {
    /// Asks a yes-or-no question; Enter means yes.
    ///
    /// # Errors
    /// `NeedsAnswer` where nobody can be asked, `Interrupted` on Ctrl-C.
    pub fn confirm(&self, question: &str, flag: &'static str) -> Result<Answer> {
        let question = &spoken(question);
        self.ask(question, flag, || {
            let theme = ColorfulTheme::default();
            let prompt = Confirm::with_theme(&theme).with_prompt(question).default(true);
            prompt.interact_opt().map(|yes| yes.map(|yes| if yes { Answer::Yes } else { Answer::No }))
        })
    }

    /// Asks for a secret without showing it.
    ///
    /// # Errors
    /// `NeedsAnswer` where nobody can be asked, `Interrupted` on Ctrl-C.
    pub fn ask_secret(&self, question: &str, flag: &'static str) -> Result<Secret> {
        let question = &spoken(question);
        self.ask(question, flag, || {
            let theme = ColorfulTheme::default();
            let prompt = Password::with_theme(&theme).with_prompt(question);
            prompt.interact().map(|text| Some(Secret::new(text)))
        })
    }

    /// Has a person pick one of several deliveries; gives its index.
    ///
    /// # Errors
    /// `NeedsAnswer` where nobody can be asked, `Interrupted` on Ctrl-C or Escape.
    pub fn pick(&self, question: &str, offered: &[Delivery], flag: &'static str) -> Result<usize> {
        let lines: Vec<String> =
            offered.iter().map(|delivery| mask_text(&human::delivery(delivery, None).plain())).collect();
        let question = &spoken(question);
        self.ask(question, flag, || {
            let theme = ColorfulTheme::default();
            Select::with_theme(&theme).with_prompt(question).items(&lines).default(0).interact_opt()
        })
    }

    fn ask<T>(
        &self,
        question: &str,
        flag: &'static str,
        prompt: impl FnOnce() -> dialoguer::Result<Option<T>>,
    ) -> Result<T> {
        if !self.interactive() {
            return Err(Error::NeedsAnswer { question: question.to_owned(), flag });
        }
        self.hold();
        let answer = prompt().ok().flatten();
        self.release();
        answer.ok_or(Error::Interrupted)
    }
}

/// A prompt draws itself, so its text does not pass through the stream.
fn spoken(question: &str) -> String {
    mask_text(Painted::text(question).as_str())
}
