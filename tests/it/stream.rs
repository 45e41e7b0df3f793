//! What a command tells, to a program: each step that began ends, and every line on either stream is JSON.

use std::fs::OpenOptions;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::fixture::{Machine, Output, Running, Sandbox, signal};

/// A sandbox in which Clerk answers late, so that its step is under way when another one ends the command.
const LATE: &str = "--latency clerk=2s";

/// The ends of a step, in their order.
fn ends(output: &Output, step: &str) -> Vec<Value> {
    let steps = output.of_type("step").into_iter().filter(|line| line["step"] == step && line["status"] != "start");
    steps.collect()
}

fn assert_cut_short(output: &Output, step: &str) {
    let ends = ends(output, step);
    let [end] = &ends[..] else { panic!("{step} ends {} times:\n{}", ends.len(), output.stdout) };
    assert_eq!((&end["status"], &end["detail"]), (&json!("skip"), &json!("not finished: the command ended first")));
    assert!(end["ms"].is_u64(), "{end}");
}

#[test]
fn a_tunnel_that_fails_ends_the_steps_beside_it() {
    let sandbox = Sandbox::start(&format!("{LATE} --fault agent=4018"));
    let machine = Machine::with(&sandbox);
    let line = "up --serve --no-env";
    let output = machine.run(&format!("{line} --json")).expect_code(5);
    assert_cut_short(&output, "endpoint");
    assert_eq!(ends(&output, "tunnel")[0]["status"], "fail");
    // To a person the failure says it all.
    let shown = machine.run(line).expect_code(5).stderr;
    assert!(shown.contains("✗ tunnel") && !shown.contains("endpoint") && !shown.contains("not finished"), "{shown}");
}

/// Interrupts a command as soon as a step has begun.
fn interrupted_at(step: &str, mut running: Running) -> Output {
    let begun = format!("\"step\":\"{step}\",\"status\":\"start\"");
    running.wait_for(step, |line| line.contains(&begun));
    running.signal("INT");
    running.finish().expect_code(130)
}

#[test]
fn ctrl_c_ends_what_was_begun_of_any_command() {
    let sandbox = Sandbox::start(LATE);
    let machine = Machine::with(&sandbox);
    let mut app = machine.start("serve --port 0 --json");
    let port = app.wait_for_type("serving")["port"].clone();
    for line in ["up {} --no-env", "register https://owl.example --no-env", "secure {}"] {
        let line = line.replace("{}", &port.to_string());
        let output = interrupted_at("endpoint", machine.start(&format!("{line} --json")));
        assert_cut_short(&output, "endpoint");
    }
}

#[test]
fn the_log_is_json_lines() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    for (how, level) in [("-v", "debug"), ("-vv", "trace")] {
        let output = machine.run(&format!("up --serve --once --no-env --json {how}")).expect_code(0);
        assert_eq!(output.talk("log")["type"], "log");
        assert!(output.stderr.contains(&format!("\"level\":\"{level}\"")), "{}", output.stderr);
    }
    let shown = machine.run("status --remote -v").expect_code(0).stderr;
    assert!(shown.lines().any(|line| line.starts_with("DEBUG ") && line.contains(" status=200")), "{shown}");
}

/// A user whose deletion hangs, so that the end of `user cycle` does.
fn hanging(machine: &Machine) -> (Running, String) {
    let mut cycle = machine.start("user cycle --no-wait --json");
    let id = cycle.wait_for_type("user")["user_id"].as_str().expect("an id").to_owned();
    (cycle, id)
}

#[test]
fn an_end_that_hangs_is_told_as_a_json_line_and_ends_the_step() {
    let sandbox = Sandbox::start("--fault clerk=slow:30s:1@DELETE/v1/users");
    let machine = Machine::with(&sandbox);
    let (cycle, id) = hanging(&machine);
    signal(cycle.child.id(), "INT");
    let output = cycle.finish().expect_code(130);
    let farewell = output.talk("farewell");
    assert_eq!(farewell["reason"], "late", "{farewell}");
    assert!(farewell["left"].to_string().contains(&id), "{farewell}");
}

#[test]
fn a_question_that_nobody_can_be_asked_is_told_before_the_error_that_names_its_flag() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    machine.run("user create --no-wait").expect_code(0);
    let asked =
        |output: &Output| output.of_type("question").iter().map(|line| line["flag"].clone()).collect::<Vec<_>>();
    let output = machine.run("user delete --all --json").expect_code(3);
    assert_eq!(asked(&output), ["--yes"]);
    assert_eq!(output.of_type("question")[0]["ask"], "Delete 1 user?");
    assert_eq!(output.error()["hint"], "answer beforehand with `--yes`");
    assert_eq!(asked(&machine.run("up 1 --once --json").expect_code(3)), ["--serve"]);
    let machine = machine.without("CLERK_SECRET_KEY");
    assert_eq!(asked(&machine.run("up 1 --once --json").expect_code(3)), ["--serve", "CLERK_SECRET_KEY"]);
    assert_eq!(asked(&machine.run("register https://owl.example --json").expect_code(3)), ["CLERK_SECRET_KEY"]);
    // A person reads the error alone.
    assert_eq!(machine.run("register https://owl.example").stdout, "");
    // Where the key is not needed, nobody is asked for it.
    assert_eq!(asked(&machine.run("doctor --json")), [0; 0].map(Value::from));
}

#[test]
fn help_that_cannot_be_written_is_a_json_line() {
    let full = OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    let machine = Machine::new();
    let mut command = machine.command(&["--help", "--json"]);
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped());
    let output = command.output().expect("it runs");
    let line: Value = serde_json::from_slice(&output.stderr).expect("a JSON line");
    assert_eq!((&line["type"], &line["code"]), (&json!("error"), &json!("CH0009")));
}
