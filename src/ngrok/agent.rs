//! The agent's life: started in its own group, read until it is ready, watched, stopped.

use std::future::Future;
use std::io;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

use super::api::{AgentApi, Session, preferred};
use super::codes;
use super::launch::{Launch, Prepared};
use super::policy::{PolicyFile, Verification};
use super::pulse::Pulse;
use super::version::Version;
use crate::error::{Error, Result};
use crate::process::{self, Child, status_words};
use crate::secret::mask_text;

/// How long it may take to end after SIGTERM.
const STOP_WITHIN: Duration = Duration::from_secs(2);

/// A running agent that clerkhook started. Dropping it kills it.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    launch: Launch,
    pulse: watch::Receiver<Pulse>,
    reader: JoinHandle<()>,
    /// The session as it was told last: whether it stands, how often it was lost.
    told: (bool, u32),
    policy: Option<PolicyFile>,
    /// Its API.
    pub api: AgentApi,
    /// Without a path.
    pub public_url: String,
}

/// What happens to a running agent.
#[derive(Debug)]
pub enum News {
    /// It ended, with what it said last.
    Ended(Error),
    /// Its session with the edge is lost; it reconnects.
    Offline,
    /// The session is back, perhaps so soon that its loss was not told.
    Online,
}

/// Starts the agent and waits until its tunnel is online.
///
/// When `abort` resolves first, the agent is asked to end, so that its session does not linger at the edge. `started`
/// is told its process id and the policy's file at once.
///
/// # Errors
/// `AgentRefused` with ngrok's own words, `AgentAddressTaken`, `AgentExited`, `AgentNotReady`, `AgentNotRunnable`,
/// `FileUnwritable` when there is no room for the policy, `Interrupted`.
pub async fn start(
    launch: Launch,
    abort: impl Future<Output = ()>,
    started: impl FnOnce(u32, Option<&Path>),
) -> Result<Agent> {
    let failed = |error: io::Error| not_runnable(&launch.bin, &error);
    let Prepared { program, policy } = launch
        .prepare()
        .map_err(|error| Error::FileUnwritable { path: launch.policies.clone(), cause: error.to_string() })?;
    let mut child = process::spawn(&program).map_err(failed)?;
    started(child.pid(), policy.as_ref().map(PolicyFile::path));
    let (sender, mut pulse) = watch::channel(Pulse::default());
    let mut reader = tokio::spawn(follow(child.lines(), sender));
    let deadline = Instant::now() + launch.ready_within;
    let ready = tokio::select! {
        ready = until_ready(&launch, &mut pulse) => ready,
        status = child.wait() => {
            let last_words = timeout(Duration::from_secs(1), &mut reader).await;
            tracing::debug!(?last_words, "the agent ended early");
            return Err(ended(&launch, &pulse.borrow(), status.ok(), true));
        }
        () = abort => {
            child.stop(STOP_WITHIN).await;
            return Err(Error::Interrupted);
        }
        () = tokio::time::sleep_until(deadline) => {
            // Its last words before it was asked to end are the ones that may say why.
            let error = not_ready(&launch, &pulse.borrow());
            child.stop(STOP_WITHIN).await;
            return Err(error);
        }
    };
    match ready {
        Ok((api, public_url)) => {
            let told = pulse.borrow().session();
            Ok(Agent { child, launch, pulse, reader, told, policy, api, public_url })
        }
        Err(error) => {
            child.stop(STOP_WITHIN).await;
            Err(error)
        }
    }
}

impl Agent {
    /// What it was started with, to start it once more.
    pub fn launch(&self) -> &Launch {
        &self.launch
    }

    /// Notes what the edge verifies since its policy was changed in place, so that a restart keeps it.
    pub fn verifies(&mut self, verification: Option<Verification>) {
        self.launch.verification = verification;
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// The file with the policy that it was started with.
    pub fn policy(&self) -> Option<&Path> {
        self.policy.as_ref().map(PolicyFile::path)
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.launch.version
    }

    /// Resolves when something happens to it. Safe to cancel and call again.
    pub async fn news(&mut self) -> News {
        tokio::select! {
            status = self.child.wait() => {
                let _ = timeout(Duration::from_secs(1), &mut self.reader).await;
                News::Ended(ended(&self.launch, &self.pulse.borrow(), status.ok(), false))
            }
            session = other_session(self.pulse.clone(), self.told) => {
                self.told = session;
                if session.0 { News::Online } else { News::Offline }
            }
        }
    }

    /// Resolves when it ends, with what it said last.
    pub async fn ended(&mut self) -> Error {
        loop {
            if let News::Ended(error) = self.news().await {
                return error;
            }
        }
    }

    /// Ends it: asked first, killed after two seconds.
    pub async fn stop(mut self) {
        self.child.stop(STOP_WITHIN).await;
    }
}

async fn other_session(mut pulse: watch::Receiver<Pulse>, told: (bool, u32)) -> (bool, u32) {
    match pulse.wait_for(|pulse| pulse.session() != told).await {
        Ok(pulse) => pulse.session(),
        // The pipes are closed: only its end is left to be told.
        Err(_) => std::future::pending().await,
    }
}

async fn follow(mut lines: mpsc::Receiver<String>, pulse: watch::Sender<Pulse>) {
    while let Some(line) = lines.recv().await {
        tracing::trace!(line = %mask_text(&line), "agent");
        pulse.send_if_modified(|pulse| pulse.take(&line));
    }
}

/// Ready is: the API answers, a public URL is bound, and the session stands.
async fn until_ready(launch: &Launch, pulse: &mut watch::Receiver<Pulse>) -> Result<(AgentApi, String)> {
    let mut ask = interval(Duration::from_millis(100));
    loop {
        let now = pulse.borrow_and_update().clone();
        if let Some((number, words)) = now.refusal().filter(|_| now.fatal.is_some()) {
            return Err(refused(launch, number, &words));
        }
        if let Some(address) = now.web_address.as_deref().filter(|address| !address.is_empty()) {
            let api = AgentApi::at(address)?;
            if let Some(url) = online(&api, &now, launch).await {
                return Ok((api, url));
            }
        }
        tokio::select! {
            changed = pulse.changed() => if changed.is_err() {
                // The pipes are closed; the caller sees the end of the process.
                std::future::pending::<()>().await;
            },
            // Log lines come in any order and may be missing: the API tells too.
            _ = ask.tick() => {}
        }
    }
}

async fn online(api: &AgentApi, pulse: &Pulse, launch: &Launch) -> Option<String> {
    let listed = api.tunnels().await.ok()?;
    let ours = listed
        .iter()
        .filter(|tunnel| pulse.tunnels.contains(&tunnel.public_url) || launch.upstream.is_same_app(&tunnel.upstream));
    let url = preferred(ours)?.public_url.clone();
    let session = match pulse.online {
        true => true,
        false => matches!(api.status().await, Ok((Session::Online, _))),
    };
    session.then_some(url)
}

/// The system does not run the file as a program.
pub(super) fn not_runnable(path: &Path, error: &io::Error) -> Error {
    let denied = error.kind() == io::ErrorKind::PermissionDenied;
    Error::AgentNotRunnable { path: path.to_owned(), cause: error.to_string(), denied }
}

fn refused(launch: &Launch, number: u32, words: &str) -> Error {
    let meaning = codes::explain(number);
    // Agents 2.x have no `config` command (`ngrok help`, 2.3.41).
    let fix = match launch.version.is_legacy() {
        true => meaning.fix.replace("ngrok config add-authtoken", "ngrok authtoken"),
        false => meaning.fix.to_string(),
    };
    Error::AgentRefused { number, meaning: meaning.meaning.to_string(), words: launch.masked(words), fix }
}

fn ended(launch: &Launch, pulse: &Pulse, status: Option<ExitStatus>, early: bool) -> Error {
    if let Some((number, words)) = pulse.refusal() {
        return refused(launch, number, &words);
    }
    if let Some(fatal) = &pulse.fatal
        && (fatal.contains("address already in use") || fatal.contains("Only one usage of each socket address"))
    {
        return Error::AgentAddressTaken { words: launch.masked(fatal) };
    }
    let status = status.map_or_else(|| "ended".to_owned(), status_words);
    let tail = launch.masked(&pulse.shown_tail());
    if early { Error::AgentExited { status, tail } } else { Error::AgentDied { status, tail } }
}

fn not_ready(launch: &Launch, pulse: &Pulse) -> Error {
    match pulse.refusal() {
        Some((number, words)) => refused(launch, number, &words),
        None => Error::AgentNotReady { limit: launch.ready_within, tail: launch.masked(&pulse.shown_tail()) },
    }
}

#[cfg(test)]
mod tests {
    use super::super::launch::tests::launch;
    use super::*;

    #[test]
    fn a_refusal_keeps_ngroks_words_and_loses_the_token() {
        let mut pulse = Pulse::default();
        for line in [
            r#"{"lvl":"info","msg":"open config file","err":null}"#,
            "ERROR:  authentication failed: The authtoken you specified does not look like one.",
            "ERROR:  Your authtoken: my own odd token",
            "ERROR:  ",
            "ERROR:  ERR_NGROK_105",
        ] {
            pulse.take(line);
        }
        let error = ended(&launch("3.39.10", None), &pulse, None, true);
        assert_eq!(error.code(), "CH0304");
        let words = error.cause().expect("ngrok's words");
        assert!(words.contains("does not look like one") && !words.contains("odd"), "{words}");
    }

    #[test]
    fn an_end_without_a_code_shows_the_last_lines() {
        let mut pulse = Pulse::default();
        pulse.take(
            r#"{"lvl":"crit","msg":"command failed","err":"listen tcp 127.0.0.1:4040: bind: address already in use"}"#,
        );
        assert_eq!(ended(&launch("3.39.10", None), &pulse, None, true).code(), "CH0307");
        let mut pulse = Pulse::default();
        pulse.take("something else");
        let error = ended(&launch("3.39.10", None), &pulse, None, false);
        assert_eq!((error.code(), error.cause()), ("CH0309", Some("something else")));
    }
}
