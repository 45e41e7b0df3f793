//! A program that outlives whoever starts it: in a session of its own, so that no terminal ends it with itself.

use std::io;
use std::process::{ExitStatus, Stdio};

use process_wrap::tokio::{ChildWrapper, CommandWrap};
use tokio::process::Command;
use tokio::sync::mpsc;

use super::{LINES, Program, ask_to_end, pipe};

/// It runs on when this is dropped.
#[derive(Debug)]
pub struct Detached {
    inner: Box<dyn ChildWrapper>,
    pid: u32,
}

/// Starts this program once more, apart from this process. It keeps the environment, secrets too: it does what this
/// process would have done.
///
/// # Errors
/// The system's; `Unsupported` where there are no sessions.
pub fn detach(program: &Program) -> io::Result<Detached> {
    let mut command = Command::new(&program.path);
    command.args(&program.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut wrap = CommandWrap::from(command);
    #[cfg(unix)]
    wrap.wrap(process_wrap::tokio::ProcessSession);
    if cfg!(not(unix)) {
        return Err(io::Error::from(io::ErrorKind::Unsupported));
    }
    let inner = wrap.spawn()?;
    let pid = inner.id().ok_or_else(|| io::Error::other("ended at once"))?;
    tracing::debug!(pid, "started apart");
    Ok(Detached { inner, pid })
}

impl Detached {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The lines of stdout and of stderr, until it closes them. Call it once.
    pub fn lines(&mut self) -> (mpsc::Receiver<String>, mpsc::Receiver<String>) {
        let (stdout_sender, stdout) = mpsc::channel(LINES);
        let (stderr_sender, stderr) = mpsc::channel(LINES);
        if let Some(pipe) = self.inner.stdout().take() {
            tokio::spawn(pipe::lines(pipe, stdout_sender));
        }
        if let Some(pipe) = self.inner.stderr().take() {
            tokio::spawn(pipe::lines(pipe, stderr_sender));
        }
        (stdout, stderr)
    }

    /// Waits for its end, not for that of what it started. Safe to cancel and call again.
    ///
    /// # Errors
    /// The system's.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let leader: &mut dyn ChildWrapper = if cfg!(unix) { self.inner.inner_mut() } else { self.inner.as_mut() };
        leader.wait().await
    }

    /// Asks it to end.
    pub fn end(&self) {
        ask_to_end(self.pid);
    }
}
