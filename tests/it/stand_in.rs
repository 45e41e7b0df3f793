//! What answers 2xx in a handler's place: a page, or what the app answers at any path, is no handler; a handler is one.

use serde_json::Value;

use crate::fixture::{Machine, Output};
use crate::wire::RawApp;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn answer(kind: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}")
}

/// An SPA's fallback.
fn page() -> RawApp {
    RawApp::at_any_path(|_| answer("text/html; charset=utf-8", "<!DOCTYPE html><title>My shop</title><div id=root>"))
}

/// An API that answers unknown paths with 200.
fn json() -> RawApp {
    RawApp::at_any_path(|_| answer("application/json", r#"{"message":"welcome"}"#))
}

fn machine() -> Machine {
    Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET)
}

fn last_hop(output: &Output) -> Value {
    let proofs = output.of_type("proof");
    proofs.last().and_then(|proof| proof["hops"].as_array()?.last().cloned()).expect("a hop")
}

/// The one line of the error.
fn message(output: &Output) -> String {
    output.error()["message"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_page_is_no_handler_for_any_command() {
    let app = page();
    let (machine, port) = (machine(), app.port);
    let mut up = machine.start(&format!("up {port} --sandbox --no-test --json"));
    up.wait_for_type("ready");
    let lines = [
        "send-test --json".to_owned(),
        "user create --json".to_owned(),
        format!("trigger user.created --to {port} --json"),
        "replay last --json".to_owned(),
    ];
    for line in lines {
        let output = machine.run(&line).expect_code(6);
        let words = message(&output);
        assert!(words.contains("no route at `/api/webhooks`; your catch-all page answered 200"), "{line}: {words}");
        assert!(words.contains("said `My shop`"), "{line}: {words}");
    }
    let output = machine.run(&format!("check {port} --json")).expect_code(7);
    let checks = output.of_type("check");
    assert!(
        checks[0]["found"].as_str().is_some_and(|found| found.contains("your catch-all page answered")),
        "{checks:?}"
    );
    assert!(checks[1..].iter().all(|check| check["status"] == "skip"), "{checks:?}");
}

#[test]
fn up_against_a_page_stops_at_the_app() {
    let app = page();
    let output = machine().run(&format!("up {} --sandbox --once --json", app.port)).expect_code(6);
    let hop = last_hop(&output);
    assert_eq!((&hop["hop"], &hop["ok"]), (&"app".into(), &false.into()), "{hop}");
    assert_eq!(app.count(), 1, "a page needs no question: the event is all that came");
}

#[test]
fn the_same_answer_as_at_a_path_that_cannot_exist_is_no_handler() {
    let app = json();
    let output = machine().run(&format!("up {} --sandbox --once --json", app.port)).expect_code(6);
    assert!(
        message(&output).contains("no route at `/api/webhooks`: the app answers 200 alike at a path that cannot exist")
    );
    assert_eq!(app.count(), 2, "one question for a proof");
    let probes = app.header("clerkhook-probe");
    assert_eq!(probes, ["", "1"]);
    assert_eq!(app.header("svix-signature")[1], "", "the question is unsigned");
    // What the hint says holds: an app that takes events at every path has no other.
    let output = machine().run(&format!("up {} --sandbox --once --json --path /", app.port)).expect_code(0);
    assert_eq!(output.of_type("proof")[0]["hops"].as_array().map(Vec::len), Some(6));
    assert_eq!(app.count(), 3, "beside `/` there is no other path");
}

#[test]
fn a_trigger_asks_once_however_many_it_sends() {
    let app = json();
    let output = machine().run(&format!("trigger user.created --to {} --count 3 --json", app.port)).expect_code(6);
    assert!(message(&output).contains("at a path that cannot exist"));
    assert_eq!(app.header("clerkhook-probe").iter().filter(|probe| !probe.is_empty()).count(), 1);
}

#[test]
fn handlers_are_taken_for_handlers() {
    // A route among others, a handler that is the whole app and verifies, and one that answers with the path.
    let routed = RawApp::at_any_path(|request| match request.starts_with("POST /api/webhooks ") {
        true => answer("application/json", "{}"),
        false => "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
    });
    let echo = RawApp::at_any_path(|request| answer("text/plain", request.lines().next().unwrap_or_default()));
    let words = RawApp::at_any_path(|request| match request.starts_with("POST /api/webhooks ") {
        // What Express sends for `res.send("ok")`.
        true => answer("text/html; charset=utf-8", "ok"),
        false => answer("text/html; charset=utf-8", "<!DOCTYPE html><title>Home</title>"),
    });
    for app in [routed, echo, words, RawApp::verifying(SECRET)] {
        machine().run(&format!("up {} --sandbox --once --json", app.port)).expect_code(0);
        machine().run(&format!("trigger user.created --to {}", app.port)).expect_code(0);
    }
}

#[test]
fn the_built_in_app_is_one_at_any_path() {
    let machine = machine();
    machine.run("up --serve --sandbox --once --path /api/webhooks").expect_code(0);
    let mut serve = machine.start("serve --port 0 --json");
    let line = serve.wait_for_type("serving");
    let url = line["url"].as_str().expect("a URL").trim_end_matches('/').to_owned();
    machine.run(&format!("trigger user.created --to {url}/hook")).expect_code(0);
    serve.wait_for_type("delivery");
    serve.signal("INT");
    assert_eq!(serve.finish().of_type("delivery").len(), 1, "the question is no delivery");
}
