//! The one owner of stdout and stderr: what a command tells goes to the renderer that was asked for, lines for a person
//! or JSON lines for a program.

pub mod browser;
mod conformance;
mod early;
mod enter;
mod health;
mod held;
mod human;
mod journal;
mod json;
mod json_line;
mod lines;
mod log;
mod logged;
mod paint;
mod painted;
mod patient;
mod payload;
mod prompt;
mod question;
mod shown;
mod steps;
mod stream;
mod text;
mod trigger;
mod verdict;
mod writing;

use std::io::IsTerminal as _;
use std::sync::Arc;

use anstream::ColorChoice;

pub use early::{refuse, tell};
pub use human::local_time;
use json::JsonLines;
use lines::Lines;
pub use log::log;
use patient::GivenUp;
pub use prompt::Answer;
pub use question::{Offer, Offered, Question};
pub use text::harmless;
use writing::Output;

use crate::delivery::{Change, Delivery};
use crate::error::Error;
use crate::report::{Failure, Farewell, Renderer, Report, Seen, Step, Stream};
use crate::secret::Secret;

/// When colours are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// How to talk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// JSON lines instead of text.
    pub json: bool,
    /// Less talk.
    pub quiet: bool,
    /// Colours.
    pub colour: Colour,
    /// Nobody may be asked.
    pub no_input: bool,
    /// Deliveries without headers and bodies in JSON.
    pub brief: bool,
    /// Goes on whoever reads it, and whether anybody does.
    pub detached: bool,
}

/// What a command tells, on its way to whoever shows it; and the questions to a person.
pub struct Ui {
    told: Stream,
    output: Arc<Output>,
    interactive: bool,
    /// Whose turn it is to ask.
    asking: tokio::sync::Mutex<()>,
}

impl Ui {
    /// `given_up` says whether a stream that nobody reads is given up; `on_closed` is called once, when stdout is closed.
    pub fn new(
        options: Options,
        given_up: impl Fn() -> bool + Send + Sync + 'static,
        on_closed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let choice = match options.colour {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        };
        let Options { json, quiet, brief, detached, .. } = options;
        let stderr_terminal = std::io::stderr().is_terminal();
        let live = stderr_terminal && !json && !quiet;
        let output = Arc::new(Output::new(choice, live, detached, &(Arc::new(given_up) as GivenUp), on_closed));
        let width = stderr_terminal.then(|| usize::from(console::Term::stderr().size().1));
        let interactive = std::io::stdin().is_terminal() && stderr_terminal && !options.no_input && !json;
        let renderer: Arc<dyn Renderer> = match json {
            true => Arc::new(JsonLines { output: Arc::clone(&output), quiet, brief }),
            false => Arc::new(Lines::new(Arc::clone(&output), quiet, width)),
        };
        let told = Stream::default();
        told.subscribe(renderer);
        Self { told, output, interactive, asking: tokio::sync::Mutex::new(()) }
    }

    /// Whether a person can be asked.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// Whether another program can take the terminal over, such as an editor.
    pub fn has_screen(&self) -> bool {
        self.interactive && std::io::stdout().is_terminal()
    }

    /// Whether colours are wanted on stdout.
    pub fn coloured(&self) -> bool {
        self.output.stdout_coloured()
    }

    /// Whether nobody reads stdout any more.
    pub fn closed(&self) -> bool {
        self.output.closed()
    }

    /// Why stdout could not be written: a full disk, but not a closed pipe.
    pub fn unwritable(&self) -> Option<Error> {
        self.output.unwritable()
    }

    /// From now on `renderer` is told everything too.
    pub fn subscribe(&self, renderer: Arc<dyn Renderer>) {
        self.told.subscribe(renderer);
    }

    /// Tells something.
    pub fn emit(&self, report: &Report) {
        self.told.emit(report);
        if self.output.lost() {
            self.warn("nobody reads stdout: what was still to be written to it is lost");
        }
    }

    /// Tells what an end in haste leaves behind. Who does not read does not hold it up.
    pub fn farewell(&self, late: bool, left: Vec<String>) {
        self.told.emit_at_once(&Report::Farewell(Farewell::new(late, left)));
    }

    /// A remark for the person; silent with `-q`.
    pub fn note(&self, text: &str) {
        self.emit(&Report::Note { text: text.to_owned() });
    }

    /// Something to know; shown with `-q` too.
    pub fn warn(&self, text: &str) {
        self.emit(&Report::Warning { text: text.to_owned() });
    }

    /// What ended the command, and before it what nobody could be asked.
    pub fn error(&self, error: &Error) {
        // It has said so in another process.
        if let Error::Relayed(_) = error {
            return;
        }
        Question::unasked(error).into_iter().for_each(|question| self.emit(&Report::Question(question)));
        self.emit(&Report::Error(Failure::from(error)));
    }

    /// All was said: prints what was held back until then.
    pub fn finish(&self) {
        self.emit(&Report::Ended);
    }

    /// The work has ended: nothing is under way any more.
    pub fn settle(&self) {
        self.emit(&Report::Settled);
    }

    /// A secret for somebody who asked for it.
    pub fn reveal(&self, secret: &Secret) {
        self.emit(&Report::Secret { secret: secret.clone() });
    }

    /// What a step is at now, for a person who watches.
    pub fn progress(&self, step: Step, detail: &str) {
        self.emit(&Report::Progress { step, detail: detail.to_owned() });
    }

    /// What came to the built-in app.
    pub fn received(&self, batch: Vec<Seen>, raw: bool) {
        self.emit(&Report::Received { batch, raw });
    }

    /// A delivery that passes a running set-up.
    pub fn delivery(&self, delivery: &Delivery) {
        self.emit(&Report::Passed(Box::new(delivery.clone())));
    }

    /// A line of a kept delivery, with the id by which it is found again.
    pub fn kept(&self, delivery: &Delivery) {
        self.emit(&Report::Kept(Box::new(delivery.clone())));
    }

    /// A kept delivery whole. `changed` is what it says otherwise than the last of the same user.
    pub fn shown(&self, delivery: &Delivery, changed: Option<Vec<Change>>) {
        self.emit(&Report::Whole { delivery: Box::new(delivery.clone()), changed });
    }

    /// The bytes of a body and nothing else.
    pub fn bytes(&self, bytes: &[u8]) {
        self.emit(&Report::Bytes(bytes.to_vec()));
    }

    /// A text that another program is to read or run, to its last byte.
    pub fn exact(&self, text: &str) {
        self.emit(&Report::Exact(text.to_owned()));
    }

    /// Deliveries as JSON lines, for a file.
    pub fn delivery_lines(deliveries: &[Delivery]) -> String {
        let lines = deliveries.iter().filter_map(|delivery| json::kept(delivery, true));
        lines.map(|line| line.as_str().to_owned()).collect::<Vec<_>>().join("\n")
    }
}
