//! The way of a line to its stream: held back while a question stands, past the spinners, and what becomes of a stream
//! that takes nothing any more.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use anstream::ColorChoice;

use super::held::{Held, Line};
use super::journal::Journal;
use super::patient::GivenUp;
use super::steps::Bars;
use super::stream::{Content, Stderr, Stdout};
use crate::error::Error;

/// Both streams, which renderers write to.
pub struct Output {
    streams: Mutex<Streams>,
    /// For a log that does not wait for a stdout that nobody reads.
    log: Mutex<Stderr>,
    /// The spinners that stand below.
    pub bars: Bars,
    /// Goes on whoever reads it, and whether anybody does.
    detached: bool,
    on_closed: Box<dyn Fn() + Send + Sync>,
    /// Nobody reads stdout, which is still to be told.
    lost: AtomicBool,
}

/// Both streams, and what waits to be written to them.
struct Streams {
    stdout: Stdout,
    stderr: Stderr,
    pub(super) held: Option<Held>,
    end: Option<End>,
    /// Nobody reads stderr, and the end was asked for.
    stderr_stuck: bool,
    /// Where both lead since nobody looks any more.
    journal: Option<Journal>,
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

impl Output {
    /// `live`: spinners are drawn; `on_closed` is called once, when stdout is closed.
    pub fn new(
        choice: ColorChoice,
        live: bool,
        detached: bool,
        given_up: &GivenUp,
        on_closed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let stderr = || Stderr::stderr(choice, Arc::clone(given_up));
        let streams = Streams {
            stdout: Stdout::stdout(choice, Arc::clone(given_up)),
            stderr: stderr(),
            held: None,
            end: None,
            stderr_stuck: false,
            journal: None,
        };
        Self {
            streams: Mutex::new(streams),
            log: Mutex::new(stderr()),
            bars: Bars::new(live),
            detached,
            on_closed: Box::new(on_closed),
            lost: AtomicBool::new(false),
        }
    }

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

    /// Whether colours are wanted on stdout.
    pub fn stdout_coloured(&self) -> bool {
        self.streams().stdout.coloured()
    }

    /// Writes nothing from now on: whoever asks hears it.
    pub fn overhear(&self) {
        self.streams().held = Some(Held::default());
    }

    /// What was to be written since.
    pub fn overheard(&self) -> Vec<Line> {
        self.streams().held.as_mut().map(|held| std::mem::take(&mut held.lines)).unwrap_or_default()
    }

    /// Whether a person looks at the data.
    pub fn stdout_terminal(&self) -> bool {
        self.streams().stdout.terminal()
    }

    /// Whether nobody read stdout any more since this was asked last.
    pub fn lost(&self) -> bool {
        self.lost.swap(false, Ordering::Relaxed)
    }

    /// Writes data.
    pub fn stdout(&self, contents: impl IntoIterator<Item = Content>) {
        let mut streams = self.streams();
        if streams.end.is_some() {
            return;
        }
        if let Some(held) = &mut streams.held {
            held.lines.extend(contents.into_iter().map(Line::Stdout));
            return;
        }
        let mut written = Ok(());
        self.bars.suspend(|| written = streams.stdout.write(contents));
        streams.journal.iter_mut().for_each(Journal::turn);
        // A full disk or a reader that is gone is no reason to end what runs for the app.
        let Some(error) = written.err().filter(|_| !self.detached) else { return };
        streams.end = Some(match error.kind() {
            ErrorKind::BrokenPipe => End::Closed,
            ErrorKind::TimedOut => End::Stuck,
            _ => End::Failed(Error::OutputUnwritable { cause: error.to_string() }),
        });
        let stuck = matches!(streams.end, Some(End::Stuck));
        drop(streams);
        if stuck {
            return self.lost.store(true, Ordering::Relaxed);
        }
        (self.on_closed)();
    }

    /// Writes talk.
    pub fn stderr(&self, content: Content) {
        self.talk(self.streams(), content);
    }

    /// Writes a line of the log, which comes from anywhere: it waits for nobody who is at work.
    pub fn log(&self, content: Content) {
        match self.streams.try_lock() {
            Ok(streams) => self.talk(streams, content),
            Err(TryLockError::Poisoned(poisoned)) => self.talk(poisoned.into_inner(), content),
            Err(TryLockError::WouldBlock) => {
                let _ = self.log.lock().unwrap_or_else(PoisonError::into_inner).write([content]);
            }
        }
    }

    /// Writes the last line before the process is ended: past a question, and past whoever is at work and may hang.
    pub fn last(&self, content: Content) {
        if let Ok(mut streams) = self.streams.try_lock() {
            streams.held.take().map(Held::end);
        }
        self.log(content);
    }

    fn talk(&self, mut streams: MutexGuard<'_, Streams>, content: Content) {
        if let Some(held) = &mut streams.held {
            held.lines.push(Line::Stderr(content));
            return;
        }
        if streams.stderr_stuck {
            return;
        }
        // When stderr is closed there is nobody left to tell.
        let mut written = Ok(());
        self.bars.suspend(|| written = streams.stderr.write([content]));
        streams.stderr_stuck = written.is_err_and(|error| error.kind() == ErrorKind::TimedOut);
        streams.journal.iter_mut().for_each(Journal::turn);
    }

    /// Leads both streams to a file from now on; whoever read them reads their end.
    ///
    /// # Errors
    /// The system's.
    pub fn move_to(&self, path: &Path) -> io::Result<()> {
        let mut streams = self.streams();
        streams.journal = Some(Journal::begin(path)?);
        Ok(())
    }

    /// Holds every line back while a question stands.
    pub fn hold(&self) {
        let mut streams = self.streams();
        self.bars.hide();
        streams.held = Some(Held::begin());
    }

    /// Writes what was held back.
    pub fn release(&self) {
        let mut streams = self.streams();
        let Some(held) = streams.held.take() else { return };
        self.bars.show();
        drop(streams);
        for line in held.end() {
            match line {
                Line::Stdout(content) => self.stdout([content]),
                Line::Stderr(content) => self.stderr(content),
            }
        }
    }

    fn streams(&self) -> MutexGuard<'_, Streams> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
