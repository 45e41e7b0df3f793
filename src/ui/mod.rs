//! The one owner of stdout and stderr: data on stdout, talk on stderr, events as lines for a person or as JSON.

mod conformance;
mod early;
mod held;
mod human;
mod journal;
mod json;
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
use std::sync::{Arc, Mutex};

use anstream::ColorChoice;

pub use early::{fail, farewell, log, refuse, tell};
use painted::{Painted, painted};
use patient::GivenUp;
pub use prompt::Answer;
pub use question::{Offer, Question};
use stream::Content;
pub use text::harmless;
use writing::Streams;

use crate::delivery::Delivery;
use crate::error::Error;
use crate::report::{Check, Report, Seen, Status, Step, UserAction};
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
        let stderr_terminal = std::io::stderr().is_terminal();
        let streams =
            Streams::new(choice, stderr_terminal && !options.json && !options.quiet, &(Arc::new(given_up) as GivenUp));
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
    pub fn emit(&self, event: &Report) {
        if self.options.json {
            return self.json_line(event);
        }
        let width = self.width;
        match event {
            Report::Step { step, status, detail, .. } => self.step(*step, *status, detail),
            Report::Ready(_) if self.options.detached => {}
            Report::Ready(ready) => self.talk(human::ready(ready)),
            Report::Stopped(stopped) => self.end(human::stopped(stopped, width.is_some())),
            Report::Serving(serving) => self.talk(human::serving(serving)),
            Report::Setting(setting) => self.talk(human::setting(setting, width)),
            Report::Tunnel(tunnel) => self.data(&tunnel.public_url),
            Report::Endpoint(endpoint) => self.lines(human::endpoint(endpoint)),
            Report::Secured(secured) => self.lines(human::secured(secured)),
            Report::Replay(replay) => self.lines(human::replay(replay)),
            Report::Delivery(delivery) => self.lines(human::delivery(delivery, width)),
            Report::Gap(gap) => self.lines(human::gap(gap)),
            Report::User(user) => match user.action {
                UserAction::Created => self.data(&user.user_id),
                UserAction::Updated => {}
                UserAction::Deleted => self.end(human::deleted(user)),
            },
            Report::Plan(plan) => self.lines(human::plan(plan, width)),
            Report::Check(check) => self.lines(human::check(check, width)),
            Report::Status(part) => self.lines(human::standing(part, width)),
            Report::Case(case) => self.lines(conformance::case(case, width)),
            Report::Conformance(ended) => self.lines(conformance::ended(ended)),
            Report::Sandbox(sandbox) => self.stdout([Content::Unmasked(human::sandbox(sandbox))]),
            Report::Verdict(verdict) => self.lines(verdict::verdict(verdict, width)),
            Report::Trigger(sent) => self.lines(trigger::line(sent, width)),
            Report::Summary(summary) => self.lines(trigger::summary(summary, width)),
            Report::EventType(kind) => self.lines(trigger::event_type(kind, width)),
            Report::Listing(listing) => self.lines(human::listing(listing)),
            Report::Explanation(explanation) => self.lines(Painted::lines(&human::plain(&explanation.text))),
            Report::Request(_) | Report::Command(_) | Report::Exit(_) => self.json_line(event),
            Report::Proof(_) | Report::SetUp(_) => {}
        }
    }

    /// Records an event for programs; to a person something else tells it.
    pub fn record(&self, event: &Report) {
        if self.options.json {
            self.json_line(event);
        }
    }

    /// The checks of one group: those that hold are one line to a person, the others one for each cause.
    pub fn checks(&self, checks: &[Check]) {
        if self.options.json {
            return checks.iter().for_each(|check| self.json_line(&Report::Check(check.clone())));
        }
        conformance::lines(checks, self.width).into_iter().for_each(|line| self.lines(line));
    }

    /// What came to the built-in app: a line each, and unless quiet headers and body. Written at once, because it may
    /// come by the ten thousand. A person gets bodies formatted, unless `raw`; a pipe or a file their bytes.
    pub fn received(&self, batch: &[Seen], raw: bool) {
        let form = match (self.stdout_terminal(), raw) {
            (true, false) => payload::Form::Formatted,
            (true, true) => payload::Form::Escaped,
            (false, _) => payload::Form::Bytes,
        };
        self.stdout(batch.iter().flat_map(|seen| match seen {
            Seen::Delivery(delivery) => self.request(delivery, form),
            Seen::Gap(gap) if self.options.json => {
                json::event(&Report::Gap(*gap)).map(Content::Json).into_iter().collect()
            }
            Seen::Gap(gap) => vec![Content::Lines(human::gap(gap))],
        }));
    }

    fn request(&self, delivery: &Delivery, form: payload::Form) -> Vec<Content> {
        if self.options.json {
            let line = json::kept(delivery, !self.options.quiet && !self.options.brief);
            return line.map(Content::Json).into_iter().collect();
        }
        let line = human::delivery(&delivery.into(), self.width);
        if self.options.quiet {
            return vec![Content::Lines(line)];
        }
        let head = painted!("{}\n{}", line, payload::headers(&delivery.request));
        let mut shown = vec![Content::Lines(head)];
        shown.extend(payload::body(&delivery.request.body, form));
        shown.push(Content::Lines(Painted::default()));
        shown
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
        if let Error::Relayed(_) = error {
            return;
        }
        if self.options.json {
            return self.stderr(Content::Json(json::error(error)));
        }
        self.settle();
        if let Error::Declined { .. } = error {
            return self.stderr(Content::Lines(human::declined(error)));
        }
        // The line of the step has said what failed.
        let told = self.streams().failed.take().is_some_and(|failed| failed == error.to_string());
        let told = told && !self.options.quiet;
        self.stderr(Content::Lines(human::error(error, self.width, told)));
    }

    /// Prints what was held back until everything else was said.
    pub fn finish(&self) {
        let held = self.streams().last_line.take();
        held.into_iter().for_each(|line| self.talk(painted!("\n{}", line)));
    }

    /// Prints a secret to somebody who asked for it.
    pub fn reveal(&self, secret: &Secret) {
        self.stdout([match self.options.json {
            true => Content::Json(json::secret(secret)),
            false => Content::Exact(format!("{}\n", secret.expose()).into_bytes()),
        }]);
    }

    /// The last line, of what was taken down: after a failure it follows what is said of that.
    fn end(&self, line: Painted) {
        let mut streams = self.streams();
        if streams.failed.is_some() {
            streams.last_line = Some(line);
            return;
        }
        drop(streams);
        self.talk(line);
    }

    /// Names by group, a line each.
    pub fn groups(&self, groups: &[(&str, Vec<&str>)]) {
        groups.iter().for_each(|(group, names)| self.lines(trigger::group(group, names, self.width)));
    }

    /// A line of data as text.
    pub fn data(&self, line: &str) {
        self.lines(Painted::text(line));
    }

    /// A text that another program is to read or run, to its last byte.
    pub fn exact(&self, text: &str) {
        self.stdout([Content::Exact(format!("{text}\n").into_bytes())]);
    }

    /// Prints what still waits for an earlier step or a question, and removes the spinners.
    pub fn settle(&self) {
        self.release();
        let waiting = self.streams().steps.flush();
        waiting.into_iter().for_each(|line| self.talk(line));
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
        ended.into_iter().for_each(|line| self.talk(line));
    }

    fn remark(&self, kind: &str, text: &str) {
        let quiet = self.options.quiet && kind == "note";
        match (self.options.json, quiet) {
            (_, true) => {}
            (true, false) => self.stderr(Content::Json(json::remark(kind, text))),
            (false, false) => {
                let text = Painted::text(text).hang(kind.len() + 4, self.width);
                self.stderr(Content::Lines(painted!("  {}: {}", kind, text)));
            }
        }
    }

    fn talk(&self, text: Painted) {
        if !self.options.quiet {
            self.stderr(Content::Lines(text));
        }
    }

    fn lines(&self, lines: Painted) {
        self.stdout([Content::Lines(lines)]);
    }

    fn json_line(&self, event: &Report) {
        if let Some(line) = json::event(event) {
            self.stdout([Content::Json(line)]);
        }
    }
}
