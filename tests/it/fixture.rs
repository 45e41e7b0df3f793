//! The ground of every test: a home, a project directory and a command line; exit code, stdout and stderr as one text.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

#[path = "schema.rs"]
mod schema;

/// No step of a test takes this long; one that does has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Holds the config file of a sandbox's agent, which is handed on as a flag.
pub const AGENT_CONFIG: &str = "NGROK_CONFIG_OF_SANDBOX";

/// A person's machine: its home, a project, an environment without any of the outside one's settings.
pub struct Machine {
    home: TempDir,
    variables: Vec<(String, String)>,
    secrets: Vec<String>,
    sandbox: Option<Box<Sandbox>>,
}

impl Machine {
    /// A machine on which nothing is set up, without ngrok.
    pub fn new() -> Self {
        let home = tempfile::tempdir().expect("a directory");
        std::fs::create_dir(home.path().join("project")).expect("a project");
        Self { home, variables: Vec::new(), secrets: Vec::new(), sandbox: None }
    }

    /// A machine whose settings lead to a running sandbox.
    pub fn with(sandbox: &Sandbox) -> Self {
        let address = |name: &str| sandbox.addresses[name].as_str().expect("an address").to_owned();
        Self::new()
            .set("CLERK_API_URL", &address("clerk_api_url"))
            .set("SVIX_SERVER_URL", &address("svix_server_url"))
            .set("CLERKHOOK_NGROK_BIN", &address("ngrok_bin"))
            .set(AGENT_CONFIG, &address("ngrok_config"))
            .secret("CLERK_SECRET_KEY", &address("clerk_secret_key"))
    }

    /// Sets an environment variable.
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets an environment variable whose value must never show.
    pub fn secret(mut self, name: &str, value: &str) -> Self {
        self.secrets.push(value.trim().trim_matches('"').to_owned());
        self.set(name, value)
    }

    /// Keeps a sandbox for as long as the machine.
    pub fn keep(self, sandbox: Sandbox) -> Self {
        Self { sandbox: Some(Box::new(sandbox)), ..self }
    }

    /// The sandbox that it keeps.
    pub fn sandbox(&self) -> &Sandbox {
        self.sandbox.as_ref().expect("a sandbox was kept")
    }

    /// Writes the config file.
    pub fn config(self, text: &str) -> Self {
        let directory = self.home.path().join("config");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join("config.toml"), text).expect("written");
        self
    }

    /// Takes a variable away.
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The project directory.
    pub fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    /// Writes a file of the project.
    pub fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.project().join(name), text).expect("written");
        self
    }

    /// Writes files of the project in their directories, by name and text.
    pub fn tree(self, files: &[(String, String)]) -> Self {
        for (name, text) in files {
            let path = self.project().join(name);
            std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            std::fs::write(path, text).expect("written");
        }
        self
    }

    /// A file of the project as text; empty where there is none.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.project().join(name)).unwrap_or_default()
    }

    /// A value that no output may hold from now on.
    pub fn hide(&mut self, value: &str) {
        self.secrets.push(value.to_owned());
    }

    /// Fails when a text holds a value that must not show.
    #[track_caller]
    pub fn assert_hidden(&self, text: &str) {
        assert_hidden(&self.secrets, text);
    }

    /// The same person at another terminal.
    pub fn at_home_of(self, other: &Self) -> Self {
        let home = other.home.path().to_str().expect("text").to_owned();
        self.set("HOME", &home)
    }

    /// Where set-ups are noted.
    pub fn state(&self) -> PathBuf {
        self.home.path().join("state")
    }

    /// How many set-ups are noted, running or not.
    pub fn setups(&self) -> usize {
        std::fs::read_dir(self.state().join("setups")).map_or(0, Iterator::count)
    }

    /// Runs a command line to its end; words are split at spaces.
    pub fn run(&self, line: &str) -> Output {
        self.start(line).finish()
    }

    /// Starts a command line.
    pub fn start(&self, line: &str) -> Running {
        self.start_args(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Starts a command with its arguments.
    pub fn start_args(&self, args: &[&str]) -> Running {
        self.watch(self.command(args))
    }

    /// Runs a command line that reads this text on stdin.
    pub fn run_with_input(&self, line: &str, text: &str) -> Output {
        let mut command = self.command(&line.split_whitespace().collect::<Vec<_>>());
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("the binary starts");
        child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("read");
        Running::new(child, self.secrets.clone(), &command).finish()
    }

    /// Starts any command, and reads what it says.
    pub fn watch(&self, mut command: Command) -> Running {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running::new(child.expect("the binary starts"), self.secrets.clone(), &command)
    }

    /// The command with this machine's environment and nothing else.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_clerkhook"));
        command.current_dir(self.project()).args(args).env_clear();
        command.env("HOME", self.home.path()).env("PATH", "/usr/bin:/bin").env("USER", "ann");
        command.env("CLERKHOOK_STATE_DIR", self.state()).env("CLERKHOOK_CONFIG_DIR", self.home.path().join("config"));
        // The agents of the machine that runs the tests are not this machine's.
        command.env("CLERKHOOK_AGENT_PORTS", "1-1");
        if let Some((_, config)) = self.variables.iter().find(|(name, _)| name == AGENT_CONFIG) {
            command.arg("--ngrok-config").arg(config);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// What a command did.
#[derive(Debug)]
pub struct Output {
    /// Its exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// As it came.
    pub stdout: String,
    /// As it came.
    pub stderr: String,
}

impl Output {
    /// Exit code, stdout and stderr as one text, with what differs between runs replaced.
    pub fn snapshot(&self) -> String {
        let code = self.code.map_or("signal".to_owned(), |code| code.to_string());
        let part = |name: &str, text: &str| {
            let text = steady(text);
            if text.is_empty() { String::new() } else { format!("--- {name}\n{}\n", text.trim_end_matches('\n')) }
        };
        format!("exit {code}\n{}{}", part("stdout", &self.stdout), part("stderr", &self.stderr))
    }

    /// The JSON lines of stdout.
    pub fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).expect("a JSON line")).collect()
    }

    /// The JSON lines of a type.
    pub fn of_type(&self, kind: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["type"] == kind).collect()
    }

    /// The JSON line of the error that ended it.
    #[track_caller]
    pub fn error(&self) -> Value {
        self.talk("error")
    }

    /// The last JSON line of a type on stderr.
    #[track_caller]
    pub fn talk(&self, kind: &str) -> Value {
        let mut lines = self.stderr.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.find(|line| line["type"] == kind).unwrap_or_else(|| panic!("no {kind} line in:\n{}", self.stderr))
    }

    /// Whether it ended with this code; else the test fails and shows what it said.
    #[track_caller]
    pub fn expect_code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}{}", self.stdout, self.stderr);
        self
    }
}

/// A command that runs.
pub struct Running {
    /// The process.
    pub child: Child,
    lines: mpsc::Receiver<String>,
    seen: String,
    stderr: Option<JoinHandle<String>>,
    secrets: Vec<String>,
    /// It was asked for JSON lines, and for nothing beside them on stdout.
    program: bool,
    /// It was asked for JSON lines: stderr has nothing else.
    json: bool,
}

impl Running {
    fn new(mut child: Child, secrets: Vec<String>, command: &Command) -> Self {
        let args = || command.get_args().filter_map(std::ffi::OsStr::to_str);
        let (program, json) = (schema::asks_for_lines(args()), schema::asks_for_json(args()));
        let (sender, lines) = mpsc::channel();
        let stdout = child.stdout.take().expect("a pipe");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut pipe = child.stderr.take().expect("a pipe");
        let stderr = std::thread::spawn(move || {
            let mut text = Vec::new();
            let _ = pipe.read_to_end(&mut text);
            String::from_utf8_lossy(&text).into_owned()
        });
        Self { child, lines, seen: String::new(), stderr: Some(stderr), secrets, program, json }
    }

    /// Waits for a line of stdout that the condition holds for.
    #[track_caller]
    pub fn wait_for(&mut self, what: &str, condition: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    schema::assert_described(&line, self.program);
                    self.seen.push_str(&line);
                    self.seen.push('\n');
                    if condition(&line) {
                        return line;
                    }
                }
                Err(_) => {
                    let _ = self.child.kill();
                    let stderr = self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
                    panic!("{what} did not come; stdout:\n{}\nstderr:\n{stderr}", self.seen);
                }
            }
        }
    }

    /// Waits for a JSON line of a type.
    #[track_caller]
    pub fn wait_for_type(&mut self, kind: &str) -> Value {
        let is = |line: &str| serde_json::from_str::<Value>(line).is_ok_and(|line| line["type"] == kind);
        let line = self.wait_for(kind, is);
        serde_json::from_str(&line).expect("JSON")
    }

    /// The last JSON line of a type that was seen so far.
    #[track_caller]
    pub fn seen_of_type(&self, kind: &str) -> Value {
        let lines = self.seen.lines().rev().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["type"] == kind).unwrap_or_else(|| panic!("no {kind} in:\n{}", self.seen))
    }

    /// Sends a signal, such as `INT`.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the end.
    #[track_caller]
    pub fn finish(mut self) -> Output {
        let status = self.wait();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            schema::assert_described(&line, self.program);
            self.seen.push_str(&line);
            self.seen.push('\n');
        }
        let stderr = self.stderr.take().and_then(|reader| reader.join().ok()).unwrap_or_default();
        if self.json {
            stderr.lines().for_each(schema::assert_line);
        }
        // Who is killed ends nothing, nor does one in the background that is given up.
        let given_up = status.code().is_none() || stderr.contains("CH0313");
        if self.program && !given_up {
            schema::assert_steps_end(&self.seen);
        }
        let output = Output { code: status.code(), stdout: std::mem::take(&mut self.seen), stderr };
        assert_hidden(&self.secrets, &format!("{}{}", output.stdout, output.stderr));
        output
    }

    #[track_caller]
    fn wait(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            if Instant::now() > deadline {
                let _ = self.child.kill();
                panic!("the command did not end; stdout:\n{}", self.seen);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Running {
    /// Asks first, so that what it set up does not outlive a test that fails.
    fn drop(&mut self) {
        if self.child.try_wait().is_ok_and(|status| status.is_none()) {
            // Asked first, so that it takes its files and children with it.
            signal(self.child.id(), "TERM");
            let deadline = Instant::now() + PATIENCE / 6;
            while self.child.try_wait().is_ok_and(|status| status.is_none()) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[track_caller]
fn assert_hidden(secrets: &[String], text: &str) {
    let shown = secrets.iter().find(|secret| !secret.is_empty() && text.contains(secret.as_str()));
    assert!(shown.is_none(), "a secret shows:\n{text}");
}

/// Sends a signal to a process.
pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status();
    assert!(status.expect("kill runs").success());
}

/// Whether a process runs and is no zombie.
pub fn alive(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().next()).is_some_and(|state| state != "Z")
}

/// A sandbox in the foreground, as a test in any language would use it.
pub struct Sandbox {
    _running: Running,
    /// Its JSON line.
    pub addresses: Value,
    _machine: Machine,
}

impl Sandbox {
    /// Starts one; `args` are words such as `--fault svix=429:2`.
    pub fn start(args: &str) -> Self {
        let machine = Machine::new();
        let mut running = machine.start(&format!("sandbox --json {args}"));
        let addresses = running.wait_for_type("sandbox");
        Self { _running: running, addresses, _machine: machine }
    }

    /// One of its addresses, by name.
    pub fn text(&self, name: &str) -> &str {
        self.addresses[name].as_str().expect("an address")
    }

    /// Where its agent, the agent's settings and its config are.
    pub fn agent_directory(&self) -> PathBuf {
        let bin = PathBuf::from(self.addresses["ngrok_bin"].as_str().expect("a path"));
        bin.parent().expect("a directory").to_owned()
    }
}

/// Replaces ports, ids, times, paths and process numbers by words.
pub fn steady(text: &str) -> String {
    let mut steady = String::with_capacity(text.len());
    for line in text.lines() {
        steady.push_str(&steady_line(line));
        steady.push('\n');
    }
    steady
}

fn steady_line(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    'outer: while let Some(c) = rest.chars().next() {
        for (prefix, word) in [("127.0.0.1:", "127.0.0.1:[PORT]"), ("localhost:", "localhost:[PORT]")] {
            if let Some(after) = rest.strip_prefix(prefix) {
                let digits = after.chars().take_while(char::is_ascii_digit).count();
                if digits > 0 {
                    out.push_str(word);
                    rest = &after[digits..];
                    continue 'outer;
                }
            }
        }
        for prefix in ["ep_", "msg_", "app_", "ins_", "user_", "airt_"] {
            if let Some(after) = rest.strip_prefix(prefix) {
                let length = after.chars().take_while(char::is_ascii_alphanumeric).count();
                // The agent's ids are shown shortened.
                if length >= 20 || (length > 0 && prefix == "airt_") {
                    out.push_str(prefix);
                    out.push_str("[ID]");
                    rest = &after[length..];
                    continue 'outer;
                }
            }
        }
        // An id of ours, shown shortened.
        if let Some(after) = rest.split_once('…').filter(|(id, _)| id.len() == 12 && is_id(id)).map(|(_, after)| after)
        {
            out.push_str("[ID]…");
            rest = after;
            continue;
        }
        if let Some(after) = rest.strip_prefix("clerkhook-").filter(|after| after.contains("+clerk_test")) {
            out.push_str("clerkhook-[WORD]");
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            continue;
        }
        if let Some(after) = rest.strip_prefix(" Test-") {
            out.push_str(" Test-[WORD]");
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            continue;
        }
        if let Some(after) = rest.strip_prefix("(trace ") {
            out.push_str("(trace [TRACE]");
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
            continue;
        }
        if let Some((home, after)) = rest.strip_prefix("/tmp/.tmp").and_then(|after| after.split_once("/project"))
            && home.chars().all(|c| c.is_ascii_alphanumeric())
        {
            out.push_str("[PROJECT]");
            rest = after;
            continue;
        }
        let digits = rest.chars().take_while(char::is_ascii_digit).count();
        if digits > 0 {
            let after = &rest[digits..];
            if after.starts_with(" ms") {
                // The column is as wide as the longest number.
                while out.ends_with("  ") {
                    out.pop();
                }
                out.push_str("[MS]");
            } else if out.ends_with("process ") {
                out.push_str("[PID]");
            } else if is_clock(rest) {
                out.push_str("[TIME]");
                rest = &rest[8..];
                continue;
            } else {
                out.push_str(&rest[..digits]);
            }
            rest = after;
            continue;
        }
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

fn is_id(text: &str) -> bool {
    text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_clock(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 8
        && bytes[2] == b':'
        && bytes[5] == b':'
        && [0, 1, 3, 4, 6, 7].iter().all(|i| bytes[*i].is_ascii_digit())
}

/// A port on which nothing listens: it was free a moment ago.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

/// An executable file with this text.
pub fn script(directory: &Path, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = directory.join(name);
    std::fs::write(&path, text).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    path
}

/// The processes of a sandbox's agent that hold a tunnel, whoever started them; one that only tells its version is gone
/// in a moment.
pub fn agents(sandbox: &Sandbox) -> Vec<u32> {
    let bin = sandbox.agent_directory().join("ngrok").display().to_string();
    let is_agent = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        let mut words = line.split('\0');
        words.next() == Some(bin.as_str()) && words.next().is_some_and(|word| word != "version")
    };
    let processes = std::fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_agent).collect()
}

/// Waits until something holds that no output tells.
#[track_caller]
pub fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {} s", PATIENCE.as_secs());
        std::thread::sleep(Duration::from_millis(5));
    }
}
