//! What each test stands on: an edge, a person's machine, and where wanted the sandbox's Clerk and Svix.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::edge::{Edge, TOKEN};
use crate::fixture::{Machine, PATIENCE, Running, Sandbox, alive};

/// Names the agent that the tests run.
const AGENT: &str = "CLERKHOOK_REAL_NGROK";

pub struct Stand {
    pub edge: Edge,
    pub machine: Machine,
    config: PathBuf,
    _sandbox: Option<Sandbox>,
}

/// The agent, where one is named; the commands run in other directories, so its whole path.
pub fn agent() -> Option<PathBuf> {
    let path = std::env::var_os(AGENT).filter(|path| !path.is_empty())?;
    Some(std::fs::canonicalize(path).expect("CLERKHOOK_REAL_NGROK names a file"))
}

impl Stand {
    /// Without Clerk and Svix.
    pub fn new() -> Self {
        Self::of(Machine::new(), None)
    }

    /// With Clerk and Svix.
    pub fn with_services() -> Self {
        let sandbox = Sandbox::start("");
        let address = |name: &str| sandbox.addresses[name].as_str().expect("an address").to_owned();
        let machine = Machine::new()
            .set("CLERK_API_URL", &address("clerk_api_url"))
            .set("SVIX_SERVER_URL", &address("svix_server_url"))
            .secret("CLERK_SECRET_KEY", &address("clerk_secret_key"));
        Self::of(machine, Some(sandbox))
    }

    fn of(mut machine: Machine, sandbox: Option<Sandbox>) -> Self {
        let edge = Edge::start();
        let config = edge.config(&format!("authtoken: {TOKEN}"));
        machine.hide(TOKEN);
        Self { edge, machine, config, _sandbox: sandbox }
    }

    /// Lets commands look for agents where this one is.
    pub fn looks_at(mut self, agent: &Agent) -> Self {
        let port = agent.api.rsplit(':').next().expect("a port");
        self.machine = self.machine.set("CLERKHOOK_AGENT_PORTS", &format!("{port}-{port}"));
        self
    }

    /// Gives the agent more lines of config.
    pub fn configured(mut self, lines: &str) -> Self {
        self.config = self.edge.config(lines);
        self
    }

    /// Starts a command line of clerkhook with the real agent.
    pub fn start(&self, line: &str) -> Running {
        let agent = agent().expect("CLERKHOOK_REAL_NGROK names the agent").display().to_string();
        let config = self.config.display().to_string();
        let mut args: Vec<&str> = line.split_whitespace().collect();
        args.extend(["--ngrok-bin", &agent, "--ngrok-config", &config]);
        self.machine.start_args(&args)
    }

    /// Starts the agent as a person does, and waits for its tunnel.
    pub fn agent_by_hand(&self, port: u16) -> Agent {
        let mut command = Command::new(agent().expect("CLERKHOOK_REAL_NGROK names the agent"));
        command.env_clear().env("HOME", self.machine.project());
        command.arg("http").arg(port.to_string()).arg("--config").arg(&self.config);
        command.args(["--log=stdout", "--log-format=json"]);
        let mut running = self.machine.watch(command);
        let mut said = |message: &str, key: &str| {
            let line = running.wait_for(message, |line| record(line)["msg"] == message);
            record(&line)[key].as_str().expect("text").to_owned()
        };
        let api = said("starting web service", "addr");
        // One for http and one for https.
        said("started tunnel", "url");
        let url = said("started tunnel", "url");
        Agent { running, api, url }
    }

    /// The processes of agents that belong to this edge.
    pub fn agents(&self) -> Vec<u32> {
        let directory = self.edge.directory();
        let processes = std::fs::read_dir("/proc").expect("processes").flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id| alive(*id) && is_agent(*id, directory)).collect()
    }
}

/// An agent that a person started.
pub struct Agent {
    pub running: Running,
    /// `host:port` of its API.
    pub api: String,
    /// One of its public URLs.
    pub url: String,
}

fn record(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_default()
}

/// clerkhook's own command line has the config's path too, but not as its program.
fn is_agent(id: u32, directory: &Path) -> bool {
    let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let program = line.split('\0').next().unwrap_or_default();
    line.contains(&*directory.to_string_lossy()) && Some(Path::new(program)) == agent().as_deref()
}

/// Asks until there is an answer; the pause only saves processor time.
#[track_caller]
pub fn eventually<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(10));
    }
}
