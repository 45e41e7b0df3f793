//! What `up` shows after it is ready: every delivery once; and what it leaves at the end.

use std::collections::BTreeMap;

use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Running, Sandbox};
use crate::wire::{RawApp, create_user};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Waits until so many deliveries were shown, then ends `up`.
fn after_deliveries(mut up: Running, count: usize) -> Output {
    for _ in 0..count {
        up.wait_for_type("delivery");
    }
    up.signal("INT");
    up.finish().expect_code(0)
}

/// How often each message was shown.
fn shown(output: &Output) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for delivery in output.of_type("delivery") {
        assert_eq!((&delivery["event"], &delivery["signature"]), (&"user.created".into(), &"valid".into()));
        *counts.entry(delivery["message_id"].to_string()).or_default() += 1;
    }
    counts
}

#[test]
fn each_event_is_shown_once_by_the_built_in_app() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("ready");
    (0..3).for_each(|number| create_user(&sandbox.addresses, &format!("user{number}")));
    let output = after_deliveries(up, 3);
    assert_eq!(shown(&output).values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    assert_eq!(output.of_type("stopped")[0]["deliveries"], 3);
}

#[test]
fn each_event_is_shown_once_with_an_app_of_ones_own() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering(OK);
    let mut up = machine.start(&format!("up {} --no-env --json", app.port));
    up.wait_for_type("ready");
    (0..3).for_each(|number| create_user(&sandbox.addresses, &format!("user{number}")));
    let output = after_deliveries(up, 3);
    assert_eq!(shown(&output).values().copied().collect::<Vec<_>>(), [1, 1, 1]);
    // The test event and the three.
    assert_eq!(app.count(), 4);
}

#[test]
fn fifty_at_once_are_each_shown_once() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("ready");
    std::thread::scope(|scope| {
        for number in 0..50 {
            let sandbox = &sandbox.addresses;
            scope.spawn(move || create_user(sandbox, &format!("user{number}")));
        }
    });
    let counts = shown(&after_deliveries(up, 50));
    assert_eq!((counts.len(), counts.values().max()), (50, Some(&1)));
}

#[test]
fn a_person_sees_a_line_for_each() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n");
    let mut up = machine.start(&format!("up {} --no-test --no-env", app.port));
    // Without JSON the talk is on stderr, so readiness is asked of the state file.
    while !machine.run("status --json").stdout.contains("/api/webhooks\"") {}
    create_user(&sandbox.addresses, "ann");
    up.wait_for("a delivery", |line| line.contains("user.created"));
    up.signal("INT");
    assert_data_eq!(
        up.finish().snapshot(),
        str![[r#"
exit 0
--- stdout
  [TIME]  user.created       500 [MS] ms  signature valid    msg_[ID]
--- stderr
  ✓ app       http://localhost:[PORT] answers
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; no env file written (`--no-env`)
  - test      not sent (`--no-test`)
  Ready. Waiting for events; press Ctrl-C to stop.

  Stopped: 1 delivery, endpoint disabled.

"#]]
    );
}

#[test]
fn the_endpoint_is_left_as_wished() {
    for (wish, told, at_clerk) in [
        ("keep", "kept", " enabled, "),
        ("disable", "disabled", " disabled, "),
        ("delete", "deleted", "no endpoint of"),
    ] {
        let sandbox = Sandbox::start("");
        let machine = Machine::with(&sandbox);
        let output = machine.run(&format!("up --serve --once --no-env --json --on-exit {wish}")).expect_code(0);
        assert_eq!(output.of_type("stopped")[0]["endpoint"], told);
        assert_eq!(output.of_type("stopped")[0]["left"], serde_json::json!([]));
        let remote = machine.run("status --remote").expect_code(0);
        assert!(remote.stdout.contains(at_clerk), "{wish}: {}", remote.stdout);
    }
}

#[test]
fn an_endpoint_that_could_not_be_disabled_is_named_as_left() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let endpoint = up.wait_for_type("ready")["endpoint_id"].as_str().expect("an id").to_owned();
    drop(sandbox);
    up.signal("INT");
    let stopped = up.finish().of_type("stopped").remove(0);
    assert_eq!((&stopped["endpoint"], stopped["left"].as_array().map(Vec::len)), (&"kept".into(), Some(1)));
    assert!(stopped["left"][0].as_str().is_some_and(|left| left.contains(&endpoint)), "{stopped}");
}

#[test]
fn events_path_and_no_test_are_heeded() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let line = "up --serve --once --no-env --json --events user.updated,user.deleted --path hooks/clerk";
    let output = machine.run(line).expect_code(0);
    assert_eq!(output.of_type("endpoint")[0]["events"], serde_json::json!(["user.deleted", "user.updated"]));
    assert!(output.of_type("endpoint")[0]["url"].as_str().is_some_and(|url| url.ends_with("/hooks/clerk")));
    // The example is one that the endpoint listens to.
    assert_eq!(output.of_type("proof")[0]["event"], "user.updated");
    let output = machine.run("up --serve --once --no-env --json --no-test").expect_code(0);
    assert!(output.of_type("proof").is_empty() && !output.of_type("ready").is_empty());
}

#[test]
fn a_dry_run_says_the_plan_and_does_nothing() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let output = machine.run("up --serve --dry-run");
    let bin = sandbox.agent_directory().display().to_string();
    assert_data_eq!(
        output.snapshot().replace(&bin, "[SANDBOX]").replace(&machine.project().display().to_string(), "[PROJECT]"),
        str![[r#"
exit 0
--- stdout
  app       start   the built-in app at http://localhost:[PORT]
  tunnel    start   ngrok 3.39.10 ([SANDBOX]/ngrok) for http://localhost:[PORT]
  endpoint  create  an endpoint for https://(the tunnel's URL)/ with user.created, user.deleted, user.updated
  secret    create  CLERK_WEBHOOK_SIGNING_SECRET in [PROJECT]/.env.local with the endpoint's signing secret
  test      start   send the example event and prove it

"#]]
    );
    assert_eq!((crate::fixture::agents(&sandbox).len(), machine.setups()), (0, 0));
    assert_eq!(machine.read(".env.local"), "");
    let remote = machine.run("status --remote").expect_code(0);
    assert!(!remote.stdout.contains("ep_"), "{}", remote.stdout);
}

#[test]
fn two_people_do_not_disturb_each_other() {
    let sandbox = Sandbox::start("");
    let (ann, bob) = (Machine::with(&sandbox), Machine::with(&sandbox).set("USER", "bob"));
    let mut of_ann = ann.start("up --serve --no-env --json");
    let first = of_ann.wait_for_type("ready");
    let app = RawApp::answering(OK);
    let mut of_bob = bob.start(&format!("up {} --no-env --json", app.port));
    let second = of_bob.wait_for_type("ready");
    assert_ne!(first["endpoint_id"], second["endpoint_id"]);
    assert_ne!(first["public_url"], second["public_url"]);
    create_user(&sandbox.addresses, "carol");
    let output = after_deliveries(of_bob, 1);
    assert_eq!(shown(&output).len(), 1);
    // Bob's end touches nothing of Ann's.
    create_user(&sandbox.addresses, "dave");
    let output = after_deliveries(of_ann, 2);
    assert_eq!(shown(&output).values().copied().collect::<Vec<_>>(), [1, 1]);
    assert_eq!(app.count(), 2);
}

#[test]
fn a_port_that_up_cannot_serve_at_is_told() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let output = Machine::new().run(&format!("up {port} --sandbox --serve --once"));
    assert_data_eq!(
        output.snapshot().replace(&port.to_string(), "[PORT]"),
        str![[r#"
exit 3
--- stderr
  ✗ app       cannot listen on port [PORT]
              Address already in use (os error 98)
              CH0202

  → leave out `--serve` to use the app that listens there, or name a free port: `clerkhook up --serve PORT`

"#]]
    );
}
