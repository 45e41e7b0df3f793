//! The end of `up`, asked for at any moment: everything is taken down, nothing stays, and the exit code says so.

use std::process::{Command, Stdio};

use crate::fixture::{Machine, Output, Running, Sandbox, agents, alive, signal};

/// A slow sandbox, so that a signal reaches the step that it is meant for.
const SLOW: &str = "--latency clerk=150ms,svix=150ms,agent=300ms";

/// No agent runs, no set-up is noted, no endpoint is enabled.
fn nothing_stays(sandbox: &Sandbox, machine: &Machine) {
    assert_eq!(agents(sandbox), [0; 0], "an agent is left behind");
    assert_eq!(machine.setups(), 0, "a state file is left behind");
    let remote = machine.run("status --remote --json").expect_code(0);
    let at_clerk = remote.of_type("status").pop().expect("a line");
    let found = at_clerk["found"].as_str().unwrap_or_default();
    let rests = found.contains(" disabled, ") || found.starts_with("no endpoint") || found.contains("never enabled");
    assert!(rests, "{found}");
}

/// Interrupts `up` as soon as a step has begun.
fn interrupted_at(step: &str, sandbox: &str) {
    let sandbox = Sandbox::start(sandbox);
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    let begun = format!("\"step\":\"{step}\",\"status\":\"start\"");
    up.wait_for(step, |line| line.contains(&begun));
    up.signal("INT");
    let output = up.finish().expect_code(130);
    assert!(output.stderr.contains("\"CH0002\""), "{}", output.stderr);
    assert!(output.of_type("ready").is_empty());
    nothing_stays(&sandbox, &machine);
}

#[test]
fn at_the_app() {
    interrupted_at("app", SLOW);
}

#[test]
fn at_the_tunnel() {
    interrupted_at("tunnel", SLOW);
}

#[test]
fn at_the_endpoint() {
    interrupted_at("endpoint", SLOW);
}

#[test]
fn at_the_secret() {
    interrupted_at("secret", SLOW);
}

#[test]
fn at_the_test_event() {
    interrupted_at("test", SLOW);
}

#[test]
fn at_the_proof() {
    interrupted_at("proof", "--fault delivery=drop");
}

fn ended_when_ready_by(name: &str) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("ready");
    up.signal(name);
    let output = up.finish().expect_code(0);
    assert_eq!(output.of_type("stopped").len(), 1);
    assert_eq!(output.stderr, "");
    nothing_stays(&sandbox, &machine);
}

#[test]
fn sigterm_is_a_clean_end() {
    ended_when_ready_by("TERM");
}

#[test]
fn sighup_is_a_clean_end() {
    ended_when_ready_by("HUP");
}

/// Sends SIGINT until the process has ended: signals that come at once count as one.
fn interrupt_until_it_ends(mut running: Running) -> Output {
    let pid = running.child.id();
    while running.child.try_wait().expect("a child").is_none() {
        signal(pid, "INT");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    running.finish()
}

/// The process that a farewell names.
fn named_process(output: &Output) -> u32 {
    let rest = output.stderr.split("the ngrok agent (process ").nth(1);
    let pid = rest.and_then(|rest| rest.split(')').next()).and_then(|pid| pid.parse().ok());
    pid.unwrap_or_else(|| panic!("no process is named: {}", output.stderr))
}

/// Whether a process has taken SIGTERM into its own hands.
fn ignores_sigterm(pid: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & (1 << 14) != 0)
}

#[test]
fn a_second_ctrl_c_leaves_at_once_and_names_the_agent_that_stays() {
    let sandbox = Sandbox::start("--fault agent=hang:hard");
    let machine = Machine::with(&sandbox);
    let up = machine.start("up --serve --no-env --json");
    // An agent that does not listen takes three seconds to be rid of.
    let deadline = std::time::Instant::now() + crate::fixture::PATIENCE;
    while !agents(&sandbox).iter().any(|agent| ignores_sigterm(*agent)) && std::time::Instant::now() < deadline {
        std::thread::yield_now();
    }
    let output = interrupt_until_it_ends(up).expect_code(130);
    let agent = named_process(&output);
    assert_eq!(agents(&sandbox), [agent]);
    assert!(alive(agent));
    signal(agent, "KILL");
}

#[test]
fn a_second_ctrl_c_names_the_endpoint_that_stays() {
    let sandbox = Sandbox::start("--latency svix=700ms");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-test --no-env --json");
    let id = up.wait_for_type("ready")["endpoint_id"].as_str().expect("an id").to_owned();
    let output = interrupt_until_it_ends(up).expect_code(130);
    assert!(output.stderr.contains(&format!("endpoint {id}, which is enabled")), "{}", output.stderr);
    signal(named_process(&output), "KILL");
    assert_eq!(machine.setups(), 0);
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let up = machine.command(&["up", "--serve", "--no-env", "--json"]);
    let words = [up.get_program()].into_iter().chain(up.get_args()).map(|word| word.to_string_lossy().into_owned());
    let line = words.collect::<Vec<_>>().join(" ");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("({line}; echo exit $? >&2) | head -1")]).current_dir(machine.project());
    shell.env_clear().envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = shell.stdin(Stdio::null()).output().expect("a shell");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    assert_eq!(String::from_utf8_lossy(&output.stderr), "exit 0\n");
    nothing_stays(&sandbox, &machine);
}
