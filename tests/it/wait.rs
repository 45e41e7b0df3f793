//! `wait`: what arrives is printed, what does not is said with what came nearest; nothing between two commands is missed.

use serde_json::Value;

use crate::fixture::{Machine, until};
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 4\r\nconnection: close\r\n\r\noops";

fn event(kind: &str, address: &str) -> String {
    format!(r#"{{"type":"{kind}","data":{{"email_addresses":[{{"email_address":"{address}"}}]}}}}"#)
}

/// How many deliveries are kept.
fn kept(machine: &Machine) -> usize {
    machine.run("events --json").expect_code(0).of_type("delivery").len()
}

fn message(line: &Value) -> &str {
    line["message_id"].as_str().expect("an id")
}

#[test]
fn nothing_between_two_commands_is_missed() {
    let mut stand = Stand::start("");
    stand.deliver("msg_before", &event("user.created", "eve@example.com"));
    until("it is kept", || kept(&stand.machine) == 1);
    let mut waiting = stand.machine.start("wait user.created --timeout 60s --json");
    // Whether it looks already cannot be seen, so events come until it has one.
    let mut number = 0;
    while waiting.child.try_wait().expect("a child").is_none() {
        stand.deliver(&format!("msg_{number}"), &event("user.created", "ada@example.com"));
        number += 1;
        assert!(number < 500, "it sees nothing");
    }
    let arrived = waiting.finish().expect_code(0).of_type("delivery");
    assert_eq!(arrived.len(), 1);
    assert_ne!(message(&arrived[0]), "msg_before", "from now on");
    let id = arrived[0]["id"].as_str().expect("an id").to_owned();
    stand.deliver("msg_between", &event("user.updated", "ada@example.com"));
    stand.deliver("msg_also", &event("user.updated", "bob@example.com"));
    let line = format!("wait user.updated --since {id} --json");
    let between = stand.run(&line).expect_code(0).of_type("delivery");
    assert_eq!((between.len(), message(&between[0])), (1, "msg_between"));
    assert!(between[0]["body_b64"].is_string() && between[0]["signature"] == "valid", "{between:?}");
    // The short id that a person sees, the message's, and both of them at once.
    let shown = stand.run(&format!("wait user.updated -n 2 --verified --since {id}")).expect_code(0).stdout;
    let short = shown.lines().next().and_then(|line| line.split_whitespace().last()).expect("an id");
    for name in [short, "msg_between", between[0]["id"].as_str().expect("an id")] {
        let after = stand.run(&format!("wait --since {name} --json")).expect_code(0).of_type("delivery");
        assert_eq!(message(&after[0]), "msg_also", "{name}");
    }
    let all = stand.run("wait user.* --count 3 --since start --json").expect_code(0).of_type("delivery");
    assert_eq!(message(&all[0]), "msg_before");
    stand.end();
}

#[test]
fn a_history_that_is_deleted_and_begun_anew_meanwhile_is_followed() {
    let app = RawApp::answering(OK);
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", crate::serve::SECRET);
    let sent = |event: &str| format!("trigger {event} --upstream {}", app.port);
    machine.run(&sent("user.updated")).expect_code(0);
    let program = env!("CARGO_BIN_EXE_clerkhook");
    let history = machine.state().join("history.sqlite");
    let caused = format!("rm {}* && {program} {}", history.display(), sent("user.created"));
    let output = machine.start_args(&["wait", "user.created", "--timeout", "5s", "--json", "--exec", &caused]).finish();
    assert_eq!(output.expect_code(0).of_type("delivery").len(), 1);
}

#[test]
fn a_time_out_says_what_came_nearest() {
    let app = RawApp::deciding(|request| if request.contains("zoe@") { BROKEN } else { OK }.to_owned());
    let mut stand = Stand::with(Machine::with, app, "");
    stand.deliver("msg_one", &event("user.created", "ada@example.com"));
    stand.deliver("msg_two", &event("user.created", "bob@example.com"));
    stand.deliver("msg_three", &event("user.deleted", "ada@example.com"));
    stand.deliver("msg_four", &event("user.created", "zoe@example.com"));
    until("all are kept", || kept(&stand.machine) == 4);
    let cause = |line: &str| {
        let output = stand.run(&format!("wait {line} --since start --timeout 200ms --json")).expect_code(6);
        let error = output.error();
        assert_eq!(error["code"], "CH0820");
        (error["message"].as_str().expect("text").to_owned(), error["cause"].as_str().expect("text").to_owned())
    };
    let condition = "data.email_addresses[*].email_address=jo@example.com";
    let (message, found) = cause(&format!("user.created --where {condition}"));
    assert_eq!(message, "`user.created` did not arrive within 0.2 s");
    let nearest =
        format!("2 `user.created` came, without `{condition}` (there is `ada@example.com`, `bob@example.com`)");
    assert_eq!(found.lines().next(), Some(nearest.as_str()), "{found}");
    let (_, found) = cause("user.created --where data.email_addresses[*].email_address~zoe");
    assert!(found.starts_with("1 `user.created` came, answered 500"), "{found}");
    let (message, found) = cause("user.created --count 3");
    assert_eq!(message, "1 of 3 × `user.created` did not arrive within 0.2 s");
    assert!(found.contains("answered 500"), "{found}");
    let (_, found) = cause("session.created");
    assert!(found.contains("1 `user.deleted` came, which is another event"), "{found}");
    // What the app refused is found where that is what is asked for.
    stand.run("wait user.created --status 5xx --since start").expect_code(0);
    stand.end();
}

#[test]
fn it_begins_before_up_and_goes_on_when_up_begins_again() {
    let sandbox = crate::fixture::Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let output = machine.run("wait user.created --timeout 100ms --json").expect_code(6);
    assert!(output.error()["hint"].as_str().is_some_and(|hint| hint.contains("clerkhook up")), "{}", output.stderr);
    let mut two = [machine.start("wait user.* -n 2 --json"), machine.start("wait user.* -n 2 --json")];
    for _ in 0..2 {
        machine.run("up --serve --once --no-env").expect_code(0);
    }
    for waiting in &mut two {
        let (first, second) = (waiting.wait_for_type("delivery"), waiting.wait_for_type("delivery"));
        assert_eq!((&first["origin"], &second["origin"]), (&"test".into(), &"test".into()));
        assert_ne!(first["set_up"], second["set_up"]);
    }
    for waiting in two {
        waiting.finish().expect_code(0);
    }
}

#[test]
fn a_command_is_run_and_what_it_causes_is_waited_for() {
    let sandbox = crate::fixture::Sandbox::start("");
    let machine = Machine::with(&sandbox).set("PLACE", "project");
    let mut up = machine.start("up --serve --json --no-env --no-test");
    up.wait_for_type("ready");
    let program = env!("CARGO_BIN_EXE_clerkhook");
    let exec = |line: &str, flags: &[&str]| {
        let args = [&["wait", "user.created", "--exec", line, "--timeout", "20s"], flags].concat();
        machine.start_args(&args).finish()
    };
    let output = exec(&format!("{program} send-test && echo sent from $PLACE"), &["--json"]).expect_code(0);
    assert_eq!(output.of_type("delivery").len(), 1, "{}", output.stdout);
    assert!(output.stderr.contains("sent from project"), "{}", output.stderr);
    let output = exec("echo out of order; exit 3", &[]);
    assert_eq!(output.code, Some(3), "{}", output.stderr);
    assert!(output.stderr.contains("out of order") && output.stderr.contains("CH0821"), "{}", output.stderr);
    // A key that the person's shell has, the person's command has.
    let output = exec("test -n \"$CLERK_SECRET_KEY\" || exit 9; kill -9 $$", &[]);
    assert_eq!(output.code, Some(137), "{}", output.stderr);
    up.signal("INT");
    up.finish().expect_code(0);
}

#[test]
fn ctrl_c_ends_it_and_its_command() {
    let machine = Machine::new();
    let file = machine.project().join("pid");
    let exec = format!("echo $$ > {}; sleep 300", file.display());
    let waiting = machine.start_args(&["wait", "--exec", &exec]);
    let pid = || std::fs::read_to_string(&file).ok().and_then(|text| text.trim().parse::<u32>().ok());
    until("the command runs", || pid().is_some());
    waiting.signal("INT");
    waiting.finish().expect_code(130);
    until("the command is gone", || !crate::fixture::alive(pid().expect("a process")));
}

#[test]
fn what_cannot_be_waited_for_is_said() {
    let machine = Machine::new();
    let output = machine.run("wait user.craeted --timeout 50ms").expect_code(6);
    assert!(output.stderr.contains("did you mean `user.created`?"), "{}", output.stderr);
    assert_eq!(machine.run("wait --since nobody --json").expect_code(2).error()["code"], "CH0014");
    for wrong in ["-n 0", "--timeout soon", "--where data", "--status abc"] {
        machine.run(&format!("wait user.created {wrong}")).expect_code(2);
    }
}
