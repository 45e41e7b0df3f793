//! `recover`: what failed or was never sent while the app was away comes, each exactly once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox, free_port, until};
use crate::stand::Stand;
use crate::wire::RawApp;

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";

/// How much faster the sandbox's time runs.
const SPEED: u32 = 30;

/// How many events come while the app is dead.
const EVENTS: usize = 50;

fn app(machine: &Machine, port: u16) -> Running {
    let mut app = machine.start(&format!("serve --port {port} --json"));
    app.wait_for_type("serving");
    app
}

/// How often the app took each message.
fn taken(machine: &Machine) -> BTreeMap<String, usize> {
    let mut taken = BTreeMap::new();
    for line in machine.run("events --status 2xx -n 1000 --brief --json").expect_code(0).of_type("delivery") {
        *taken.entry(line["message_id"].as_str().expect("an id").to_owned()).or_default() += 1;
    }
    taken
}

#[test]
fn an_app_that_was_dead_for_two_minutes_gets_each_event_once() {
    let sandbox = Sandbox::start(&format!("--retry-speed {SPEED}"));
    let (machine, account, port) = (Machine::with(&sandbox), Account::at(&sandbox), free_port());
    let dead = app(&machine, port);
    let mut up = machine.start(&format!("up {port} --no-env --no-test --json"));
    let ready = up.wait_for_type("ready");
    let endpoint = ready["endpoint_id"].as_str().expect("an id");
    dead.signal("KILL");
    dead.finish();
    let since = Instant::now();
    for number in 0..EVENTS {
        account.add_person(&format!("person{number}@example.com"));
    }
    // The second try of each is over; the third is five minutes later.
    let failed = format!("attempt/endpoint/{endpoint}?status=2&limit=250");
    until("two tries of each", || account.list(&failed).len() == 2 * EVENTS);
    until("two minutes passed", || since.elapsed() >= Duration::from_secs(120) / SPEED);
    assert_eq!(machine.run("recover --yes --json").expect_code(3).error()["code"], "CH0201", "the app is still dead");
    let error = machine.run("wait user.created --since 1h --timeout 100ms --json").expect_code(6).error();
    assert!(
        error["cause"].as_str().is_some_and(|cause| cause.contains("`user.created` came, answered 502")),
        "{error}"
    );
    let planned = machine.run("recover --dry-run --json").expect_code(0);
    assert_eq!((planned.of_type("message").len(), planned.of_type("plan").len()), (EVENTS, 1));
    assert!(taken(&machine).is_empty());

    let alive = app(&machine, port);
    let output = machine.run("recover --since 1h --yes --json").expect_code(0);
    let recovery = &output.of_type("recovery")[0];
    assert_eq!((&recovery["recovered"], &recovery["repeated"]), (&EVENTS.into(), &0.into()), "{recovery}");
    assert_eq!(output.of_type("delivery").len(), EVENTS);
    let taken = taken(&machine);
    assert!(taken.len() == EVENTS && taken.values().all(|times| *times == 1), "{taken:?}");
    let again = machine.run("recover --yes").expect_code(0);
    assert!(again.stderr.contains("nothing failed"), "{}", again.stderr);
    for running in [up, alive] {
        running.signal("INT");
        running.finish().expect_code(0);
    }
}

#[test]
fn what_was_never_sent_comes_and_a_disabled_endpoint_is_enabled() {
    let stand = Stand::start("");
    let (machine, account) = (&stand.machine, Account::at(stand.machine.sandbox()));
    let endpoint = stand.ready["endpoint_id"].as_str().expect("an id");
    let disable = || account.patch(endpoint, json!({ "disabled": true }));
    let recovered = || {
        let output = machine.run("recover --yes --json").expect_code(0);
        let recovery = output.of_type("recovery").remove(0);
        (recovery["never_sent"].clone(), recovery["recovered"].clone())
    };
    disable();
    account.add_person("ada@example.com");
    let error = machine.run("recover --json").expect_code(3).error();
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--yes")), "{error}");
    assert_eq!(account.endpoint(endpoint)["disabled"], true, "nothing was agreed to");
    assert_eq!(recovered(), (1.into(), 1.into()));
    assert_eq!(account.endpoint(endpoint)["disabled"], false);
    // The example that went to somebody else's endpoint was never meant for this one.
    disable();
    account.add_person("bob@example.com");
    let other = account.add_endpoint("http://127.0.0.1:1/");
    account.svix(Method::POST, &format!("endpoint/{other}/send-example"), Some(json!({ "eventType": "user.created" })));
    assert_eq!(recovered(), (1.into(), 1.into()));
    // One that is named comes once more, though it arrived.
    let first = account.list("msg?limit=250").last().expect("a message")["id"].clone();
    let first = first.as_str().expect("an id");
    let output = machine.run(&format!("recover {first} --yes --json")).expect_code(0);
    assert_eq!(output.of_type("recovery")[0]["recovered"], 1);
    assert_eq!(taken(machine)[first], 2);
    assert_eq!(stand.app.bodies().len(), 3);
    stand.end();
}

#[test]
fn what_cannot_be_recovered_is_said() {
    let stand = Stand::with(Machine::with, RawApp::answering(BROKEN), "");
    let (machine, account) = (&stand.machine, Account::at(stand.machine.sandbox()));
    account.add_person("ada@example.com");
    until("it failed", || !account.list("msg").is_empty() && stand.app.bodies().len() == 1);
    let failed = || machine.run("logs --failed --json").expect_code(0).of_type("message");
    until("Svix knows", || failed().first().is_some_and(|line: &Value| line["attempts"] == 1));
    let output = machine.run("recover --since 30d --yes --json").expect_code(6);
    let error = output.error();
    assert_eq!(error["code"], "CH0822");
    assert!(error["cause"].as_str().is_some_and(|cause| cause.ends_with("user.created: answered 500")), "{error}");
    assert!(output.stderr.contains("14 days"), "{}", output.stderr);
    assert_eq!(machine.run("recover msg_nobody --yes --json").expect_code(4).error()["code"], "CH0607");
    let Stand { machine, up, app: _app, .. } = stand;
    up.signal("INT");
    up.finish().expect_code(0);
    let account = Account::at(machine.sandbox());
    let endpoint = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
    account.patch(&endpoint, json!({ "disabled": false }));
    assert_eq!(machine.run("recover --yes --json").expect_code(5).error()["code"], "CH0310", "nobody would take it");
}

#[test]
fn another_endpoint_is_proven_by_what_svix_saw() {
    let good = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let app = RawApp::answering_in_turn(&[BROKEN, good]);
    let sandbox = Sandbox::start("");
    let (machine, account) = (Machine::with(&sandbox), Account::at(&sandbox));
    let endpoint = account.add_endpoint(&format!("http://127.0.0.1:{}/", app.port));
    account.add_person("ada@example.com");
    until("it failed", || account.list(&format!("attempt/endpoint/{endpoint}?status=2")).len() == 1);
    let line = format!("recover --endpoint {endpoint} --json");
    assert_eq!(machine.run(&line).expect_code(3).error()["code"], "CH0107", "it is not this machine's");
    let output = machine.run(&format!("{line} --yes")).expect_code(0);
    assert_eq!(output.of_type("recovery")[0]["recovered"], 1);
    assert_eq!(app.bodies().len(), 2);
}

#[test]
fn an_endpoint_that_leads_elsewhere_is_told_and_what_goes_there_is_not_counted() {
    let stand = Stand::start("");
    let (machine, account) = (&stand.machine, Account::at(stand.machine.sandbox()));
    let endpoint = stand.ready["endpoint_id"].as_str().expect("an id");
    let other = RawApp::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let url = format!("http://127.0.0.1:{}/", other.port);
    account.patch(endpoint, json!({ "disabled": true, "url": url }));
    account.add_person("ada@example.com");
    let output = machine.run("recover --yes --timeout 300ms --json").expect_code(6);
    assert!(output.stderr.contains("is not this set-up's"), "{}", output.stderr);
    let error = output.error();
    assert!(error["cause"].as_str().is_some_and(|cause| cause.ends_with("was not seen to arrive")), "{error}");
    until("it went to the other one", || other.bodies().len() == 1);
    stand.end();
}
