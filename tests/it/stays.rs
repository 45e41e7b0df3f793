//! `up` stays when the app is not there yet or its answer does not hold, and proves by itself when the app changes.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Running, Sandbox};
use crate::screen::Screen;
use crate::wire::RawApp;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";

/// A port that nothing listens on.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// An app that is a process of its own.
fn app(machine: &Machine, port: u16, flags: &str) -> Running {
    let mut app = machine.start(&format!("serve --port {port} --no-history --json {flags}"));
    app.wait_for_type("serving");
    app
}

fn ended(app: Running) {
    app.signal("TERM");
    app.finish();
}

#[test]
fn an_app_that_is_not_there_is_waited_for() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let port = free_port();
    let mut up = machine.start(&format!("up {port} --no-env --json"));
    let waiting = up.wait_for_type("waiting");
    assert_eq!(waiting["found"], format!("nothing listens at http://localhost:{port}"));
    let app = app(&machine, port, "");
    up.wait_for_type("ready");
    up.signal("INT");
    let output = up.finish().expect_code(0);
    assert_eq!((output.of_type("waiting").len(), output.of_type("proof").len()), (1, 1));
    ended(app);
}

#[test]
fn an_app_that_refuses_is_tried_once_for_each_state_of_it() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let port = free_port();
    let refusing = app(&machine, port, "--respond 400");
    let mut up = machine.start(&format!("up {port} --no-env --json"));
    let waiting = up.wait_for_type("waiting");
    assert_eq!(waiting["hop"], "app");
    ended(refusing);
    assert_eq!(up.wait_for_type("waiting")["found"], format!("nothing listens at http://localhost:{port}"));
    let taking = app(&machine, port, "");
    up.wait_for_type("ready");
    up.signal("INT");
    let output = up.finish().expect_code(0);
    let held: Vec<bool> = output
        .of_type("proof")
        .iter()
        .map(|proof| proof["hops"].as_array().is_some_and(|hops| hops.len() == 6))
        .collect();
    assert_eq!(held, [false, true]);
    ended(taking);
}

#[test]
fn a_saved_env_file_is_a_change() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering_in_turn(&[REFUSAL, OK]);
    let mut up = machine.start(&format!("up {} --env-file .env.local --json", app.port));
    up.wait_for_type("waiting");
    let file = machine.project().join(".env.local");
    fs::write(&file, fs::read_to_string(&file).expect("text") + "# saved\n").expect("written");
    up.wait_for_type("ready");
    up.signal("INT");
    up.finish().expect_code(0);
    assert_eq!(app.count(), 2);
}

#[test]
fn the_end_before_a_proof_says_what_it_waited_for() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering(REFUSAL);
    let mut up = machine.start(&format!("up {} --no-env --json", app.port));
    up.wait_for_type("waiting");
    up.signal("INT");
    let output = up.finish().expect_code(6);
    assert_eq!(output.of_type("stopped").len(), 1);
    assert!(output.of_type("ready").is_empty());
    let error: serde_json::Value = serde_json::from_str(output.stderr.trim()).expect("one line");
    assert_eq!(error["code"], "CH0805");
}

#[test]
fn enter_tries_at_once() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering_in_turn(&[REFUSAL, OK]);
    let mut screen = Screen::start(&machine, &format!("up {} --no-env", app.port), (80, 24));
    screen.until_shown("or press Enter");
    screen.press("\r");
    screen.until_shown("Ready.");
    screen.press("\u{3}");
    assert_eq!(screen.finish().code, 0);
}

#[test]
fn a_person_sees_what_is_waited_for() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let port = free_port();
    let mut screen = Screen::start(&machine, &format!("up {port} --no-env --no-input"), (80, 24));
    screen.until_shown("waiting");
    let app = app(&machine, port, "");
    screen.until_shown("Ready.");
    let seen = screen.seen().contents();
    let waiting: Vec<&str> = seen.lines().filter(|line| line.contains("waiting") || line.contains("nothing")).collect();
    assert_data_eq!(
        waiting.join("\n").replace(&port.to_string(), "PORT"),
        str![[r#"
  ! app       nothing listens at http://localhost:PORT yet
  ! waiting   start the app, or let clerkhook serve one: `clerkhook up --serve`;
"#]]
    );
    screen.press("\u{3}");
    assert_eq!(screen.finish().code, 0);
    ended(app);
}
