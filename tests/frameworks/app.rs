//! An app of a framework, copied to a directory of its own and started as a person starts it; it ends with its value.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use clerkhook::handler::Framework;
use tempfile::TempDir;

use crate::definition::{Definition, Mistake, folder};
use crate::fixture::free_port;

/// Names the directory that holds a folder for each framework, in which its packages are installed.
const DIRECTORY: &str = "CLERKHOOK_FRAMEWORKS";

/// What apps and clerkhook verify with.
pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A dev server may compile for long on a busy machine.
const READY: Duration = Duration::from_secs(180);

/// An app that runs.
pub struct App {
    child: Child,
    name: String,
    typed: String,
    variables: Vec<(String, String)>,
    directory: TempDir,
    /// Where it listens.
    pub port: u16,
}

/// How an app is started.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// As while it is written.
    Dev,
    /// As in production.
    Built,
}

/// Where a framework's packages are, if they are installed.
pub fn installed(name: &str) -> Option<PathBuf> {
    let directory = std::env::var_os(DIRECTORY).filter(|path| !path.is_empty()).map(PathBuf::from)?.join(name);
    ["node_modules", ".venv"].iter().any(|packages| directory.join(packages).is_dir()).then_some(directory)
}

/// A copy of a framework's app with its handler, and with the mistake.
pub fn copy(name: &str, definition: &Definition, mistake: &Mistake) -> TempDir {
    // Beside the packages, as Node looks for them in the directories above.
    let packages = installed(name).expect("it is installed");
    let directory = tempfile::Builder::new().prefix("run-").tempdir_in(packages).expect("a directory");
    copy_all(&folder(name), directory.path());
    let framework: Framework = definition.framework.parse().expect("a framework");
    let profile = framework.profile();
    write(&directory.path().join(profile.place), profile.template);
    for [from, to] in &mistake.moves {
        let text = std::fs::read_to_string(directory.path().join(from)).expect(from);
        std::fs::remove_file(directory.path().join(from)).expect("removed");
        write(&directory.path().join(to), &text);
    }
    for (file, text) in &mistake.files {
        write(&directory.path().join(file), text);
    }
    for [file, from, to] in &mistake.edits {
        let path = directory.path().join(file);
        let text = std::fs::read_to_string(&path).expect(file);
        assert!(text.contains(from), "`{file}` has no {from:?}:\n{text}");
        write(&path, &text.replace(from, to));
    }
    directory
}

impl App {
    /// Starts it, and waits until its route answers.
    pub fn start(name: &str, definition: &Definition, mode: Mode, mistake: &Mistake) -> Self {
        let directory = copy(name, definition, mistake);
        let variables = variables(mistake);
        if let (Mode::Built, Some(build)) = (mode, &definition.build) {
            let status = command(name, build, directory.path(), 0, &variables).status().expect("it runs");
            assert!(status.success(), "{}", log(directory.path()));
        }
        let typed = if mode == Mode::Built { definition.built.as_ref() } else { Some(&definition.start) };
        let mut app = Self::run(name, typed.expect("a command"), directory, variables);
        app.wait_until(answers);
        app
    }

    /// Starts a copy with these variables, and waits until its first page is there: its route was never asked.
    pub fn run(name: &str, typed: &str, directory: TempDir, variables: Vec<(String, String)>) -> Self {
        let port = free_port();
        let child = command(name, typed, directory.path(), port, &variables).spawn().expect("it starts");
        let mut app = Self { child, name: name.to_owned(), typed: typed.to_owned(), variables, directory, port };
        app.wait_until(greets);
        app
    }

    /// Ends it and starts it again, as a person does.
    pub fn restart(&mut self) {
        self.kill();
        let mut again = command(&self.name, &self.typed, self.directory.path(), self.port, &self.variables);
        self.child = again.spawn().expect("it starts");
    }

    /// Its project.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// What it said.
    pub fn log(&self) -> String {
        log(self.directory())
    }

    fn wait_until(&mut self, is_so: fn(u16, Instant) -> bool) {
        let deadline = Instant::now() + READY;
        while !is_so(self.port, deadline) {
            assert!(self.child.try_wait().expect("a child").is_none(), "it ended:\n{}", self.log());
            assert!(Instant::now() < deadline, "it was not ready in time:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn kill(&mut self) {
        // npm starts a shell, which starts the server: all of them are one group.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.child.id())]).status();
        let _ = self.child.wait();
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The variables of an app whose env file is right, but for the mistake's.
pub fn variables(mistake: &Mistake) -> Vec<(String, String)> {
    let key = "pk_test_cXVpZXQtb3dsLTEyLmNsZXJrLmFjY291bnRzLmRldiQ=";
    let mut variables = keys();
    for name in ["CLERK_WEBHOOK_SIGNING_SECRET", "NUXT_CLERK_WEBHOOK_SIGNING_SECRET"] {
        variables.push((name.to_owned(), SECRET.to_owned()));
    }
    variables.extend(["CLERK_PUBLISHABLE_KEY"].map(|name| (name.to_owned(), key.to_owned())));
    variables.retain(|(name, _)| !mistake.env.contains_key(name));
    let set = mistake.env.iter().filter(|(_, value)| !value.is_empty());
    variables.extend(set.map(|(name, value)| (name.clone(), value.clone())));
    variables
}

/// Clerk's keys under the names of each framework.
pub fn keys() -> Vec<(String, String)> {
    let public = "pk_test_cXVpZXQtb3dsLTEyLmNsZXJrLmFjY291bnRzLmRldiQ=";
    let secret = "sk_test_ThisIsNoKeyOfAnybodyAndOpensNothing12";
    let named = |names: &[&str], value: &str| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), value.to_owned())).collect()
    };
    let mut keys = named(
        &[
            "CLERK_PUBLISHABLE_KEY",
            "NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
            "NUXT_PUBLIC_CLERK_PUBLISHABLE_KEY",
            "PUBLIC_CLERK_PUBLISHABLE_KEY",
        ],
        public,
    );
    keys.extend(named(&["CLERK_SECRET_KEY", "NUXT_CLERK_SECRET_KEY"], secret));
    keys
}

fn command(name: &str, typed: &str, directory: &Path, port: u16, variables: &[(String, String)]) -> Command {
    let packages = installed(name).expect("it is installed");
    let mut words = typed.split(' ').map(|word| word.replace("{port}", &port.to_string()));
    let mut command = Command::new("env");
    command.arg(words.next().expect("a program")).args(words).current_dir(directory).env_clear().process_group(0);
    let mut path = packages.join(".venv/bin").into_os_string();
    for more in [
        packages.with_file_name("node").join("node_modules/.bin").into_os_string(),
        std::env::var_os("PATH").unwrap_or_default(),
    ] {
        path.push(":");
        path.push(more);
    }
    // Next.js takes no directory above a home for the root of a project.
    let home = packages.with_file_name("home");
    std::fs::create_dir_all(&home).expect("made");
    command.env("PATH", path).env("HOME", home).env("PORT", port.to_string());
    // Nothing is told to anybody outside.
    let silent = [
        "CLERK_TELEMETRY_DISABLED",
        "NEXT_PUBLIC_CLERK_TELEMETRY_DISABLED",
        "NUXT_PUBLIC_CLERK_TELEMETRY_DISABLED",
        "NEXT_TELEMETRY_DISABLED",
        "NUXT_TELEMETRY_DISABLED",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
        "CI",
    ];
    command.envs(silent.map(|name| (name, "1"))).env("NPM_CONFIG_UPDATE_NOTIFIER", "false");
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let log = File::options().create(true).append(true).open(directory.join("server.log")).expect("a log");
    command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log")).stderr(log);
    command
}

fn log(directory: &Path) -> String {
    std::fs::read_to_string(directory.join("server.log")).unwrap_or_default()
}

/// Whether the first page does, as a person sees who has just started it.
fn greets(port: u16, deadline: Instant) -> bool {
    answers_at("/", port, deadline)
}

/// Whether the route answers anything; the first request is the one that compiles it.
fn answers(port: u16, deadline: Instant) -> bool {
    answers_at("/api/webhooks", port, deadline)
}

fn answers_at(path: &str, port: u16, deadline: Instant) -> bool {
    let Ok(mut stream) = TcpStream::connect(("localhost", port)) else { return false };
    let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    stream.set_read_timeout(Some(left)).expect("a timeout");
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n\r\n");
    let mut first = [0; 12];
    stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut first).is_ok()
        // A dev server that is not ready yet says so.
        && &first[9..12] != b"503"
}

fn copy_all(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a directory").flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        // The packages' own lock file marks the root above.
        if source.is_dir() {
            std::fs::create_dir_all(&target).expect("made");
            copy_all(&source, &target);
        } else if !["package-lock.json", "framework.toml", "told.json", "first_up.json"]
            .contains(&entry.file_name().to_str().unwrap_or_default())
        {
            std::fs::copy(&source, &target).expect("copied");
        }
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
    std::fs::write(path, text).expect("written");
}
