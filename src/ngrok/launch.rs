//! The agent's life: started in its own group, read until it is ready, watched, stopped.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

use super::api::{AgentApi, Session, preferred};
use super::codes;
use super::pulse::{Pulse, clean};
use super::version::Version;
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::process::{self, Child, Program, status_words};
use crate::secret::{Secret, mask_text};

/// How long it may take to end after SIGTERM.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The binary.
    pub bin: PathBuf,
    /// Its version, which decides the flags.
    pub version: Version,
    /// Config files; the agent's default one when there are none.
    pub config: Vec<PathBuf>,
    /// For its environment, never its arguments.
    pub authtoken: Option<Secret>,
    /// The app.
    pub upstream: Upstream,
    /// A host name or URL to ask for.
    pub domain: Option<String>,
    /// Variables that are kept from it.
    pub without: Vec<&'static str>,
    /// How long it may take until the tunnel is up.
    pub ready_within: Duration,
}

impl Launch {
    fn program(&self) -> Program {
        let mut args: Vec<OsString> = vec!["http".into(), self.upstream.for_agent().into()];
        args.extend(["--log=stdout", "--log-format=json", "--log-level=info"].map(OsString::from));
        if self.version.is_legacy() {
            args.push("--bind-tls=true".into());
        }
        if let Some(domain) = &self.domain {
            args.push(self.domain_flag(domain).into());
        }
        for file in &self.config {
            let mut flag = OsString::from("--config=");
            flag.push(file);
            args.push(flag);
        }
        let mut program = Program::new(&self.bin, args);
        program.env_remove = self.without.iter().map(OsString::from).collect();
        if let Some(authtoken) = &self.authtoken {
            program.env.push(("NGROK_AUTHTOKEN".into(), authtoken.expose().into()));
        }
        program
    }

    /// `--url` since 3.16, `--domain` before, `--hostname` in 2.x (ngrok docs, agent/cli). Only `--url` takes a scheme.
    fn domain_flag(&self, domain: &str) -> String {
        let bare = domain.split_once("://").map_or(domain, |(_, rest)| rest).trim_end_matches('/');
        match self.version {
            version if version >= Version::URL_FLAG => format!("--url={}", domain.trim_end_matches('/')),
            version if version.is_legacy() => format!("--hostname={bare}"),
            _ => format!("--domain={bare}"),
        }
    }

    fn masked(&self, text: &str) -> String {
        let text = match &self.authtoken {
            Some(token) if token.expose().len() >= 6 => text.replace(token.expose(), &token.masked()),
            _ => text.to_owned(),
        };
        mask_text(&text)
    }
}

/// A running agent that clerkhook started. Dropping it kills it.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    launch: Launch,
    pulse: watch::Receiver<Pulse>,
    reader: JoinHandle<()>,
    /// Its API.
    pub api: AgentApi,
    /// Without a path.
    pub public_url: String,
}

/// Starts the agent and waits until its tunnel is online.
///
/// When `abort` resolves first, the agent is asked to end, so that its session does not linger at the edge. `started`
/// is told its process id at once.
///
/// # Errors
/// `AgentRefused` with ngrok's own words, `AgentAddressTaken`, `AgentExited`, `AgentNotReady`, `AgentNotRunnable`,
/// `Interrupted`.
pub async fn start(launch: Launch, abort: impl Future<Output = ()>, started: impl FnOnce(u32)) -> Result<Agent> {
    let mut child = process::spawn(&launch.program()).map_err(|error| not_runnable(&launch.bin, &error))?;
    started(child.pid());
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
        Ok((api, public_url)) => Ok(Agent { child, launch, pulse, reader, api, public_url }),
        Err(error) => {
            child.stop(STOP_WITHIN).await;
            Err(error)
        }
    }
}

impl Agent {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.pid()
    }

    /// Its version.
    pub fn version(&self) -> Version {
        self.launch.version
    }

    /// Follows whether its session stands.
    pub fn pulse(&self) -> watch::Receiver<Pulse> {
        self.pulse.clone()
    }

    /// Resolves when it ends, with what it said last.
    pub async fn ended(&mut self) -> Error {
        let status = self.child.wait().await.ok();
        let _ = timeout(Duration::from_secs(1), &mut self.reader).await;
        ended(&self.launch, &self.pulse.borrow(), status, false)
    }

    /// Ends it: asked first, killed after three seconds.
    pub async fn stop(mut self) {
        self.child.stop(STOP_WITHIN).await;
    }
}

async fn follow(mut lines: mpsc::UnboundedReceiver<String>, pulse: watch::Sender<Pulse>) {
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
    Error::AgentRefused {
        number,
        meaning: meaning.meaning.to_string(),
        words: launch.masked(words),
        fix: meaning.fix.to_string(),
    }
}

fn ended(launch: &Launch, pulse: &Pulse, status: Option<ExitStatus>, early: bool) -> Error {
    if let Some((number, words)) = pulse.refusal() {
        return refused(launch, number, &words);
    }
    if let Some(fatal) = &pulse.fatal
        && (fatal.contains("address already in use") || fatal.contains("Only one usage of each socket address"))
    {
        return Error::AgentAddressTaken { words: launch.masked(clean(fatal)) };
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
    use super::*;

    fn launch(version: &str, domain: Option<&str>) -> Launch {
        Launch {
            bin: "ngrok".into(),
            version: version.parse().expect("a version"),
            config: vec!["a.yml".into()],
            authtoken: Some(Secret::new("my own odd token")),
            upstream: Upstream::local(3000),
            domain: domain.map(str::to_owned),
            without: vec!["http_proxy"],
            ready_within: Duration::from_secs(20),
        }
    }

    fn arguments(launch: &Launch) -> String {
        let program = launch.program();
        let words: Vec<_> = program.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn the_version_decides_the_flags_and_no_secret_is_among_them() {
        let log = "--log=stdout --log-format=json --log-level=info";
        for (version, domain, expected) in [
            ("3.39.10", None, format!("http 3000 {log} --config=a.yml")),
            ("3.16.0", Some("https://a.example/"), format!("http 3000 {log} --url=https://a.example --config=a.yml")),
            ("3.15.9", Some("https://a.example"), format!("http 3000 {log} --domain=a.example --config=a.yml")),
            (
                "2.3.41",
                Some("a.example"),
                format!("http 3000 {log} --bind-tls=true --hostname=a.example --config=a.yml"),
            ),
        ] {
            assert_eq!(arguments(&launch(version, domain)), expected);
        }
    }

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
