//! A command line that a person gave to be run: what it prints is talk, and how it ended counts.

use std::ffi::OsString;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Context;
use crate::error::{Error, Result};
use crate::process::{self, Child, status_words};
use crate::report::Report;

/// How long it may take to end when it is asked to.
const ENDS_WITHIN: Duration = Duration::from_secs(2);

/// How long its last lines may take after its end: what it left in the background may hold the pipe.
const LAST_LINES: Duration = Duration::from_millis(200);

/// What a shell says of a command that it cannot run.
const NOT_RUN: u8 = 127;

/// What a shell adds to the number of the signal that ended a command.
const BY_SIGNAL: i32 = 128;

/// A command that was started.
#[derive(Debug)]
pub struct Typed {
    line: String,
    child: Child,
    lines: mpsc::Receiver<String>,
}

impl Typed {
    /// Starts it.
    ///
    /// # Errors
    /// `CommandFailed` when there is no shell.
    pub fn start(line: &str, env: Vec<(OsString, OsString)>) -> Result<Self> {
        let mut child = process::spawn_typed(line, env).map_err(|error| Error::CommandFailed {
            line: line.to_owned(),
            status: error.to_string(),
            code: NOT_RUN,
        })?;
        let lines = child.lines();
        Ok(Self { line: line.to_owned(), child, lines })
    }

    /// Waits for its end and shows meanwhile what it prints. Safe to cancel and call again.
    ///
    /// # Errors
    /// `CommandFailed` with its exit code.
    pub async fn end(&mut self, context: &Context) -> Result<()> {
        let status = loop {
            tokio::select! {
                biased;
                Some(line) = self.lines.recv() => context.ui.emit(&Report::Said { text: line }),
                status = self.child.wait() => break status,
            }
        };
        while let Ok(Some(line)) = timeout(LAST_LINES, self.lines.recv()).await {
            context.ui.emit(&Report::Said { text: line });
        }
        let failed = |status: String, code| Error::CommandFailed { line: self.line.clone(), status, code };
        let status = status.map_err(|error| failed(error.to_string(), NOT_RUN))?;
        if status.success() { Ok(()) } else { Err(failed(status_words(status), code(status))) }
    }

    /// Asks it to end.
    pub async fn stop(&mut self) {
        self.child.stop(ENDS_WITHIN).await;
    }
}

/// The exit code as a shell tells it.
fn code(status: std::process::ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status).map(|signal| BY_SIGNAL + signal);
    #[cfg(not(unix))]
    let signal = None;
    status.code().or(signal).and_then(|code| u8::try_from(code).ok()).filter(|code| *code > 0).unwrap_or(1)
}
