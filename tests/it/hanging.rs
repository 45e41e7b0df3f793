//! Whatever hangs: the wish to end is heard at once, others get an answer, and what could not be done is said.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::account::Account;
use crate::fixture::{Machine, Output, Running, Sandbox, agents, alive, signal, until};
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

/// It ends within five seconds; a loaded machine may take twice as long.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// Asks for the end once, and waits for it.
#[track_caller]
fn interrupted(running: Running) -> Output {
    let asked = Instant::now();
    running.signal("INT");
    let output = running.finish();
    assert!(asked.elapsed() < ENDS_WITHIN, "{:?}\n{}{}", asked.elapsed(), output.stdout, output.stderr);
    output
}

fn the_agent(machine: &Machine) -> u32 {
    let running = agents(machine.sandbox());
    let [agent] = running[..] else { panic!("{running:?}") };
    agent
}

#[test]
fn a_stopped_agent_holds_up_no_end() {
    let stand = Stand::start("");
    let agent = the_agent(&stand.machine);
    signal(agent, "STOP");
    let output = interrupted(stand.up).expect_code(0);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert!(!alive(agent), "it stays");
}

#[test]
fn an_agent_that_stops_before_it_is_ready_holds_up_no_end() {
    let sandbox = Sandbox::start("--latency agent=30s");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let up = machine.start("up --serve --no-env --json");
    until("the agent starts", || !agents(machine.sandbox()).is_empty());
    let agent = the_agent(&machine);
    signal(agent, "STOP");
    interrupted(up).expect_code(130);
    assert!(!alive(agent), "it stays");
}

#[test]
fn what_svix_does_not_say_holds_up_no_word_of_the_agents_failure() {
    let sandbox = Sandbox::start("--fault svix=slow:90s@/secret --fault agent=4018");
    let machine = Machine::with(&sandbox).set("CLERKHOOK_HTTP_TIMEOUT", "90");
    let registering = machine.start("register https://owl.example --no-env --json");
    until("it is registered", || Account::at(&sandbox).list("endpoint").len() == 1);
    registering.signal("KILL");
    registering.finish();
    let app = RawApp::answering(OK);
    let output = machine.run(&format!("up {} --no-env --once --json", app.port)).expect_code(5);
    assert_eq!(output.error()["code"], "CH0304");
}

#[test]
fn an_endpoint_that_cannot_be_disabled_in_time_is_named() {
    let stand = Stand::start("--fault svix=slow:60s@PATCH");
    let agent = the_agent(&stand.machine);
    let id = stand.ready["endpoint_id"].as_str().expect("an id").to_owned();
    let output = interrupted(stand.up).expect_code(0);
    let left = &output.of_type("stopped")[0]["left"];
    assert!(left[0].as_str().is_some_and(|left| left.contains(&id)), "{left}");
    assert!(output.stderr.contains(&id), "{}", output.stderr);
    assert!(!alive(agent), "it stays");
}

#[test]
fn svix_that_hangs_while_the_endpoint_is_made_holds_up_no_end() {
    let sandbox = Sandbox::start("--fault svix=slow:60s@POST/api/v1/app");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("tunnel");
    let output = interrupted(up).expect_code(130);
    assert!(output.stderr.contains("endpoint"), "what may be left is named: {}", output.stderr);
    assert_eq!(agents(machine.sandbox()), [0; 0]);
}

#[test]
fn an_agent_that_stops_during_the_proof_holds_up_no_end() {
    let sandbox = Sandbox::start("--fault delivery=drop");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for("the proof", |line| line.contains("\"step\":\"proof\",\"status\":\"start\""));
    signal(the_agent(&machine), "STOP");
    interrupted(up).expect_code(130);
    assert_eq!(agents(machine.sandbox()), [0; 0]);
}

#[test]
fn an_agent_that_stops_before_secure_holds_up_no_end_and_no_question() {
    let stand = Stand::start("");
    let agent = the_agent(&stand.machine);
    signal(agent, "STOP");
    let asked = Instant::now();
    let mut command = stand.machine.command(&["secure", "--in-place", "--json"]);
    command.stdin(Stdio::null());
    let secure = stand.machine.watch(command);
    until("the question is asked", || asked.elapsed() > Duration::from_secs(1));
    interrupted(secure).expect_code(130);
    interrupted(stand.up).expect_code(0);
    assert!(!alive(agent), "it stays");
}

/// A set-up whose stdout is read to its `ready` line, and no further.
struct Unread {
    child: Child,
    _stdout: BufReader<std::process::ChildStdout>,
    stderr: std::thread::JoinHandle<String>,
    ready: Option<Value>,
}

fn unread(mut command: Command, until_ready: bool) -> Unread {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdout = BufReader::with_capacity(64, child.stdout.take().expect("a pipe"));
    let stderr = child.stderr.take().expect("a pipe");
    let stderr = std::thread::spawn(move || std::io::read_to_string(stderr).expect("text"));
    let mut ready = None;
    while until_ready && ready.is_none() {
        let mut line = String::new();
        assert!(stdout.read_line(&mut line).expect("text") > 0, "it ended");
        ready = serde_json::from_str::<Value>(&line).ok().filter(|line| line["type"] == "ready");
    }
    Unread { child, _stdout: stdout, stderr, ready }
}

/// The thread that writes waits in the pipe, or for it to take something.
fn waits_for_its_reader(pid: u32) -> bool {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).expect("Linux").filter_map(Result::ok);
    let mut waits = tasks.map(|task| std::fs::read_to_string(task.path().join("wchan")).unwrap_or_default());
    waits.any(|wait| wait.contains("pipe_write") || wait.contains("poll_schedule"))
}

#[test]
fn a_reader_that_reads_no_more_holds_up_no_end() {
    ends_although_nobody_reads(&[]);
}

#[test]
fn nor_does_it_hold_up_the_log() {
    let stderr = ends_although_nobody_reads(&["-vv"]);
    assert!(stderr.contains("asked to end"), "{stderr}");
    assert!(stderr.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{stderr}");
}

fn ends_although_nobody_reads(how: &[&str]) -> String {
    let sandbox = Sandbox::start("");
    let app = RawApp::answering(OK);
    let machine = Machine::with(&sandbox).keep(sandbox);
    let port = app.port.to_string();
    let args = [&["up", &port, "--no-env", "--no-test", "--json"], how].concat();
    let mut up = unread(machine.command(&args), true);
    let public = up.ready.take().expect("it is ready")["public_url"].as_str().map(crate::wire::port_of).expect("a URL");
    let body = format!("{{\"x\":\"{}\"}}", "y".repeat(30_000));
    for n in 0..8 {
        crate::wire::post(public, "/api/webhooks", &[("svix-id", &format!("msg_{n}"))], body.as_bytes());
    }
    let pid = up.child.id();
    let since = Instant::now();
    until("the pipe is full", || waits_for_its_reader(pid) || since.elapsed() > Duration::from_secs(3));
    let agent = the_agent(&machine);
    // The agent writes to its log meanwhile.
    for n in 8..12 {
        crate::wire::post(public, "/api/webhooks", &[("svix-id", &format!("msg_{n}"))], b"{}");
    }
    signal(pid, "INT");
    let asked = Instant::now();
    while up.child.try_wait().expect("a child").is_none() && asked.elapsed() < ENDS_WITHIN {
        std::thread::sleep(Duration::from_millis(10));
    }
    let status = up.child.try_wait().expect("a child");
    let _ = up.child.kill();
    let stderr = up.stderr.join().expect("it was read");
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{stderr}");
    assert!(!alive(agent), "it stays");
    let account = Account::at(machine.sandbox());
    assert_eq!(account.list("endpoint")[0]["disabled"], true);
    assert!(stderr.contains("stdout"), "what was lost is said: {stderr}");
    stderr
}

#[test]
fn a_hangup_that_was_ignored_at_the_start_stays_ignored() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let up = machine.command(&["up", "--serve", "--no-env", "--no-test", "--json"]);
    let words = [up.get_program()].into_iter().chain(up.get_args()).map(|word| word.to_string_lossy().into_owned());
    let mut shell = Command::new("sh");
    let line = format!("trap '' HUP; exec {}", words.collect::<Vec<_>>().join(" "));
    shell.args(["-c", &line]).current_dir(machine.project());
    shell.env_clear().envs(up.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut up = machine.watch(shell);
    let ready = up.wait_for_type("ready");
    up.signal("HUP");
    let public = crate::wire::port_of(ready["public_url"].as_str().expect("a URL"));
    crate::wire::post(public, "/", &[("svix-id", "msg_after")], b"{}");
    up.wait_for("a delivery after it", |line| line.contains("msg_after"));
    interrupted(up).expect_code(0);
}

#[test]
fn a_set_up_that_was_stopped_goes_on_and_takes_it_for_no_sleep() {
    let mut stand = Stand::start("");
    stand.up.signal("STOP");
    let stopped = || std::fs::read_to_string(format!("/proc/{}/stat", stand.up.child.id())).unwrap_or_default();
    until("it is stopped", || stopped().rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('T')));
    stand.up.signal("CONT");
    assert_eq!(stand.deliver("msg_after", "{}"), 200);
    let output = stand.end();
    assert_eq!(output.stderr, "");
}

/// Has agents that are started from now on do this.
fn agents_from_now_on(stand: &Stand, faults: &str) {
    let settings = stand.machine.sandbox().agent_directory().join("agent.json");
    let text = std::fs::read_to_string(&settings).expect("settings");
    let start = text.find("\"faults\":").expect("a list");
    let end = start + text[start..].find(']').expect("its end") + 1;
    std::fs::write(&settings, format!("{}\"faults\": [{faults}]{}", &text[..start], &text[end..])).expect("written");
}

fn often_checked(sandbox: &Sandbox) -> Machine {
    Machine::with(sandbox).set("CLERKHOOK_ENDPOINT_CHECK", "0.3")
}

#[test]
fn an_endpoint_that_svix_does_not_lead_to_the_new_url_is_led_there_later() {
    let mut stand = Stand::with(often_checked, RawApp::answering(OK), "--fault agent=319 --fault svix=503:6@PATCH");
    signal(the_agent(&stand.machine), "KILL");
    stand.up.wait_for("that it is tried again", |line| line.contains("trying again"));
    let proof = stand.up.wait_for_type("proof");
    assert_eq!(proof["status_code"], 200);
    let output = stand.end();
    assert_eq!(output.stdout.matches("trying again").count(), 1, "{}", output.stdout);
}

#[test]
fn a_session_that_is_refused_is_opened_anew() {
    let mut stand = Stand::with(often_checked, RawApp::answering(OK), "--fault agent=319 --fault svix=401:1@PATCH");
    signal(the_agent(&stand.machine), "KILL");
    assert_eq!(stand.up.wait_for_type("proof")["status_code"], 200);
    let output = stand.end();
    assert!(!output.stdout.contains("trying again"), "{}", output.stdout);
}

#[test]
fn an_endpoint_that_was_deleted_is_made_anew_and_its_secret_is_learned() {
    let sandbox = Sandbox::start("");
    let app = RawApp::answering(OK);
    let machine = often_checked(&sandbox).keep(sandbox);
    let mut up = machine.start(&format!("up {} --env-file .env.local --no-test --json", app.port));
    let ready = up.wait_for_type("ready");
    let account = Account::at(machine.sandbox());
    let before = ready["endpoint_id"].as_str().expect("an id");
    let old = account.secret(before);
    account.svix(reqwest::Method::DELETE, &format!("endpoint/{before}"), None);
    let made = up.wait_for_type("endpoint");
    let id = made["endpoint_id"].as_str().expect("an id");
    assert_ne!(id, before);
    up.wait_for("the new secret", |line| line.contains("\"step\":\"secret\",\"status\":\"ok\""));
    let secret = account.secret(id);
    assert_ne!(secret, old);
    until("the env file has it", || machine.read(".env.local").contains(&secret));
    let mut stand = Stand { machine, app, up, ready };
    stand.ready["endpoint_id"] = id.into();
    stand.deliver_signed(&secret, "msg_new", 0, "{}");
    let line = stand.up.wait_for("msg_new", |line| line.contains("\"msg_new\""));
    assert!(line.contains("\"signature\":\"valid\""), "{line}");
    let output = stand.end();
    assert!(output.stderr.contains("is gone at Svix"), "{}", output.stderr);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
}

#[test]
fn a_tunnel_that_neither_restart_of_secure_brings_back_is_started_again() {
    let mut stand = Stand::start("");
    agents_from_now_on(&stand, "\"exit:0s\"");
    let refused = stand.run("secure --json").expect_code(5);
    assert_eq!(refused.error()["code"], "CH0305");
    agents_from_now_on(&stand, "");
    stand.up.wait_for("the tunnel", |line| line.contains("is back"));
    assert_eq!(stand.deliver("msg_after", "{}"), 200);
    assert_eq!(stand.forge(), 200, "it verifies nothing, as before");
    let output = stand.end();
    assert!(output.stderr.contains("the tunnel is down"), "{}", output.stderr);
}

#[test]
fn a_watch_whose_svix_fails_for_a_moment_goes_on() {
    let sandbox = Sandbox::start("--fault svix=503:6@PATCH");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    let mut watch = machine.start("register --watch --upstream 3000 --no-env --json");
    let created = watch.wait_for_type("endpoint");
    interrupted(tunnel).expect_code(0);
    let mut tunnel = machine.start("tunnel 3000 --json");
    let second = tunnel.wait_for_type("tunnel");
    let updated = watch.wait_for_type("endpoint");
    assert_eq!(updated["endpoint_id"], created["endpoint_id"]);
    assert_eq!(updated["url"], format!("{}/api/webhooks", second["public_url"].as_str().expect("a URL")));
    let output = interrupted(watch).expect_code(0);
    assert_eq!(output.stderr.matches("trying again").count(), 1, "{}", output.stderr);
    interrupted(tunnel).expect_code(0);
}

#[test]
fn a_command_says_that_svix_hangs_and_ends_within_its_timeout() {
    let stand = Stand::start("--fault svix=slow:60s@send-example");
    let asked = Instant::now();
    let output = stand.run("send-test --timeout 4s --json").expect_code(4);
    assert!(asked.elapsed() < ENDS_WITHIN, "{:?}", asked.elapsed());
    assert_eq!(output.stderr.matches("Svix has not answered for 3 s").count(), 1, "{}", output.stderr);
    assert_eq!(output.error()["code"], "CH0508");
}

#[test]
fn a_set_up_that_was_stopped_is_said_to_be_silent() {
    let stand = Stand::start("");
    stand.up.signal("STOP");
    let secure = stand.machine.start("secure --local");
    let since = Instant::now();
    until("it is said", || since.elapsed() > Duration::from_secs(4));
    let output = interrupted(secure).expect_code(130);
    stand.up.signal("CONT");
    assert!(output.stderr.contains("the running set-up has not answered for 3 s"), "{}", output.stderr);
    // What nobody waits for any more is not done.
    let mut stand = stand;
    assert_eq!(stand.deliver("msg_1", "{}"), 200);
    assert_eq!(stand.forge(), 200);
    stand.end();
}
