//! What a command tells, as lines for a person: data on stdout, talk on stderr. What a step's line tells already is not
//! told a second time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::paint::{FAINT, paint};
use super::painted::{Painted, painted};
use super::payload::{self, Form};
use super::steps::Steps;
use super::stream::Content;
use super::writing::Output;
use super::{conformance, health, human, json, logged, shown, trigger, verdict};
use crate::delivery::Delivery;
use crate::report::{Check, EventType, Failure, Handler, Renderer, Report, Seen, Status, Step, User, UserAction};

/// Shows what a person has to know.
pub struct Lines {
    output: Arc<Output>,
    /// Less talk.
    quiet: bool,
    width: Option<usize>,
    standing: Mutex<Standing>,
}

/// What was begun, and what waits to be said.
struct Standing {
    steps: Steps,
    /// What the line of a step said of its failure.
    failed: Option<String>,
    /// Of what was taken down: after a failure it follows what is said of that.
    last_line: Option<Painted>,
}

impl Lines {
    /// `width`: of the terminal on stderr, where there is one.
    pub fn new(output: Arc<Output>, quiet: bool, width: Option<usize>) -> Self {
        let standing = Standing { steps: Steps::new(output.bars.clone()), failed: None, last_line: None };
        Self { output, quiet, width, standing: Mutex::new(standing) }
    }
}

impl Renderer for Lines {
    fn show(&self, report: &Report) {
        let width = self.width;
        match report {
            Report::Step { step, status, detail, .. } => self.step(*step, *status, detail),
            Report::Progress { step, detail } => self.step(*step, Status::Start, detail),
            Report::Project(project) => self.talk(human::project(project, width)),
            Report::Waiting(waiting) => {
                // Should it end now, this is told whole.
                self.standing().failed = None;
                self.talk(human::waiting(waiting, width));
            }
            Report::Ready(ready) if ready.waits => self.talk(human::ready(ready)),
            Report::Stopped(stopped) => self.end(human::stopped(stopped, width.is_some())),
            Report::Serving(serving) => self.talk(human::serving(serving)),
            Report::Setting(setting) => self.talk(human::setting(setting, width)),
            Report::Answer(answer) => self.answer(answer),
            Report::User(user) if user.cut_short => self.end(human::deleted(user)),
            Report::Said { text } => self.talk(painted!("  {} {}", paint(FAINT, "|"), text)),
            Report::Note { text } if !self.quiet => self.remark("note", text),
            Report::Warning { text } => self.remark("warning", text),
            Report::Log(log) => self.output.log(Content::Lines(human::log(log))),
            Report::Error(failure) => self.error(failure),
            Report::Farewell(farewell) => {
                super::browser::restore();
                self.output.last(Content::Lines(human::farewell(farewell)));
                let _ = console::Term::stderr().show_cursor();
            }
            Report::Settled => self.settle(),
            Report::Ended => {
                let last_line = self.standing().last_line.take();
                last_line.into_iter().for_each(|line| self.talk(painted!("\n{}", line)));
            }
            // A step's line tells these, the summary does, or the prompt itself.
            Report::CutShort { .. } | Report::Tunnel(_) | Report::Endpoint(_) | Report::Proof(_) => {}
            Report::Ready(_) | Report::SetUp(_) | Report::User(_) | Report::Note { .. } => {}
            Report::Question(_) | Report::Answered { .. } => {}
            data => self.output.stdout(self.data(data)),
        }
    }
}

impl Lines {
    fn data(&self, report: &Report) -> Vec<Content> {
        let width = self.width;
        let line = match report {
            Report::Secured(secured) => human::secured(secured),
            Report::Replay(replay) => human::replay(replay),
            Report::Delivery(delivery) => human::delivery(delivery, width),
            Report::Passed(delivery) => human::delivery(&delivery.as_ref().into(), width),
            Report::Kept(delivery) => shown::line(delivery, width),
            Report::Gap(gap) => human::gap(gap),
            Report::Plan(plan) => human::plan(plan, width),
            Report::Check(check) => human::check(check, width),
            Report::Status(part) => human::standing(part, width),
            Report::Case(case) => conformance::case(case, width),
            Report::Handler(handler) if handler.code.is_none() => conformance::handler(handler),
            Report::Conformance(ended) => conformance::ended(ended),
            Report::Verdict(verdict) => verdict::verdict(verdict, width),
            Report::Trigger(sent) if !sent.counted => trigger::line(sent, width),
            Report::Summary(summary) if !summary.scenario => trigger::summary(summary, width),
            Report::EventType(kind) => trigger::event_type(kind, width),
            Report::Message(message) if !message.counted => logged::message(message, width),
            Report::Attempt(attempt) => logged::attempt(attempt, width),
            Report::Recovery(recovery) => logged::recovery(recovery),
            Report::Health(checked) => health::health(checked, width),
            Report::Backfill(sent) => health::backfill(sent),
            Report::Listing(listing) => human::listing(listing),
            Report::Explanation(explanation) => Painted::lines(&human::plain(&explanation.text)),
            other => return self.several(other),
        };
        vec![Content::Lines(line)]
    }

    /// What is no single line.
    fn several(&self, report: &Report) -> Vec<Content> {
        match report {
            Report::Whole { delivery, changed } => {
                let form = if self.output.stdout_terminal() { Form::Formatted } else { Form::Bytes };
                shown::whole(delivery, changed.as_deref(), form, self.width)
            }
            Report::Received { batch, raw } => self.received(batch, *raw),
            Report::Checks { groups, stopped } => self.checks(groups, *stopped),
            Report::Catalogue { events, scenarios } => self.catalogue(events, scenarios),
            Report::Difference { lines } => lines.iter().map(|line| Content::Lines(Painted::text(line))).collect(),
            Report::Curl { command, .. } => vec![Content::text(command)],
            Report::Handler(Handler { code: Some(code), written: false, .. }) => vec![Content::text(code.trim_end())],
            Report::Exact(text) => vec![Content::text(text)],
            Report::Bytes(bytes) => vec![Content::Exact(bytes.clone())],
            Report::Secret { secret } => vec![Content::text(secret.expose())],
            Report::Sandbox(sandbox) => vec![Content::Unmasked(human::sandbox(sandbox))],
            Report::Request(_) | Report::Command(_) | Report::Exit(_) => json::line(report).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// What the command was asked for, where nothing else tells it.
    fn answer(&self, answer: &Report) {
        let line = match answer {
            Report::Tunnel(tunnel) => Painted::text(&tunnel.public_url),
            Report::User(User { action: UserAction::Created, user_id, .. }) => Painted::text(user_id),
            Report::Endpoint(endpoint) => human::endpoint(endpoint),
            Report::Setting(setting) => Painted::text(&setting.value),
            other => return self.show(other),
        };
        self.output.stdout([Content::Lines(line)]);
    }

    /// Those that hold are one line for each group, the others one for each cause.
    fn checks(&self, groups: &[Vec<Check>], stopped: bool) -> Vec<Content> {
        // A list of what was not sent says nothing.
        let first: Vec<Check> = groups.iter().flatten().take(1).cloned().collect();
        let groups = if stopped { std::slice::from_ref(&first) } else { groups };
        groups.iter().flat_map(|group| conformance::lines(group, self.width)).map(Content::Lines).collect()
    }

    /// A line for each group, and how to see more.
    fn catalogue(&self, events: &[EventType], scenarios: &[&str]) -> Vec<Content> {
        trigger::groups(events, scenarios, self.width).into_iter().map(Content::Lines).collect()
    }

    /// A line each, and unless quiet headers and body: formatted, unless `raw`; for a pipe or a file their bytes.
    fn received(&self, batch: &[Seen], raw: bool) -> Vec<Content> {
        let form = match (self.output.stdout_terminal(), raw) {
            (true, false) => Form::Formatted,
            (true, true) => Form::Escaped,
            (false, _) => Form::Bytes,
        };
        let contents = batch.iter().flat_map(|seen| match seen {
            Seen::Delivery(delivery) => self.request(delivery, form),
            Seen::Gap(gap) => vec![Content::Lines(human::gap(gap))],
        });
        contents.collect()
    }

    fn request(&self, delivery: &Delivery, form: Form) -> Vec<Content> {
        let line = human::delivery(&delivery.into(), self.width);
        if self.quiet {
            return vec![Content::Lines(line)];
        }
        let head = painted!("{}\n{}", line, payload::headers(&delivery.request));
        let mut shown = vec![Content::Lines(head)];
        shown.extend(payload::body(&delivery.request.body, form));
        shown.push(Content::Lines(Painted::default()));
        shown
    }

    fn error(&self, failure: &Failure) {
        self.settle();
        if failure.declined {
            return self.output.stderr(Content::Lines(human::declined(failure)));
        }
        // The line of the step has said what failed.
        let told = self.standing().failed.take().is_some_and(|failed| failed == failure.message);
        let told = told && !self.quiet;
        self.output.stderr(Content::Lines(human::error(failure, self.width, told)));
    }

    fn end(&self, line: Painted) {
        let mut standing = self.standing();
        if standing.failed.is_some() {
            standing.last_line = Some(line);
            return;
        }
        drop(standing);
        self.talk(line);
    }

    /// Says what still waits for an earlier step or a question, and takes the spinners away.
    fn settle(&self) {
        self.output.release();
        let waiting = self.standing().steps.flush();
        waiting.into_iter().for_each(|line| self.talk(line));
    }

    fn step(&self, step: Step, status: Status, detail: &str) {
        // To a person the test event and its proof are one line, which the proof ends.
        let (step, status) = match (step, status) {
            (Step::Test, Status::Ok) => (Step::Test, Status::Start),
            (Step::Proof, status) => (Step::Test, status),
            other => other,
        };
        let mut standing = self.standing();
        if status == Status::Fail {
            standing.failed = Some(detail.to_owned());
        }
        let ended = standing.steps.take(step, status, detail, self.width);
        drop(standing);
        ended.into_iter().for_each(|line| self.talk(line));
    }

    fn remark(&self, kind: &'static str, text: &str) {
        let text = Painted::text(text).hang(kind.len() + 4, self.width);
        self.output.stderr(Content::Lines(painted!("  {}: {}", kind, text)));
    }

    fn talk(&self, text: Painted) {
        if !self.quiet {
            self.output.stderr(Content::Lines(text));
        }
    }

    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
