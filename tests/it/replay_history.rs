//! What is kept is sent again and judged when its set-up has ended; whoever sends tells the history what it sent.

use serde_json::{Value, json};

use crate::fixture::{Machine, Output, Sandbox};
use crate::replay::{EVENT, last, told};
use crate::serve::serve;
use crate::stand::{OK, Stand};
use crate::trigger;
use crate::wire::{RawApp, create_user};

fn kept(machine: &Machine, flags: &str) -> Vec<Value> {
    machine.run(&format!("events list --json {flags}")).expect_code(0).of_type("delivery")
}

fn id(delivery: &Value) -> String {
    delivery["id"].as_str().expect("an id").to_owned()
}

/// What `events show` tells beside the line.
fn shown(machine: &Machine, name: &str, row: &str) -> String {
    let output = machine.run(&format!("events show {name}")).expect_code(0);
    let found = output.stdout.lines().find_map(|line| line.trim_start().strip_prefix(row)).map(str::trim);
    found.unwrap_or_else(|| panic!("no {row}: {}", output.stdout)).to_owned()
}

/// A machine on which an `up` took one delivery and ended, and an app that verifies.
fn ended() -> (Machine, crate::fixture::Running, u16) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    machine.run("register http://127.0.0.1:1 --env-file .env.local").expect_code(0);
    let (mut app, port) = serve(&machine, "--reject-invalid");
    let mut up = machine.start(&format!("up {port} --env-file .env.local --no-test --json"));
    up.wait_for_type("ready");
    create_user(&machine.sandbox().addresses, "ann");
    assert_eq!(up.wait_for_type("delivery")["event"], "user.created");
    up.signal("INT");
    up.finish().expect_code(0);
    app.wait_for_type("delivery");
    (machine, app, port)
}

#[test]
fn what_an_ended_set_up_took_is_sent_again_by_any_of_its_names() {
    let (machine, mut app, port) = ended();
    let came = kept(&machine, "");
    assert_eq!(came.len(), 1);
    let (ours, message) = (id(&came[0]), came[0]["message_id"].as_str().expect("an id").to_owned());
    for name in ["last", "@1", &ours, &ours[..12], &message, &message[..20]] {
        let replay = told(&machine.run(&format!("replay {name} --upstream {port} --json")).expect_code(0));
        assert_eq!((&replay["via"], &replay["signed"]), (&json!("direct"), &json!("fresh")), "{name}");
        assert_eq!((&replay["source_id"], &replay["status_code"]), (&json!(ours), &json!(200)), "{name}");
        let seen = app.wait_for_type("delivery");
        assert_eq!((&seen["signature"], &seen["message_id"]), (&json!("valid"), &json!(message)), "{name}");
    }
    let again = kept(&machine, "--origin replay");
    assert_eq!(again.len(), 6);
    for replay in &again {
        let row = |name: &str| shown(&machine, &id(replay), name);
        // The sample app keeps its own word, unless it still takes the `up` for its keeper.
        assert!(row("repeats") == ours && row("seen by").ends_with("whoever sent it"), "{replay}");
        assert_eq!((&replay["status_code"], &replay["signature"]), (&json!(200), &json!("valid")), "{replay}");
    }
    // To another address, edited, compared with the answer of then.
    let other = RawApp::answering(OK);
    let line = format!("replay @1 --to http://127.0.0.1:{} --set data.first_name=Eve --diff", other.port);
    let output = machine.run(&line).expect_code(0);
    assert!(output.stdout.contains("--- then") || output.stderr.contains("the same as then"), "{output:?}");
    assert!(other.bodies()[0].contains("Eve"));
    assert_eq!(machine.run("replay zzzz1 --json").expect_code(2).error()["code"], "CH0014");
    assert_eq!(machine.run("replay 0 --json").expect_code(2).error()["code"], "CH0014");
}

#[test]
fn without_an_id_what_is_kept_is_listed() {
    let (machine, _app, _port) = ended();
    let output = machine.run("replay --json").expect_code(0);
    assert_eq!(output.of_type("delivery").len(), 1, "{output:?}");
}

#[test]
fn a_forged_delivery_of_the_history_is_signed_only_when_that_is_meant() {
    let mut stand = Stand::start("");
    assert_eq!(stand.deliver("msg_1", EVENT), 200);
    stand.forge();
    stand.up.wait_for("the forged one", |line| line.contains("msg_forged"));
    let Stand { machine, app, up, .. } = stand;
    up.signal("INT");
    up.finish().expect_code(0);
    let line = |words: &str| machine.run(&format!("replay {words} --upstream {} --json", app.port));
    // The newest that verifies is the last one.
    let output = line("last").expect_code(0);
    assert_eq!((last(app.header("svix-id")), last(app.bodies())), ("msg_1".into(), EVENT.into()));
    assert!(output.stderr.contains("passed over 1 captured request"), "{}", output.stderr);
    assert_eq!(line("msg_forged").expect_code(7).error()["code"], "CH0816");
    assert_eq!(told(&line("msg_forged --original").expect_code(0))["signed"], "original");
    assert_eq!(told(&line("msg_forged --sign-forged").expect_code(0))["signed"], "fresh");
}

fn verdict(output: &Output) -> Value {
    output.of_type("verdict")[0].clone()
}

#[test]
fn a_kept_delivery_is_judged_by_its_name() {
    let (machine, _app, _port) = ended();
    let ours = id(&kept(&machine, "")[0]);
    for name in ["last", "@1", &ours, &ours[..12]] {
        assert_eq!(verdict(&machine.run(&format!("verify {name} --json")).expect_code(0))["valid"], true, "{name}");
    }
    let wrong = machine.project().join("wrong");
    std::fs::write(&wrong, trigger::SECRET).expect("written");
    let judged = verdict(&machine.run("verify last --secret-file wrong --json").expect_code(7));
    assert_eq!((&judged["valid"], &judged["cause"]), (&json!(false), &json!("no-match")));
    // A file of that name comes first, and what names neither says both.
    std::fs::write(machine.project().join("last"), " ").expect("written");
    assert!(machine.run("verify last").expect_code(2).stderr.contains("it is empty"));
    let neither = machine.run("verify @9").expect_code(2);
    assert!(
        neither.stderr.contains("no file of this name") && neither.stderr.contains("no such delivery"),
        "{neither:?}"
    );
}

#[test]
fn a_triggered_event_is_kept_found_and_sent_again() {
    let (machine, app) = (trigger::machine(), RawApp::answering(OK));
    let sent = trigger::told(
        &machine.run(&format!("trigger user.created --to {}/x?a=1 --json --header Authorization:no", app.port)),
    );
    let found = kept(&machine, "--origin trigger");
    assert_eq!(found.len(), 1);
    let of = |name: &str| found[0][name].clone();
    assert_eq!((&of("message_id"), of("event")), (&sent["message_id"], json!("user.created")));
    assert_eq!((of("status_code"), of("signature")), (json!(200), json!("valid")));
    assert_eq!(shown(&machine, &id(&found[0]), "seen by"), "whoever sent it");
    assert_eq!(of("path"), "/x?a=1");
    assert!(!found[0].to_string().contains("Authorization"), "{}", found[0]);
    machine.run(&format!("replay last --upstream {}", app.port)).expect_code(0);
    let [first, second] = app.bodies().try_into().expect("two");
    assert_eq!((first, app.header("svix-id")[1].clone()), (second, sent["message_id"].as_str().expect("an id").into()));
    // An app that is down got nothing.
    machine.run(&format!("trigger user.created --to {}", crate::fixture::free_port())).expect_code(3);
    assert_eq!(kept(&machine, "").len(), 2);
    machine.run(&format!("trigger user.created --count 30 --to {}", app.port)).expect_code(0);
    assert_eq!(kept(&machine, "-n 99 --origin trigger").len(), 31);
}

#[test]
fn what_check_sends_is_kept_and_is_never_the_last() {
    let machine = trigger::machine();
    let (_app, port) = serve(&machine, "--reject-invalid");
    machine.run(&format!("trigger user.created --to {port}")).expect_code(0);
    machine.run(&format!("check {port}"));
    let cases = kept(&machine, "-n 999 --origin check");
    let of = |signature: &str| cases.iter().filter(|case| case["signature"] == signature).count();
    assert!(of("valid") > 5 && of("invalid") > 5, "{}", cases.len());
    machine.run("verify last").expect_code(0);
    let replay = told(&machine.run(&format!("replay last --upstream {port} --json")).expect_code(0));
    assert_eq!(replay["source_id"], kept(&machine, "--origin trigger")[0]["id"]);
}

#[test]
fn what_a_set_up_saw_too_is_one_delivery() {
    let mut stand = Stand::start("");
    let sent = trigger::told(&stand.run("trigger user.created --via edge --json").expect_code(0));
    stand.up.wait_for_type("delivery");
    let replay = told(&stand.run("replay last --json").expect_code(0));
    assert_eq!(replay["via"], "agent");
    stand.up.wait_for_type("delivery");
    let Stand { machine, up, .. } = stand;
    up.signal("INT");
    up.finish().expect_code(0);
    let mut kept = kept(&machine, "");
    kept.retain(|delivery| !delivery["message_id"].is_null());
    let of = |name: &str| kept.iter().map(|delivery| delivery[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("origin"), ["trigger", "replay"], "{kept:?}");
    for delivery in &kept {
        let by = shown(&machine, &id(delivery), "seen by");
        assert!(by.contains("agent") && by.contains("sent it"), "{by}");
    }
    assert_eq!(of("message_id"), [sent["message_id"].clone(), sent["message_id"].clone()]);
    assert_eq!(shown(&machine, &id(&kept[1]), "repeats"), id(&kept[0]));
}

#[test]
fn what_the_sample_app_saw_of_a_trigger_is_one_delivery() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let ready = up.wait_for_type("ready");
    for _ in 0..3 {
        machine.run("trigger user.created").expect_code(0);
        up.wait_for_type("delivery");
    }
    up.signal("INT");
    up.finish().expect_code(0);
    let kept = kept(&machine, "--type user.created");
    assert_eq!(kept.len(), 3, "{ready}: {kept:?}");
    for delivery in kept {
        assert_eq!(delivery["origin"], "trigger");
        assert_eq!(shown(&machine, &id(&delivery), "seen by"), "the sample app, whoever sent it");
    }
}

#[test]
fn a_kept_one_that_the_agent_still_has_goes_through_it() {
    let mut stand = Stand::start("");
    stand.deliver("msg_1", EVENT);
    crate::fixture::until("it is kept", || kept(&stand.machine, "").len() == 1);
    let ours = id(&kept(&stand.machine, "")[0]);
    let replay = told(&stand.run(&format!("replay {ours} --json")).expect_code(0));
    assert_eq!((&replay["via"], &replay["source_id"]), (&json!("agent"), &json!(ours)));
    assert!(replay["capture_id"].as_str().is_some_and(|id| id.starts_with("airt_")), "{replay}");
}

#[test]
fn what_status_and_replay_list_is_named_as_the_history_names_it() {
    let mut stand = Stand::start("");
    stand.deliver("msg_1", EVENT);
    crate::fixture::until("it is kept", || kept(&stand.machine, "").len() == 1);
    for line in ["status --json", "replay --json"] {
        let listed = id(&stand.run(line).of_type("delivery")[0]);
        assert_eq!(listed, id(&kept(&stand.machine, "")[0]), "{line}");
        let raw = stand.run(&format!("events show {listed} --raw")).expect_code(0);
        assert_eq!(raw.stdout.trim_end(), EVENT.trim_end(), "{line}");
        let replay = told(&stand.run(&format!("replay {listed} --json")).expect_code(0));
        assert_eq!((&replay["source_id"], &replay["via"]), (&json!(listed), &json!("agent")), "{line}");
    }
}

#[test]
fn what_nobody_signed_and_a_set_up_saw_is_one_delivery() {
    for line in ["trigger user.created --unsigned", "trigger user.created --unsigned --via edge"] {
        let mut stand = Stand::with(Machine::with, RawApp::answering(OK), "");
        let machine = &stand.machine;
        machine.run(line);
        machine.run(line);
        (0..2).filter(|_| line.contains("edge")).for_each(|_| drop(stand.up.wait_for_type("delivery")));
        let Stand { machine, up, .. } = stand;
        up.signal("INT");
        up.finish().expect_code(0);
        let kept = kept(&machine, "--type user.created");
        assert_eq!(kept.len(), 2, "{line}: {kept:?}");
        assert!(kept.iter().all(|delivery| delivery["origin"] == "trigger"), "{line}: {kept:?}");
    }
}

#[test]
fn what_is_shown_shortened_can_be_typed() {
    let mut stand = Stand::start("");
    stand.deliver("msg_abc1", EVENT);
    stand.deliver("msg_abd2", EVENT);
    crate::fixture::until("they are kept", || kept(&stand.machine, "").len() == 2);
    let line = stand.run("replay msg_abc").expect_code(0).stdout;
    let shown = line.split_whitespace().find(|word| word.ends_with('…')).expect("an id").to_owned();
    for (name, code) in [(shown.as_str(), 0), (shown.trim_end_matches('…'), 0), ("msg_abd", 0), ("msg_ab", 2)] {
        let output = stand.run(&format!("replay {name} --json")).expect_code(code);
        let refused = code != 0 && output.error()["code"] == "CH0015";
        assert!(refused || output.of_type("replay").len() == 1, "{name}: {output:?}");
    }
    assert_eq!(stand.app.header("svix-id")[2..], ["msg_abc1", "msg_abc1", "msg_abc1", "msg_abd2"]);
}

#[test]
fn the_agent_sends_more_often_than_it_remembers() {
    let mut stand = Stand::start("--fault agent=memory:100");
    stand.deliver("msg_1", EVENT);
    let output = stand.run("replay last --times 200 --json").expect_code(0);
    assert_eq!((output.of_type("replay").len(), stand.app.count()), (200, 201));
    assert!(stand.app.bodies().iter().all(|body| body == EVENT));
    assert_eq!(stand.end().of_type("stopped")[0]["deliveries"], 201);
}
