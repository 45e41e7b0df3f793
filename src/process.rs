//! The only place that starts other programs: each in its own process group, both pipes drained.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// A line of a child longer than this is cut; the agent's own lines are far shorter.
const LINE_LIMIT: usize = 64 * 1024;

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

    fn command(&self) -> CommandWrap {
        let mut command = Command::new(&self.path);
        command.args(&self.args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        for name in &self.env_remove {
            command.env_remove(name);
        }
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

/// A running child. Dropping it kills its group.
#[derive(Debug)]
pub struct Child {
    inner: Box<dyn ChildWrapper>,
    pid: u32,
}

/// Starts a program; the error is the system's.
pub fn spawn(program: &Program) -> io::Result<Child> {
    let inner = program.command().spawn()?;
    let pid = inner.id().ok_or_else(|| io::Error::other("ended at once"))?;
    tracing::debug!(pid, program = %program.path.display(), "started");
    Ok(Child { inner, pid })
}

/// Runs a program to its end. Past `limit` it is killed, and the error's kind is `TimedOut`.
pub async fn output(program: &Program, limit: Duration) -> io::Result<Output> {
    let child = program.command().spawn()?;
    match timeout(limit, Box::into_pin(child.wait_with_output())).await {
        Ok(output) => output,
        Err(_) => Err(io::Error::from(io::ErrorKind::TimedOut)),
    }
}

/// Runs a program on the person's own terminal to its end, in this process's group, so that it may read from it.
pub async fn in_foreground(program: &Program) -> io::Result<ExitStatus> {
    Command::new(&program.path).args(&program.args).status().await
}

/// Whether a process with this id runs.
pub fn alive(pid: u32) -> bool {
    #[cfg(unix)]
    {
        use nix::errno::Errno;
        use nix::sys::signal::kill;
        use nix::unistd::Pid;
        let Ok(raw) = i32::try_from(pid) else { return false };
        let known = matches!(kill(Pid::from_raw(raw), None), Ok(()) | Err(Errno::EPERM));
        known && !is_zombie(pid)
    }
    #[cfg(not(unix))]
    {
        let _ = pid;
        true
    }
}

/// Ended, but not yet asked for by its parent; in a container there may be nobody who ever asks.
#[cfg(unix)]
fn is_zombie(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

/// The words that a process was started with, where the system tells them (Linux).
pub fn command_line(pid: u32) -> Option<Vec<String>> {
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
}

/// Ends a process that is no child of this one, with its group: asked first, killed after `grace`.
pub async fn end(pid: u32, grace: Duration) {
    #[cfg(unix)]
    {
        use nix::sys::signal::{Signal, killpg};
        use nix::unistd::Pid;
        let Ok(raw) = i32::try_from(pid) else { return };
        let _ = killpg(Pid::from_raw(raw), Signal::SIGTERM);
        let gone = async {
            while alive(pid) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(grace, gone).await.is_err() {
            let _ = killpg(Pid::from_raw(raw), Signal::SIGKILL);
        }
    }
    #[cfg(not(unix))]
    {
        let _ = (pid, grace);
    }
}

impl Child {
    /// Its process id, which is also its group's.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The lines of both pipes as they come, until both are closed. Call it once.
    pub fn lines(&mut self) -> mpsc::UnboundedReceiver<String> {
        let (sender, receiver) = mpsc::unbounded_channel();
        if let Some(stdout) = self.inner.stdout().take() {
            tokio::spawn(drain(stdout, sender.clone()));
        }
        if let Some(stderr) = self.inner.stderr().take() {
            tokio::spawn(drain(stderr, sender));
        }
        receiver
    }

    /// Waits for its end. Safe to cancel and call again.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.inner.wait().await
    }

    /// Asks it to end, and kills its group if it has not within `grace`.
    pub async fn stop(&mut self, grace: Duration) {
        if !matches!(self.inner.try_wait(), Ok(None)) {
            return;
        }
        #[cfg(unix)]
        let asked = self.inner.signal(nix::sys::signal::Signal::SIGTERM as i32).is_ok();
        #[cfg(not(unix))]
        let asked = false;
        if asked && timeout(grace, self.inner.wait()).await.is_ok() {
            return;
        }
        tracing::debug!(pid = self.pid, "killed");
        let _ = Box::into_pin(self.inner.kill()).await;
    }
}

/// Reads to the end even when nobody listens any more: a full pipe would block the child.
async fn drain(pipe: impl AsyncRead + Unpin, sender: mpsc::UnboundedSender<String>) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                line.truncate(LINE_LIMIT);
                let text = String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned();
                let _ = sender.send(text);
            }
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
