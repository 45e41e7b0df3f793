//! `trigger --scenario`: values flow from step to step, and a fault is named before anything is sent.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::serve::serve;
use crate::stand::OK;
use crate::trigger::machine;
use crate::wire::RawApp;

fn body(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

fn time(value: &Value) -> i64 {
    value.as_i64().expect("a time")
}

#[test]
fn the_built_in_ones_are_accepted_and_tell_one_story() {
    let machine = machine();
    let (mut app, port) = serve(&machine, "--reject-invalid");
    for (name, steps) in [("user-lifecycle", 5), ("organization-onboarding", 5), ("billing-trial", 8)] {
        let output = machine.run(&format!("trigger --scenario {name} --to {port} --json")).expect_code(0);
        let numbers: Vec<_> = output.of_type("trigger").iter().map(|told| told["step"].clone()).collect();
        assert_eq!(numbers, (1..=steps).map(Value::from).collect::<Vec<_>>(), "{name}");
        let mut times = Vec::new();
        for _ in 0..steps {
            let delivery = app.wait_for_type("delivery");
            assert_eq!(delivery["signature"], "valid");
            let bytes = STANDARD.decode(delivery["body_b64"].as_str().expect("a text")).expect("base64");
            times.push(time(&body(std::str::from_utf8(&bytes).expect("a text"))["timestamp"]));
        }
        let now =
            i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_millis()).expect("a time");
        assert!(times.is_sorted_by(|earlier, later| earlier < later), "{name}: {times:?}");
        assert!(times.last().is_some_and(|last| (now - 60_000..=now).contains(last)), "{name}: {times:?}, {now}");
        assert_eq!(output.of_type("summary")[0]["sent"], steps);
    }
}

#[test]
fn values_flow_and_ids_are_one_cast() {
    let text = "steps:\n- event: user.created\n  save: {user: data.id, at: data.created_at}\n- event: user.updated\n  \
                set: {data.external_id: 'crm-${user}', data.updated_at: '${at}'}\n  unset: [data.last_name]\n  wait: 1ms\n\
                - event: organizationMembership.created\n";
    let (machine, app) = (machine().file("story.yml", text), RawApp::answering(OK));
    machine.run(&format!("trigger --scenario story.yml --to {}", app.port)).expect_code(0);
    let bodies: Vec<Value> = app.bodies().iter().map(|text| body(text)).collect();
    let user = bodies[0]["data"]["id"].as_str().expect("an id");
    assert_eq!(bodies[1]["data"]["external_id"], format!("crm-{user}"));
    assert_eq!(bodies[1]["data"]["updated_at"], bodies[0]["data"]["created_at"]);
    assert_eq!(bodies[1]["data"].get("last_name"), None);
    assert_eq!(bodies[2]["data"]["public_user_data"]["user_id"], user);
    assert_eq!(bodies[1]["data"]["created_at"], bodies[0]["data"]["created_at"], "a user is born once");
}

#[test]
fn the_first_unexpected_answer_ends_it() {
    let text = "{\"steps\": [{\"event\": \"user.created\", \"expect\": 409}, {\"event\": \"user.updated\"}]}";
    let (machine, app) = (machine().file("story.json", text), RawApp::answering(OK));
    let output = machine.run(&format!("trigger --scenario story.json --to {} --json", app.port)).expect_code(6);
    assert_eq!((app.count(), &output.error()["code"]), (1, &json!("CH0815")));
    let message = output.error()["message"].as_str().expect("a message").to_owned();
    assert!(message.ends_with("the app answered 200 where 409 is due (step 1 of 2)"), "{message}");
}

#[test]
fn each_fault_is_named_with_its_place_and_nothing_is_sent() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    for (text, words) in [
        ("steps: []", "line 1: it has no steps"),
        ("", "line 1: it has no steps"),
        ("name: x", "line 1: it has no `steps`"),
        ("steps:\n- event: [", "it is no YAML"),
        ("steps: 1", "line 1: expected a list, found a number"),
        ("steps:\n- user.created", "line 2, step 1: expected a map, found a text"),
        ("stepz:\n- event: user.created", "line 1: there is no key `stepz`"),
        ("steps:\n- event: user.creatd", "line 2, step 1: there is no event type `user.creatd`"),
        ("steps:\n- event: user.created\n  sett: {}", "line 3, step 1: there is no key `sett`"),
        ("steps:\n- event: user.created\n  set:\n    data.id.x:\n      a: 1", "line 4, step 1: `data.id.x` cannot be"),
        ("steps:\n- event: user.created\n  wait: soon", "line 3, step 1: `soon`: expected a time"),
        ("steps:\n- event: user.created\n  expect: yes", "line 3, step 1: `yes`: expected `2xx`"),
        ("steps:\n- event: user.created\n  set: {data..x: 1}", "step 1: `data..x` is no path"),
        ("steps:\n- event: user.created\n  set: {data.id.x: 1}", "step 1: `data.id.x` cannot be reached"),
        ("steps:\n- event: user.created\n  save: {a: data.idd}", "step 1: there is no `data.idd` in `user.created`"),
        ("steps:\n- event: user.created\n  save: {a b: data.id}", "step 1: `a b`: a name has letters"),
        ("steps:\n- event: user.created\n  set: {data.id: '${a}'}", "step 1: `${a}` is saved by no step"),
        (
            "steps:\n- event: user.created\n  save: {a: data.id}\n  set: {data.id: '${a}'}",
            "line 4, step 1: `${a}` refers to itself",
        ),
        (
            "steps:\n- event: user.created\n  set: {data.id: '${a}'}\n- event: user.updated\n  save: {a: data.id}",
            "line 3, step 1: `${a}` is saved only later, by step 2",
        ),
        (
            "steps:\n- event: user.created\n  save: {b: data.id}\n  set: {data.id: '${a}'}\n- event: user.updated\n  \
             save: {a: data.id}\n  set: {data.id: '${b}'}",
            "line 4, step 1: a cycle: it needs `${a}` of step 2, which needs `${b}` of this one",
        ),
    ] {
        std::fs::write(machine.project().join("story.yml"), text).expect("written");
        let output = machine.run(&format!("trigger --scenario story.yml --to {} --json", app.port)).expect_code(2);
        let (code, message) = (&output.error()["code"], output.error()["message"].clone());
        assert_eq!(code, "CH0814", "{text}");
        assert!(message.as_str().is_some_and(|message| message.contains(words)), "{text}: {message}");
    }
    assert_eq!(app.count(), 0);
}

#[test]
fn a_scenario_that_doubles_itself_is_refused_before_it_fills_the_memory() {
    let mut text = "steps:\n- {event: user.created, save: {s0: data.id}}\n".to_owned();
    for step in 1..9 {
        let repeated = format!("${{s{}}}", step - 1).repeat(30);
        text += &format!("- {{event: user.created, set: {{data.id: '{repeated}'}}, save: {{s{step}: data.id}}}}\n");
    }
    let machine = machine().file("story.yml", &text);
    assert_data_eq!(
        machine.run("trigger --scenario story.yml").snapshot(),
        str![[r#"
exit 2
--- stderr
error: the scenario `story.yml` cannot be played: line 6, step 5: the bodies up to here have more than 16 MiB CH0814

  → split it into several scenarios, or save a shorter value

"#]]
    );
}

#[test]
fn a_dry_run_says_what_each_step_expects() {
    let text = "steps:\n- {event: user.created, expect: 409}\n- event: user.updated\n";
    let output = machine().file("story.yml", text).run("trigger --scenario story.yml --dry-run --expect 4xx");
    let expected: Vec<_> = output.stdout.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert_eq!(expected, ["409", "4xx"]);
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    let text = "steps:\n- event: user.created\n  save: {user_id: data.id}\n- event: user.updated\n  \
                set: {data.id: '${user_idd}'}\n";
    let machine = machine().file("story.yml", text);
    assert_data_eq!(
        machine.run("trigger --scenario story.yml").snapshot(),
        str![[r#"
exit 2
--- stderr
error: the scenario `story.yml` cannot be played: line 5, step 2: `${user_idd}` is saved by no step CH0814

  → write `${user_id}`

"#]]
    );
    assert_data_eq!(
        machine.run("trigger --scenario user-lifecycel").snapshot(),
        str![[r#"
exit 2
--- stderr
error: there is no scenario `user-lifecycel` CH0813

  → write `--scenario user-lifecycle`

"#]]
    );
    machine.run("trigger --scenario gone.yml").expect_code(3);
}
