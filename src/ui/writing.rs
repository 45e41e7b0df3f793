//! The way of a line to its stream: held back while a question stands, past the spinners, and what becomes of a stream
//! that takes nothing any more.

use std::io::ErrorKind;
use std::sync::{Arc, MutexGuard, PoisonError};

use anstream::ColorChoice;

use super::Ui;
use super::held::{Held, Line};
use super::journal::Journal;
use super::painted::Painted;
use super::patient::GivenUp;
use super::steps::Steps;
use super::stream::{Content, Stderr, Stdout};
use crate::error::Error;

/// Both streams, and what waits to be written to them.
pub(super) struct Streams {
    stdout: Stdout,
    stderr: Stderr,
    held: Option<Held>,
    end: Option<End>,
    /// Nobody reads stderr, and the end was asked for.
    stderr_stuck: bool,
    pub(super) steps: Steps,
    /// What the line of a step said of its failure.
    pub(super) failed: Option<String>,
    pub(super) last_line: Option<Painted>,
    /// Where both lead since nobody looks any more.
    pub(super) journal: Option<Journal>,
}

/// Why stdout takes nothing any more.
#[derive(Clone, Debug)]
enum End {
    /// Nobody reads it.
    Closed,
    /// Its reader reads no more, and the end was asked for.
    Stuck,
    /// It failed.
    Failed(Error),
}

impl Streams {
    pub(super) fn new(choice: ColorChoice, live_steps: bool, given_up: &GivenUp) -> Self {
        Self {
            stdout: Stdout::stdout(choice, Arc::clone(given_up)),
            stderr: Stderr::stderr(choice, Arc::clone(given_up)),
            held: None,
            end: None,
            stderr_stuck: false,
            steps: Steps::new(live_steps),
            failed: None,
            last_line: None,
            journal: None,
        }
    }
}

impl Ui {
    /// Whether nobody reads stdout any more.
    pub fn closed(&self) -> bool {
        matches!(self.streams().end, Some(End::Closed))
    }

    /// Why stdout could not be written: a full disk, but not a closed pipe.
    pub fn unwritable(&self) -> Option<Error> {
        match &self.streams().end {
            Some(End::Failed(error)) => Some(error.clone()),
            _ => None,
        }
    }

    /// Whether a person looks at the data.
    pub(super) fn stdout_terminal(&self) -> bool {
        self.streams().stdout.terminal()
    }

    pub(super) fn stdout(&self, contents: impl IntoIterator<Item = Content>) {
        let mut streams = self.streams();
        if streams.end.is_some() {
            return;
        }
        if let Some(held) = &mut streams.held {
            held.lines.extend(contents.into_iter().map(Line::Stdout));
            return;
        }
        let Streams { stdout, steps, .. } = &mut *streams;
        let mut written = Ok(());
        steps.suspend(|| written = stdout.write(contents));
        streams.journal.iter_mut().for_each(Journal::turn);
        // A full disk or a reader that is gone is no reason to end what runs for the app.
        let Some(error) = written.err().filter(|_| !self.options.detached) else { return };
        streams.end = Some(match error.kind() {
            ErrorKind::BrokenPipe => End::Closed,
            ErrorKind::TimedOut => End::Stuck,
            _ => End::Failed(Error::OutputUnwritable { cause: error.to_string() }),
        });
        let stuck = matches!(streams.end, Some(End::Stuck));
        drop(streams);
        if stuck {
            return self.warn("nobody reads stdout: what was still to be written to it is lost");
        }
        (self.on_closed)();
    }

    pub(super) fn stderr(&self, content: Content) {
        let mut streams = self.streams();
        if let Some(held) = &mut streams.held {
            held.lines.push(Line::Stderr(content));
            return;
        }
        let Streams { stderr, steps, stderr_stuck, .. } = &mut *streams;
        if *stderr_stuck {
            return;
        }
        // When stderr is closed there is nobody left to tell.
        let mut written = Ok(());
        steps.suspend(|| written = stderr.write([content]));
        *stderr_stuck = written.is_err_and(|error| error.kind() == ErrorKind::TimedOut);
        streams.journal.iter_mut().for_each(Journal::turn);
    }

    /// Holds every line back while a question stands.
    pub(super) fn hold(&self) {
        let mut streams = self.streams();
        streams.steps.hide();
        streams.held = Some(Held::begin());
    }

    /// Writes what was held back.
    pub(super) fn release(&self) {
        let mut streams = self.streams();
        let Some(held) = streams.held.take() else { return };
        streams.steps.show();
        drop(streams);
        for line in held.end() {
            match line {
                Line::Stdout(content) => self.stdout([content]),
                Line::Stderr(content) => self.stderr(content),
            }
        }
    }

    pub(super) fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
