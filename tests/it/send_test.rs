//! `send-test`: what cannot arrive is not sent, and what was sent is followed hop by hop.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Output, Running, Sandbox};

/// A set-up that waits for events, on a sandbox with faults.
fn set_up(faults: &str) -> (Machine, Running) {
    let sandbox = Sandbox::start(faults);
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    up.wait_for_type("ready");
    (machine, up)
}

fn last_hop(output: &Output) -> Value {
    output.of_type("proof")[0]["hops"].as_array().and_then(|hops| hops.last()).cloned().expect("a hop")
}

fn endpoint_id(account: &Account) -> String {
    account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn an_event_is_proven_and_others_are_told_apart() {
    let (machine, _up) = set_up("");
    assert_data_eq!(
        machine.run("send-test user.updated").snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ test      user.updated msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid

"#]]
    );
    assert_data_eq!(
        machine.run("send-test user.creatd").snapshot(),
        str![[r#"
exit 6
--- stderr
  warning: Clerk documents no event `user.creatd`; did you mean `user.created`?
error: endpoint `ep_[ID]` does not listen to `user.creatd`, so Svix would accept it and never deliver it CH0604

  → send what was meant: `clerkhook send-test user.created`

"#]]
    );
    assert_data_eq!(
        machine.run("send-test user.deleted --dry-run").snapshot(),
        str![[r#"
exit 0
--- stdout
  test      send    user.deleted to ep_[ID] (http://127.0.0.1:[PORT]/)

"#]]
    );
    assert_eq!(Account::at(machine.sandbox()).list("msg").len(), 1, "what cannot arrive was not sent");
}

#[test]
fn what_the_filter_keeps_back_is_let_through_by_the_hint() {
    let (machine, _up) = set_up("");
    machine.run("register --no-env --events user.created").expect_code(0);
    let refused = machine.run("send-test user.updated --json").expect_code(6).error();
    assert_eq!(refused["code"], "CH0604");
    let hint = refused["hint"].as_str().and_then(|hint| hint.split('`').nth(1)).expect("a command").to_owned();
    assert_eq!(hint, "clerkhook register --events user.created,user.updated");
    machine.run(&format!("{} --no-env", hint.trim_start_matches("clerkhook "))).expect_code(0);
    machine.run("send-test user.updated").expect_code(0);
    machine.run("send-test user.created").expect_code(0);
}

#[test]
fn a_disabled_endpoint_is_enabled_by_the_hint() {
    let (machine, _up) = set_up("");
    let account = Account::at(machine.sandbox());
    account.patch(&endpoint_id(&account), json!({"disabled": true}));
    assert_data_eq!(
        machine.run("send-test").snapshot(),
        str![[r#"
exit 6
--- stderr
error: endpoint `ep_[ID]` is disabled, so Svix would accept the event and never deliver it CH0603

  → enable it: `clerkhook register`

"#]]
    );
    machine.run("register --no-env").expect_code(0);
    machine.run("send-test").expect_code(0);
}

#[test]
fn without_an_endpoint_or_a_tunnel_nothing_is_sent() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    assert_data_eq!(
        machine.run("send-test").snapshot(),
        str![[r#"
exit 5
--- stderr
error: no tunnel is running CH0310

  → start one with `clerkhook up` or `clerkhook tunnel 3000`; only `clerkhook register URL` needs none

"#]]
    );
    let (machine, _up) = set_up("");
    let account = Account::at(machine.sandbox());
    account.svix(reqwest::Method::DELETE, &format!("endpoint/{}", endpoint_id(&account)), None);
    assert_data_eq!(
        machine.run("send-test").snapshot(),
        str![[r#"
exit 4
--- stderr
error: no endpoint of this machine is registered CH0602

  → register it first: `clerkhook register`

"#]]
    );
    machine.run("register --no-env").expect_code(0);
    machine.run("send-test").expect_code(0);
}

#[test]
fn a_message_that_nobody_delivers() {
    let (machine, _up) = set_up("--fault delivery=drop");
    assert_data_eq!(
        machine.run("send-test --timeout 1s").snapshot(),
        str![[r#"
exit 6
--- stderr
  ✗ test      `user.created` was not delivered: Svix made no attempt within 1 s
              CH0802

  → wait longer with `clerkhook send-test --timeout 60s`, or look at the endpoint's log in the Clerk dashboard

"#]]
    );
}

#[test]
fn a_delivery_that_is_not_genuine_is_named_by_its_reason() {
    for (fault, reason) in [("forged", "does not match"), ("stale", " s old")] {
        let (machine, _up) = set_up(&format!("--fault delivery={fault}"));
        let output = machine.run("send-test --json").expect_code(6);
        let hop = last_hop(&output);
        assert_eq!((&hop["hop"], &hop["ok"]), (&json!("signature"), &json!(false)));
        assert!(hop["detail"].as_str().is_some_and(|detail| detail.contains(reason)), "{hop}");
        assert_eq!(output.error()["code"], "CH0806");
    }
}

#[test]
fn a_delivery_that_comes_twice_is_proven_and_shown_once_more_than_its_proof() {
    let sandbox = Sandbox::start("--fault delivery=duplicate:1");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    let proof = up.wait_for_type("proof");
    let second = up.wait_for_type("delivery");
    assert_eq!((&second["message_id"], &second["signature"]), (&proof["message_id"], &json!("valid")));
    // Another event comes through, and nothing of the first one is shown any more.
    machine.run("send-test user.updated").expect_code(0);
    let next = up.wait_for_type("delivery");
    assert_eq!(next["event"], "user.updated");
    up.signal("INT");
    let output = up.finish().expect_code(0);
    assert_eq!(output.of_type("delivery").len(), 2);
    assert_eq!(output.of_type("stopped")[0]["deliveries"], 2);
}

#[test]
fn two_events_that_overtake_each_other_are_each_proven() {
    let (machine, mut up) = set_up("--fault delivery=reorder:1");
    let mut first = machine.start("send-test user.created --json");
    first.wait_for("the event is accepted", |line| line.contains(r#""step":"test","status":"ok""#));
    let second = machine.run("send-test user.updated --json").expect_code(0);
    let first = first.finish().expect_code(0);
    assert_eq!(last_hop(&second)["ok"], true);
    assert_eq!((&last_hop(&first)["hop"], &last_hop(&first)["ok"]), (&json!("signature"), &json!(true)));
    let order = [up.wait_for_type("delivery"), up.wait_for_type("delivery")].map(|delivery| delivery["event"].clone());
    assert_eq!(order, ["user.updated", "user.created"]);
}
