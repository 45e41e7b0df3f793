//! `up --detach`: it returns when it is ready or with what failed, and what it leaves outlives whoever started it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::Account;
use crate::fixture::{Machine, Output, Sandbox, agents, alive, free_port, signal, until};
use crate::stand::OK;
use crate::wire::{RawApp, port_of, post};

/// A set-up in the background; it is ended with the test, however that ends.
pub struct Background {
    pub machine: Machine,
    /// What the command said that started it.
    pub output: Output,
    /// Its `ready` line.
    pub ready: Value,
}

impl Background {
    /// Of a command line that says JSON lines.
    #[track_caller]
    pub fn start(machine: Machine, line: &str) -> Self {
        let output = machine.run(line).expect_code(0);
        let ready = output.of_type("ready").pop().unwrap_or_default();
        Self { machine, output, ready }
    }

    pub fn pid(&self) -> u32 {
        self.ready["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a process")
    }

    /// The log, which `status` tells of.
    pub fn log(&self) -> PathBuf {
        let set_up = self.machine.run("status --json").expect_code(0).of_type("set_up").pop().expect("it runs");
        set_up["log_file"].as_str().expect("a log").into()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.machine.command(&["down", "--all"]).output();
    }
}

/// A machine on a sandbox of its own that stays, and an app.
fn stand() -> (Machine, RawApp) {
    let sandbox = Sandbox::start("");
    (Machine::with(&sandbox).keep(sandbox), RawApp::answering(OK))
}

#[test]
fn it_returns_when_ready_with_the_lines_of_up_and_goes_on() {
    let (machine, app) = stand();
    let ready_file = machine.project().join("ready.json");
    let line = format!("up {} --no-env --json --detach --ready-file ready.json", app.port);
    let mut set_up = Background::start(machine, &line);
    let kinds = set_up.output.lines().into_iter().map(|line| line["type"].as_str().unwrap_or_default().to_owned());
    assert_eq!(kinds.filter(|kind| kind != "step").collect::<Vec<_>>(), ["tunnel", "endpoint", "proof", "ready"]);
    let noted: Value = serde_json::from_str(&std::fs::read_to_string(&ready_file).expect("there")).expect("JSON");
    assert_eq!(noted, set_up.ready);
    assert!(alive(set_up.pid()));

    // A terminal that closes and a session that ends say SIGHUP.
    signal(set_up.pid(), "HUP");
    let secret = Account::at(set_up.machine.sandbox()).secret(set_up.ready["endpoint_id"].as_str().expect("an id"));
    set_up.machine.hide(secret.trim_start_matches("whsec_"));
    let public = port_of(set_up.ready["public_url"].as_str().expect("a URL"));
    let answer = post(public, "/api/webhooks", &[("authorization", &format!("Bearer {secret}"))], b"{}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let log = set_up.log();
    until("the delivery is in the log", || read(&log).contains("\"type\":\"delivery\""));
    assert!(read(&log).contains("\"type\":\"tunnel\"") && read(&log).contains("\"type\":\"ready\""), "{}", read(&log));
    set_up.machine.assert_hidden(&read(&log));
    assert_eq!(mode(&log), 0o600);

    let down = set_up.machine.run("down --json").expect_code(0);
    let stopped = down.of_type("stopped").pop().expect("a line");
    assert_eq!((&stopped["pid"], &stopped["deliveries"]), (&set_up.ready["pid"], &1.into()), "{stopped}");
    assert!(!ready_file.exists() && read(&log).contains("\"type\":\"stopped\""), "{}", read(&log));
    until("the process is gone", || !alive(set_up.pid()));
    assert_eq!(agents(set_up.machine.sandbox()), [0; 0]);
}

fn read(path: &std::path::Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn mode(path: &std::path::Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).expect("there").permissions().mode() & 0o777
}

#[test]
fn a_person_is_told_where_it_is() {
    let (machine, app) = stand();
    let log = machine.project().join("up.log");
    let line = format!("up {} --no-env --detach --log-file {}", app.port, log.display());
    let set_up = Background::start(machine, &line);
    let said = &set_up.output.stderr;
    assert!(
        said.contains("✓ test") && said.contains("runs on as process") && said.contains("`clerkhook down`"),
        "{said}"
    );
    assert!(!said.contains("Ctrl-C") && set_up.output.stdout.is_empty(), "{said}");
    assert!(read(&log).contains("✓ test"), "{}", read(&log));
}

#[test]
fn what_fails_is_said_with_its_exit_code_and_nothing_stays() {
    let (machine, app) = stand();
    let began = Instant::now();
    let nobody = machine.run(&format!("up {} --no-env --detach --json", free_port())).expect_code(3);
    assert_eq!(nobody.error()["code"], "CH0201");
    assert!(began.elapsed() < Duration::from_secs(20), "an app that is not there is not waited for");
    drop(app);
    let broken = RawApp::answering("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n");
    let refused = machine.run(&format!("up {} --no-env --detach --json --timeout 3s --ready-file r", broken.port));
    assert_eq!(refused.expect_code(6).error()["code"], "CH0805");
    assert_eq!((machine.setups(), agents(machine.sandbox())), (0, Vec::new()));
    assert!(!machine.project().join("r").exists());
}

#[test]
fn a_verdict_comes_within_its_time_whatever_takes_it() {
    let sandbox = Sandbox::start("--latency agent=30s");
    let machine = Machine::with(&sandbox).keep(sandbox).set("CLERKHOOK_AGENT_TIMEOUT", "60");
    let app = RawApp::answering(OK);
    let began = Instant::now();
    let late = machine.run(&format!("up {} --no-env --detach --json --timeout 1s", app.port)).expect_code(6);
    assert_eq!(late.error()["code"], "CH0313", "{}", late.stderr);
    assert!(began.elapsed() < Duration::from_secs(20));
    until("nothing stays", || machine.setups() == 0 && agents(machine.sandbox()).is_empty());
}

#[test]
fn files_that_cannot_be_are_said_before_anything_is_begun() {
    let (machine, app) = stand();
    let machine = machine.file("notes.txt", "mine");
    let port = app.port;
    for flags in ["--ready-file no/such/r.json", "--ready-file notes.txt", "--log-file ."] {
        let output = machine.run(&format!("up {port} --no-env --detach --json {flags}")).expect_code(3);
        assert_eq!(output.error()["code"], "CH0007", "{flags}: {}", output.stderr);
        assert!(output.stdout.is_empty(), "{flags}");
    }
    assert_eq!(machine.read("notes.txt"), "mine");
    for flags in ["--ready-file r", "--log-file l", "--detach --once"] {
        machine.run(&format!("up {port} {flags}")).expect_code(2);
    }
}

#[test]
fn ctrl_c_before_it_is_ready_ends_it() {
    let sandbox = Sandbox::start("--latency clerk=2s");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let app = RawApp::answering(OK);
    let mut up = machine.start(&format!("up {} --no-env --detach --json", app.port));
    up.wait_for("the tunnel", |line| line.contains("\"step\":\"tunnel\",\"status\":\"ok\""));
    up.signal("INT");
    let output = up.finish().expect_code(130);
    assert_eq!(output.error()["code"], "CH0002");
    until("nothing stays", || machine.setups() == 0 && agents(machine.sandbox()).is_empty());
}

#[test]
fn a_second_one_shows_the_first_and_writes_its_ready_file_too() {
    let (machine, app) = stand();
    let first = Background::start(machine, &format!("up {} --no-env --json --detach", app.port));
    let line = format!("up {} --no-env --json --detach --ready-file r", app.port);
    let second = first.machine.run(&line).expect_code(0);
    assert_eq!(second.of_type("ready")[0]["pid"], first.ready["pid"]);
    let noted: Value = serde_json::from_str(&first.machine.read("r")).expect("JSON");
    assert_eq!(noted["pid"], first.ready["pid"]);
    assert_eq!(first.machine.run("status --json").expect_code(0).of_type("set_up").len(), 1);
}

#[test]
fn a_log_that_cannot_be_written_ends_nothing() {
    let machine = Machine::new();
    // The one way to fill a disk for a single process: no file grows past 64 KiB.
    let ours = machine.command(&["up", "--sandbox", "--serve", "--no-history", "--json", "--detach"]);
    let mut sh = std::process::Command::new("sh");
    sh.args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"]).arg(ours.get_program()).args(ours.get_args());
    sh.current_dir(machine.project()).env_clear();
    sh.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = machine.watch(sh).finish().expect_code(0);
    let ready = output.of_type("ready").remove(0);
    let set_up = Background { machine, output, ready };
    let (log, public) = (set_up.log(), port_of(set_up.ready["public_url"].as_str().expect("a URL")));
    for _ in 0..4 {
        assert!(post(public, "/", &[], &vec![b'x'; 40 * 1024]).starts_with("HTTP/1.1 200"));
    }
    let full = || std::fs::metadata(&log).is_ok_and(|metadata| metadata.len() == 128 * 512);
    until("the log is full", full);
    assert!(post(public, "/", &[], b"{}").starts_with("HTTP/1.1 200") && alive(set_up.pid()));
    let down = set_up.machine.run("down --json").expect_code(0);
    assert_eq!(down.of_type("stopped").len(), 1, "it had ended by itself: {}", down.stderr);
}

#[test]
fn its_log_is_bounded() {
    let machine = Machine::new();
    let set_up = Background::start(machine, "up --sandbox --serve --no-test --json --detach");
    let (log, public) = (set_up.log(), port_of(set_up.ready["public_url"].as_str().expect("a URL")));
    let body = vec![b'x'; 700 * 1024];
    let older = PathBuf::from(format!("{}.1", log.display()));
    for _ in 0..7 {
        post(public, "/", &[], &body);
    }
    until("the log is put aside", || older.exists());
    let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    assert!(size(&log) + size(&older) < 12 << 20, "{} and {}", size(&log), size(&older));
    until("it goes on in the new one", || size(&log) > 0);
}
