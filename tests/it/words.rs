//! What is said holds: of what was delivered, of a wait, of a key that is no text, of whom the endpoint leads to.

use std::os::unix::ffi::OsStrExt as _;

use crate::fixture::{Machine, Sandbox};
use crate::stand::Stand;
use crate::wire::RawApp;

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";

#[test]
fn a_wait_is_told_as_long_as_it_is() {
    let in_two_hours = httpdate::fmt_http_date(std::time::SystemTime::now() + std::time::Duration::from_secs(7200));
    for (retry, words) in [
        ("3600", "wait 60 minutes"),
        ("40", "wait 40 s"),
        (in_two_hours.as_str(), "wait 120 minutes"),
        ("soon", "wait a minute"),
    ] {
        let answer =
            format!("HTTP/1.1 429 Too Many\r\nretry-after: {retry}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let clerk = RawApp::deciding(move |_| answer.clone());
        let machine = Machine::new()
            .set("CLERK_API_URL", &format!("http://127.0.0.1:{}", clerk.port))
            .secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnopqrstuvwxyz0123456789");
        let error = machine.run("register https://owl.example --no-env --json").expect_code(4).error();
        assert_eq!(error["code"], "CH0404");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.starts_with(words)), "{retry}: {error}");
    }
}

#[test]
fn a_key_that_is_no_text_is_there_all_the_same() {
    let machine = Machine::new();
    let mut command = machine.command(&["register", "https://owl.example", "--json"]);
    command.env("CLERK_SECRET_KEY", std::ffi::OsStr::from_bytes(b"sk_test_\xff\xfe"));
    let error = machine.watch(command).finish().expect_code(3).error();
    assert_eq!(error["code"], "CH0102");
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("`CLERK_SECRET_KEY` is malformed: it is not UTF-8 text"), "{error}");
}

#[test]
fn what_was_delivered_is_not_said_to_be_undelivered() {
    let app = RawApp::answering(NOT_FOUND);
    let output = Machine::new().run(&format!("up {} --sandbox --once", app.port)).expect_code(6);
    assert!(output.stderr.contains("`user.created` was not taken: the app answered 404"), "{}", output.stderr);
    assert!(!output.stderr.contains("not delivered"), "{}", output.stderr);
    assert!(output.stderr.contains("Stopped: the test event"), "{}", output.stderr);
}

#[test]
fn the_end_counts_the_test_event_too() {
    let machine = Machine::new();
    let output = machine.run("up --sandbox --serve --once").expect_code(0);
    assert!(output.stderr.contains("Stopped: the test event, endpoint disabled."), "{}", output.stderr);
    let output = machine.run("up --sandbox --serve --once --no-test").expect_code(0);
    assert!(output.stderr.contains("Stopped: no deliveries, endpoint disabled."), "{}", output.stderr);
}

#[test]
fn nobody_is_told_to_restart_the_built_in_app() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let output = machine.run("up --serve --once").expect_code(0);
    assert!(output.stderr.contains("written to .env.local"), "{}", output.stderr);
    assert!(!output.stderr.contains("restart"), "{}", output.stderr);
}

#[test]
fn status_and_replay_say_of_a_delivery_what_up_said() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("ready");
    for line in ["status --json", "replay --json"] {
        let deliveries = machine.run(line).expect_code(0).of_type("delivery");
        assert!(!deliveries.is_empty(), "{line}");
        assert!(deliveries.iter().all(|delivery| delivery["signature"] == "valid"), "{line}: {deliveries:?}");
    }
}

#[test]
fn repetitions_have_both_names() {
    let stand = Stand::start("");
    stand.deliver_signed(&stand.secret(), "msg_1", 0, r#"{"type":"user.created"}"#);
    for line in ["replay msg_1 --count 2 --json", "replay msg_1 --times 2 --json"] {
        assert_eq!(stand.run(line).expect_code(0).of_type("replay").len(), 2, "{line}");
    }
    let line = format!("trigger user.created --to {} --times 2 --json", stand.app.port);
    assert_eq!(stand.run(&line).expect_code(0).of_type("trigger").len(), 2);
}

#[test]
fn an_endpoint_that_another_run_moved_is_told_so() {
    let stand = Stand::start("");
    stand.run("register https://elsewhere.example/hook --no-env").expect_code(0);
    let output = stand.run("send-test --timeout 3s --json").expect_code(6);
    let error = output.error();
    let message = error["message"].as_str().unwrap_or_default();
    assert!(message.contains("leads to https://elsewhere.example/hook, not to this tunnel"), "{error}");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("`clerkhook register`")), "{error}");
    stand.run("register --no-env").expect_code(0);
    stand.run("send-test").expect_code(0);
}

#[test]
fn a_directory_without_room_is_no_fault_of_the_agent_s() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).set("TMPDIR", "/clerkhook-no-such-directory");
    let app = RawApp::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let output = machine.run(&format!("secure {} --once --json", app.port));
    assert!(!output.stderr.contains("install ngrok"), "{}", output.stderr);
    assert!(output.code == Some(0) || output.error()["code"] != "CH0302", "{}", output.stderr);
}
