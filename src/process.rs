//! The only place that starts other programs: each in its own process group, both pipes drained.

mod detached;
mod group;
mod listening;
mod pipe;

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

pub use self::detached::{Detached, detach};
use self::group::{Wish, gone_by, signal};
pub use self::group::{alive, ask_to_end, command_line, end, group};
pub use self::listening::{Listener, at_port, listeners};
use crate::config::Environment;

/// How many lines of a child wait for whoever reads them.
const LINES: usize = 1024;

/// Of what a program prints to answer a question, the beginning is enough.
const ANSWER_LIMIT: usize = 64 * 1024;

/// What to run.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file to execute.
    pub path: PathBuf,
    /// Its arguments, without the name.
    pub args: Vec<OsString>,
    /// Variables to add to its environment.
    pub env: Vec<(OsString, OsString)>,
    /// Variables to keep from it.
    pub env_remove: Vec<OsString>,
}

impl Program {
    /// A program with nothing but arguments.
    pub fn new(path: impl Into<PathBuf>, args: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let args = args.into_iter().map(Into::into).collect();
        Self { path: path.into(), args, env: Vec::new(), env_remove: Vec::new() }
    }

    /// No program that runs unseen needs Clerk's keys or a signing secret, so none gets them.
    fn command(&self) -> CommandWrap {
        self.without(&Environment::capture().secret_names())
    }

    fn without(&self, secrets: &[OsString]) -> CommandWrap {
        let mut command = Command::new(&self.path);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        for name in self.env_remove.iter().chain(secrets) {
            command.env_remove(name);
        }
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        let mut wrap = CommandWrap::from(command);
        // In a group of its own, so that Ctrl-C on the terminal reaches clerkhook alone.
        #[cfg(unix)]
        wrap.wrap(process_wrap::tokio::ProcessGroup::leader());
        #[cfg(windows)]
        wrap.wrap(process_wrap::tokio::JobObject);
        wrap.wrap(KillOnDrop);
        wrap
    }
}

/// A running child. Dropping it kills its group, also when the child itself has ended.
#[derive(Debug)]
pub struct Child {
    inner: Box<dyn ChildWrapper>,
    pid: u32,
    /// Nobody of its group runs any more, so that its number may come round again.
    gone: bool,
}

/// Starts a program; the error is the system's.
pub fn spawn(program: &Program) -> io::Result<Child> {
    started(program, program.command())
}

/// Starts a command line that a person typed, in the system's shell and with the whole environment, as there.
pub fn spawn_typed(line: &str, env: Vec<(OsString, OsString)>) -> io::Result<Child> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let program = Program { env, ..Program::new(shell, [flag, line]) };
    started(&program, program.without(&[]))
}

fn started(program: &Program, mut command: CommandWrap) -> io::Result<Child> {
    let inner = command.spawn()?;
    let pid = inner.id().ok_or_else(|| io::Error::other("ended at once"))?;
    tracing::debug!(pid, program = %program.path.display(), "started");
    Ok(Child { inner, pid, gone: false })
}

/// Runs a program to its end, and gives the beginning of what it prints. Past `limit` it is killed, and the error's kind
/// is `TimedOut`.
pub async fn output(program: &Program, limit: Duration) -> io::Result<Output> {
    let mut child = spawn(program)?;
    let (stdout, stderr) = (child.inner.stdout().take(), child.inner.stderr().take());
    let whole = async {
        let printed =
            async { tokio::join!(pipe::beginning(stdout, ANSWER_LIMIT), pipe::beginning(stderr, ANSWER_LIMIT)) };
        let ((stdout, stderr), status) = tokio::join!(printed, child.inner.wait());
        Ok(Output { status: status?, stdout, stderr })
    };
    timeout(limit, whole).await.unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
}

/// Runs a program on the person's own terminal to its end, in this process's group, so that it may read from it.
pub async fn in_foreground(program: &Program) -> io::Result<ExitStatus> {
    Command::new(&program.path).args(&program.args).status().await
}

impl Child {
    /// Its process id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The lines of both pipes as they come, until both are closed. Call it once.
    pub fn lines(&mut self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel(LINES);
        if let Some(stdout) = self.inner.stdout().take() {
            tokio::spawn(pipe::lines(stdout, sender.clone()));
        }
        if let Some(stderr) = self.inner.stderr().take() {
            tokio::spawn(pipe::lines(stderr, sender));
        }
        receiver
    }

    /// Waits for its end; what it had started is asked to end with it. Safe to cancel and call again.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.leader().wait().await;
        self.gone = self.gone || group(self.pid).is_empty();
        if !self.gone {
            signal(self.pid, Wish::End);
        }
        status
    }

    /// Asks its group to end, and kills what of it has not within `grace`.
    pub async fn stop(&mut self, grace: Duration) {
        let deadline = Instant::now() + grace;
        let ended = !matches!(self.leader().try_wait(), Ok(None));
        if cfg!(unix) && !self.gone {
            signal(self.pid, Wish::End);
            let ended = ended || tokio::time::timeout_at(deadline, self.leader().wait()).await.is_ok();
            if ended && gone_by(self.pid, deadline).await {
                self.gone = true;
                return;
            }
        } else if ended {
            return;
        }
        tracing::debug!(pid = self.pid, "killed");
        signal(self.pid, Wish::Kill);
        let _ = self.leader().start_kill();
        let _ = self.leader().wait().await;
        self.gone = true;
    }

    /// The program itself. Its wrapper waits for the whole group, in which others may go on.
    fn leader(&mut self) -> &mut dyn ChildWrapper {
        if cfg!(unix) { self.inner.inner_mut() } else { self.inner.as_mut() }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.gone {
            signal(self.pid, Wish::Kill);
        }
    }
}

/// An exit status in words: `exit 1`, `signal 9`.
pub fn status_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| "ended".to_owned(), |code| format!("exit {code}"))
}
