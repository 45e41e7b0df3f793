//! What each test stands on: an edge, a person's machine, and where wanted the sandbox's Clerk and Svix.

use std::path::PathBuf;
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
    agent: PathBuf,
    config: PathBuf,
    sandbox: Option<Sandbox>,
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

    /// With Clerk and Svix, and with the sandbox's agent where no real one is named.
    pub fn with_any_agent() -> Self {
        let stand = Self::with_services();
        match &stand.sandbox {
            Some(sandbox) if agent().is_none() => {
                let (agent, config) = (sandbox.text("ngrok_bin").into(), sandbox.text("ngrok_config").into());
                Self { agent, config, ..stand }
            }
            _ => stand,
        }
    }

    fn of(mut machine: Machine, sandbox: Option<Sandbox>) -> Self {
        let edge = Edge::start();
        let config = edge.config(&format!("authtoken: {TOKEN}"));
        machine.hide(TOKEN);
        let agent = agent().unwrap_or_default();
        Self { edge, machine, agent, config, sandbox }
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

    /// Starts a command line of clerkhook with the agent.
    pub fn start(&self, line: &str) -> Running {
        self.machine.watch(self.command(line))
    }

    /// A command line of clerkhook with the agent.
    fn command(&self, line: &str) -> Command {
        let mut command = self.machine.command(&line.split_whitespace().collect::<Vec<_>>());
        command.arg("--ngrok-bin").arg(&self.agent).arg("--ngrok-config").arg(&self.config);
        command
    }

    /// A command line by way of another program, which gets it as its last arguments.
    pub fn by_way_of(&self, way: &[&str], line: &str) -> Command {
        let command = self.command(line);
        let mut outer = Command::new(way[0]);
        outer.args(&way[1..]).arg(command.get_program()).args(command.get_args());
        outer.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        outer.current_dir(self.machine.project());
        outer
    }

    /// Starts the agent as a person does, and waits for its tunnel.
    pub fn agent_by_hand(&self, port: u16) -> Agent {
        let mut command = Command::new(&self.agent);
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

    /// The processes of the agents of this stand.
    pub fn agents(&self) -> Vec<u32> {
        let processes = std::fs::read_dir("/proc").expect("processes").flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        ids.filter(|id| alive(*id) && self.is_agent(*id)).collect()
    }

    /// clerkhook's own command line has the config's path too, but not as its program.
    fn is_agent(&self, id: u32) -> bool {
        let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let directory = self.config.parent().expect("a directory").to_string_lossy();
        line.contains(&*directory) && line.split('\0').next() == self.agent.to_str()
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
