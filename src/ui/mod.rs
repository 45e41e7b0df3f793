//! The one owner of stdout and stderr: data on stdout, talk on stderr, events as lines for a person or as JSON.

mod conformance;
mod early;
mod held;
mod human;
mod json;
mod paint;
mod payload;
mod prompt;
mod question;
mod steps;
mod text;
mod trigger;
mod verdict;

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::{AutoStream, ColorChoice};

pub use early::{farewell, log, refuse, tell};
use held::{Held, Line};
pub use prompt::Answer;
pub use question::{Offer, Question};
use steps::Steps;
pub use text::harmless;

use crate::error::Error;
use crate::event::{Check, Event, Received, Status, Step, UserAction};
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
}

/// Both streams.
pub struct Ui {
    options: Options,
    streams: Mutex<Streams>,
    width: Option<usize>,
    interactive: bool,
    /// Whose turn it is to ask.
    asking: tokio::sync::Mutex<()>,
    on_closed: Box<dyn Fn() + Send + Sync>,
}

struct Streams {
    stdout: AutoStream<std::io::Stdout>,
    stderr: AutoStream<std::io::Stderr>,
    steps: Steps,
    held: Option<Held>,
    failed: Option<String>,
    last_line: Option<String>,
    closed: bool,
}

impl Ui {
    /// `on_closed` is called once, when nobody reads stdout any more.
    pub fn new(options: Options, on_closed: impl Fn() + Send + Sync + 'static) -> Self {
        let choice = match options.colour {
            Colour::Auto => ColorChoice::Auto,
            Colour::Always => ColorChoice::AlwaysAnsi,
            Colour::Never => ColorChoice::Never,
        };
        let stderr_terminal = std::io::stderr().is_terminal();
        let streams = Streams {
            stdout: AutoStream::new(std::io::stdout(), choice),
            stderr: AutoStream::new(std::io::stderr(), choice),
            steps: Steps::new(stderr_terminal && !options.json && !options.quiet),
            held: None,
            failed: None,
            last_line: None,
            closed: false,
        };
        let width = stderr_terminal.then(|| usize::from(console::Term::stderr().size().1));
        let interactive = std::io::stdin().is_terminal() && stderr_terminal && !options.no_input && !options.json;
        Self {
            options,
            streams: Mutex::new(streams),
            width,
            interactive,
            asking: tokio::sync::Mutex::new(()),
            on_closed: Box::new(on_closed),
        }
    }

    /// Whether a person can be asked.
    pub fn interactive(&self) -> bool {
        self.interactive
    }

    /// Whether another program can take the terminal over, such as an editor.
    pub fn has_screen(&self) -> bool {
        self.interactive && std::io::stdout().is_terminal()
    }

    /// Whether stdout carries JSON lines.
    pub fn json(&self) -> bool {
        self.options.json
    }

    /// Shows an event.
    pub fn emit(&self, event: &Event) {
        if self.options.json {
            return self.json_line(event);
        }
        let width = self.width;
        match event {
            Event::Step { step, status, detail, .. } => self.step(*step, *status, detail),
            Event::Ready(ready) => self.talk(&human::ready(ready)),
            Event::Stopped(stopped) => self.end(human::stopped(stopped, width.is_some())),
            Event::Serving(serving) => self.talk(&human::serving(serving)),
            Event::Setting(setting) => self.talk(&human::setting(setting, width)),
            Event::Tunnel(tunnel) => self.data(&tunnel.public_url),
            Event::Endpoint(endpoint) => self.data(&human::endpoint(endpoint)),
            Event::Secured(secured) => self.data(&human::secured(secured)),
            Event::Replay(replay) => self.data(&human::replay(replay)),
            Event::Delivery(delivery) => self.data(&human::delivery(delivery, width)),
            Event::User(user) => match user.action {
                UserAction::Created => self.data(&harmless(&user.user_id)),
                UserAction::Updated => {}
                UserAction::Deleted => self.end(human::deleted(user)),
            },
            Event::Plan(plan) => self.data(&human::plan(plan, width)),
            Event::Check(check) => self.data(&human::check(check, width)),
            Event::Status(part) => self.data(&human::standing(part, width)),
            Event::Case(case) => self.data(&conformance::case(case, width)),
            Event::Conformance(ended) => self.data(&conformance::ended(ended)),
            Event::Sandbox(sandbox) => self.data(&human::sandbox(sandbox)),
            Event::Verdict(verdict) => self.data(&verdict::verdict(verdict, width)),
            Event::Trigger(sent) => self.data(&trigger::line(sent, width)),
            Event::Summary(summary) => self.data(&trigger::summary(summary, width)),
            Event::EventType(kind) => self.data(&trigger::event_type(kind, width)),
            Event::Request(_) => self.json_line(event),
            Event::Proof(_) => {}
        }
    }

    /// Records an event for programs; to a person something else tells it.
    pub fn record(&self, event: &Event) {
        if self.options.json {
            self.json_line(event);
        }
    }

    /// The checks of one group: those that hold are one line to a person, the others one for each cause.
    pub fn checks(&self, checks: &[Check]) {
        if self.options.json {
            return checks.iter().for_each(|check| self.json_line(&Event::Check(check.clone())));
        }
        conformance::lines(checks, self.width).iter().for_each(|line| self.data(line));
    }

    /// Requests to the built-in app: a line each, and unless quiet headers and body. Written at once, because they may
    /// come by the ten thousand.
    pub fn received(&self, batch: &[Received]) {
        if batch.is_empty() {
            return;
        }
        let lines = batch.iter().filter_map(|received| match self.options {
            Options { json: true, quiet, .. } => json::received(received, !quiet),
            Options { quiet: true, .. } => Some(human::delivery(&received.delivery, self.width)),
            _ => Some(format!("{}\n{}\n", human::delivery(&received.delivery, self.width), payload::block(received))),
        });
        self.stdout(&lines.collect::<Vec<_>>().join("\n"));
    }

    /// Whether nobody reads stdout any more.
    pub fn closed(&self) -> bool {
        self.streams().closed
    }

    /// A remark for the person; silent with `-q`.
    pub fn note(&self, text: &str) {
        self.remark("note", text);
    }

    /// Something to know; shown with `-q` too.
    pub fn warn(&self, text: &str) {
        self.remark("warning", text);
    }

    /// What ended the command.
    pub fn error(&self, error: &Error) {
        if self.options.json {
            return self.stderr(&json::error(error));
        }
        self.settle();
        if let Error::Declined { .. } = error {
            return self.stderr(&human::declined(error));
        }
        // The line of the step has said what failed.
        let told = self.streams().failed.take().is_some_and(|failed| failed == error.to_string());
        let told = told && !self.options.quiet;
        self.stderr(&human::error(error, self.width, told));
    }

    /// Prints what was held back until everything else was said.
    pub fn finish(&self) {
        let held = self.streams().last_line.take();
        held.iter().for_each(|line| self.talk(&format!("\n{line}")));
    }

    /// Prints a secret to somebody who asked for it.
    pub fn reveal(&self, secret: &Secret) {
        if self.options.json {
            self.stdout(&json::secret(secret));
        } else {
            self.stdout(secret.expose());
        }
    }

    /// The last line, of what was taken down: after a failure it follows what is said of that.
    fn end(&self, line: String) {
        let mut streams = self.streams();
        if streams.failed.is_some() {
            streams.last_line = Some(line);
            return;
        }
        drop(streams);
        self.talk(&line);
    }

    /// Names by group, a line each.
    pub fn groups(&self, groups: &[(&str, Vec<&str>)]) {
        groups.iter().for_each(|(group, names)| self.data(&trigger::group(group, names, self.width)));
    }

    /// A line of data as text.
    pub fn data(&self, line: &str) {
        self.stdout(line);
    }

    /// Prints what still waits for an earlier step or a question, and removes the spinners.
    pub fn settle(&self) {
        self.release();
        let waiting = self.streams().steps.flush();
        waiting.iter().for_each(|line| self.talk(line));
    }

    /// Changes the text of a step's spinner; nothing elsewhere.
    pub fn progress(&self, step: Step, detail: &str) {
        if !self.options.json {
            self.step(step, Status::Start, detail);
        }
    }

    fn step(&self, step: Step, status: Status, detail: &str) {
        // To a person the test event and its proof are one line, which the proof ends.
        let (step, status) = match (step, status) {
            (Step::Test, Status::Ok) => (Step::Test, Status::Start),
            (Step::Proof, status) => (Step::Test, status),
            other => other,
        };
        if status == Status::Fail {
            self.streams().failed = Some(detail.to_owned());
        }
        let ended = self.streams().steps.take(step, status, detail, self.width);
        ended.iter().for_each(|line| self.talk(line));
    }

    fn remark(&self, kind: &str, text: &str) {
        let quiet = self.options.quiet && kind == "note";
        match (self.options.json, quiet) {
            (_, true) => {}
            (true, false) => {
                self.stderr(&json::remark(kind, text));
            }
            (false, false) => {
                let indent = kind.len() + 4;
                self.stderr(&format!("  {kind}: {}", text::hang(&harmless(text), indent, self.width)));
            }
        }
    }

    fn talk(&self, text: &str) {
        if !self.options.quiet {
            self.stderr(text);
        }
    }

    fn json_line(&self, event: &Event) {
        if let Some(line) = json::event(event) {
            self.stdout(&line);
        }
    }

    fn stdout(&self, text: &str) {
        let mut streams = self.streams();
        if streams.closed {
            return;
        }
        if let Some(held) = &mut streams.held {
            held.lines.push(Line::Stdout(text.to_owned()));
            return;
        }
        let Streams { stdout, steps, .. } = &mut *streams;
        let mut failed = false;
        steps.suspend(|| failed = writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_err());
        streams.closed = failed;
        drop(streams);
        if failed {
            (self.on_closed)();
        }
    }

    fn stderr(&self, text: &str) {
        let mut streams = self.streams();
        if let Some(held) = &mut streams.held {
            held.lines.push(Line::Stderr(text.to_owned()));
            return;
        }
        let Streams { stderr, steps, .. } = &mut *streams;
        // When stderr is closed there is nobody left to tell.
        steps.suspend(|| drop(writeln!(stderr, "{text}")));
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
