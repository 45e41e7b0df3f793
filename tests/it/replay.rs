//! `replay`: which capture is meant, as it was or edited and signed afresh, and what came of it.

use expectrl::Expect as _;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox, script};
use crate::people::{finish, on_a_terminal};
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, create_user};

/// Odd on purpose: what is not edited must stay so.
const EVENT: &str = "{ \"type\":\"user.updated\",\"data\" : {\"n\":1.50,\"name\":\"Zo\\u00eb\",\"first_name\" :\"Ann\",\
                     \"email_addresses\":[{\"email_address\":\"a@example.com\" , \"big\":1e3}], \"a\":1,\"a\":2}}\n";

const AFTERWARDS: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 9\r\n\r\n{\"no\": 1}";

fn stand() -> Stand {
    let mut stand = Stand::start("");
    assert_eq!(stand.deliver("msg_1", EVENT), 200);
    stand
}

fn told(output: &Output) -> Value {
    output.of_type("replay")[0].clone()
}

fn last<T>(all: Vec<T>) -> T {
    all.into_iter().next_back().expect("one came")
}

#[test]
fn without_a_terminal_the_captures_are_listed() {
    let mut stand = stand();
    stand.deliver("msg_2", "{}");
    let output = stand.run("replay --json").expect_code(0);
    let ids: Vec<_> = output.of_type("delivery").iter().map(|delivery| delivery["message_id"].clone()).collect();
    assert_eq!(ids, ["msg_1", "msg_2"]);
    let output = stand.run("replay").expect_code(0);
    assert!(output.stderr.contains("name one: `clerkhook replay last`"), "{}", output.stderr);
    assert_eq!(output.stdout.lines().count(), 2, "{}", output.stdout);
    assert_eq!(stand.app.count(), 2, "nothing was sent");
}

#[test]
fn on_a_terminal_a_person_picks_one() {
    let mut stand = stand();
    stand.deliver("msg_2", "{\"type\":\"session.created\"}");
    let mut session = on_a_terminal(&stand.machine, "replay", 100);
    session.expect("Which one?").expect("a question");
    // The newest is offered first; one down is the other.
    session.expect("msg_1").expect("a list");
    session.send("\u{1b}[B\r").expect("typed");
    let (text, code) = finish(session);
    assert_eq!(code, 0, "{text}");
    assert_eq!(last(stand.app.header("svix-id")), "msg_1");
    let mut session = on_a_terminal(&stand.machine, "replay", 100);
    session.expect("Which one?").expect("a question");
    session.send("\u{3}").expect("typed");
    assert_eq!(finish(session).1, 130);
    assert_eq!(stand.app.count(), 3);
}

#[test]
fn each_way_to_name_one_is_proven_by_its_new_capture() {
    let mut stand = stand();
    let captured = stand.run("replay --json").of_type("delivery")[0]["id"].as_str().expect("an id").to_owned();
    for name in ["last", "msg_1", &captured] {
        let replay = told(&stand.run(&format!("replay {name} --json")).expect_code(0));
        assert_eq!(replay["via"], "agent");
        assert_eq!((&replay["source_id"], &replay["signed"]), (&json!(captured), &json!("original")));
        let shown = stand.up.wait_for_type("delivery");
        assert_eq!((&shown["message_id"], &shown["replay"]), (&json!("msg_1"), &json!(true)));
    }
    assert_eq!(stand.app.bodies(), [EVENT; 4]);
    let output = stand.run("replay last");
    assert!(output.stdout.contains("200") && output.stdout.contains("via agent, original signature"), "{output:?}");
}

#[test]
fn only_what_is_edited_changes_and_the_signature_is_fresh() {
    let mut stand = stand();
    for (edit, from, to) in [
        ("--set=data.first_name=Ada", "\"Ann\"", "\"Ada\""),
        ("--set=data.first_name=\"12\"", "\"Ann\"", "\"12\""),
        ("--set=data.first_name={\"x\":[1,null]}", "\"Ann\"", "{\"x\":[1,null]}"),
        ("--set=data.email_addresses[0].email_address=b@example.com", "a@example.com", "b@example.com"),
        ("--set=data.email_addresses[1]=2", "1e3}]", "1e3},2]"),
        ("--unset=data.n", "\"n\":1.50,", ""),
    ] {
        let replay = told(&stand.run(&format!("replay msg_1 --json {edit}")).expect_code(0));
        assert_eq!((&replay["via"], &replay["signed"]), (&json!("direct"), &json!("fresh")));
        assert_eq!(last(stand.app.bodies()), EVENT.replace(from, to), "{edit}");
        assert_eq!(last(stand.app.header("svix-id")), "msg_1");
    }
    // What goes to the app directly is not captured; through the tunnel it is, and its signature counts.
    let to = format!("{}/api/webhooks", stand.ready["public_url"].as_str().expect("a URL"));
    stand.run(&format!("replay msg_1 --set data.first_name=Ada --to {to}")).expect_code(0);
    assert_eq!(stand.up.wait_for_type("delivery")["signature"], "valid");
}

#[test]
fn a_missing_path_is_made_and_told() {
    let stand = stand();
    assert_data_eq!(
        stand
            .run("replay msg_1 --set data.public_metadata.plan=pro --dry-run")
            .snapshot()
            .replace(&app(&stand), "[APP]"),
        str![[r#"
exit 0
--- stdout
  test      send    [APP] to http://localhost:[PORT]/api/webhooks signed afresh (data.public_metadata.plan)
--- stderr
  note: `data.public_metadata.plan` was not there before; it was added

"#]]
    );
    let output = stand.run("replay msg_1 --set data.public_metadata.plan=pro --json").expect_code(0);
    assert!(output.stderr.contains("was not there before"), "{}", output.stderr);
    assert_eq!(told(&output)["edits"], json!(["data.public_metadata.plan"]));
    let added = "\"a\":2,\"public_metadata\":{\"plan\":\"pro\"}}";
    assert_eq!(last(stand.app.bodies()), EVENT.replace("\"a\":2}", added));
}

fn app(stand: &Stand) -> String {
    stand.run("replay --json").of_type("delivery")[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn what_cannot_be_edited_is_refused_with_the_place() {
    let stand = stand();
    assert_data_eq!(
        stand.run("replay msg_1 --set data.first_name.x=1").snapshot(),
        str![[r#"
exit 2
--- stderr
error: the body cannot be edited: `data.first_name.x` cannot be reached: `data.first_name` is a string CH0809

  → correct what is named above; a value is set like `--set data.first_name=Ada`

"#]]
    );
    for (edit, words) in [
        ("--set data.email_addresses[7]=1", "`data.email_addresses` has 1 elements"),
        ("--unset data.nothing", "there is no `data.nothing`"),
    ] {
        let error = stand.run(&format!("replay msg_1 {edit} --json")).expect_code(2).error();
        assert_eq!(error["code"], "CH0809");
        assert!(error["message"].as_str().is_some_and(|message| message.contains(words)), "{error}");
    }
    assert_eq!(stand.app.count(), 1);
}

#[test]
fn headers_ids_and_bodies_are_set() {
    let stand = stand();
    stand.run("replay msg_1 --set-header x-mine:yes --set-header content-type:text/plain").expect_code(0);
    assert_eq!(
        (last(stand.app.header("x-mine")), last(stand.app.header("content-type"))),
        ("yes".into(), "text/plain".into())
    );
    stand.run("replay msg_1 --new-id").expect_code(0);
    let id = last(stand.app.header("svix-id"));
    assert!(id.starts_with("msg_") && id.len() > 20, "{id}");
    let machine = &stand.machine;
    std::fs::write(machine.project().join("other.json"), "{\"type\": \"a\"}").expect("written");
    stand.run("replay msg_1 --body @other.json").expect_code(0);
    assert_eq!(last(stand.app.bodies()), "{\"type\": \"a\"}");
    machine.run_with_input("replay msg_1 --body @- --set type=c", "{\"type\": \"b\"}").expect_code(0);
    assert_eq!(last(stand.app.bodies()), "{\"type\": \"c\"}");
    let error = stand.run("replay msg_1 --body @gone.json --json").expect_code(3).error();
    assert_eq!(error["code"], "CH0004");
}

#[test]
fn an_editor_changes_leaves_breaks_and_fails() {
    let stand = stand();
    let edit = |text: &str| {
        let bin = script(&stand.machine.project(), "editor", &format!("#!/bin/sh\n{text}\n"));
        let mut command = stand.machine.command(&["replay", "msg_1", "--edit"]);
        command.env("EDITOR", bin);
        stand.machine.watch(command).finish()
    };
    edit("sed -i s/Ann/Ada/ \"$1\"").expect_code(0);
    // White space goes, every token stays.
    let compact = "{\"type\":\"user.updated\",\"data\":{\"n\":1.50,\"name\":\"Zo\\u00eb\",\"first_name\":\"Ada\",\
                   \"email_addresses\":[{\"email_address\":\"a@example.com\",\"big\":1e3}],\"a\":1,\"a\":2}}";
    assert_eq!(last(stand.app.bodies()), compact);
    edit("true").expect_code(0);
    assert_eq!(last(stand.app.bodies()), EVENT);
    assert_data_eq!(
        edit("sed -i 's/\"n\": 1.50/\"n\" 1.50/' \"$1\"").snapshot(),
        str![[r#"
exit 2
--- stderr
error: the body cannot be edited: what the editor gave back is no JSON: expected `:` at line 4 column 9 CH0809

  → correct what is named above; a value is set like `--set data.first_name=Ada`

"#]]
    );
    let failed = edit("exit 3");
    assert_data_eq!(
        failed.snapshot().replace(&stand.machine.project().display().to_string(), "[PROJECT]"),
        str![[r#"
exit 2
--- stderr
error: the editor `[PROJECT]/editor` gave nothing back CH0810
  it ended with exit 3

  → set `EDITOR` to one that works, or edit with `--set PATH=VALUE`

"#]]
    );
    assert_eq!(stand.app.count(), 3);
}

/// An app that verifies, for a set-up whose first event says it is ten minutes old.
fn verifying() -> (Machine, crate::fixture::Running, crate::fixture::Running) {
    let sandbox = Sandbox::start("--fault delivery=stale");
    let machine = Machine::with(&sandbox).keep(sandbox);
    machine.run("register http://127.0.0.1:1 --env-file .env.local").expect_code(0);
    let (app, port) = crate::serve::serve(&machine, "--reject-invalid");
    let mut up = machine.start(&format!("up {port} --env-file .env.local --no-test --json"));
    up.wait_for_type("ready");
    create_user(&machine.sandbox().addresses, "ann");
    assert_eq!(up.wait_for_type("delivery")["status_code"], 400);
    (machine, app, up)
}

#[test]
fn a_stale_event_is_refused_as_it_was_and_accepted_when_signed_afresh() {
    let (machine, _app, _up) = verifying();
    for line in ["replay last --original", "replay last"] {
        let output = machine.run(&format!("{line} --json")).expect_code(6);
        let replay = told(&output);
        assert_eq!((&replay["status_code"], &replay["signed"]), (&json!(400), &json!("original")));
        let error = output.error();
        assert_eq!(error["code"], "CH0805");
        assert!(
            error["message"].as_str().is_some_and(|message| message.contains(" s old, and apps that verify")),
            "{error}"
        );
        assert_eq!(error["hint"], "sign it afresh: add `--fresh`");
    }
    assert_eq!(told(&machine.run("replay last --fresh --json").expect_code(0))["status_code"], 200);
}

#[test]
fn an_edited_address_is_accepted_by_an_app_that_verifies() {
    let (machine, mut app, _up) = verifying();
    let line = "replay last --json --set data.email_addresses[0].email_address=new@example.com";
    assert_eq!(told(&machine.run(line).expect_code(0))["status_code"], 200);
    let accepted = app.wait_for("an accepted one", |line| line.contains("\"valid\""));
    assert!(accepted.contains("user.created"), "{accepted}");
}

#[test]
fn times_diff_to_and_dry_run() {
    let stand = Stand::with(Machine::with, RawApp::answering_in_turn(&[OK, OK, OK, OK, AFTERWARDS]), "");
    let mut stand = stand;
    stand.deliver("msg_1", EVENT);
    let output = stand.run("replay msg_1 --times 3 --json").expect_code(0);
    assert_eq!((output.of_type("replay").len(), stand.app.count()), (3, 4));
    assert_data_eq!(
        stand.run("replay msg_1 --dry-run").snapshot().replace(&app(&stand), "[CAPTURE]"),
        str![[r#"
exit 0
--- stdout
  test      send    [CAPTURE] through the agent, as it was

"#]]
    );
    assert_eq!(stand.app.count(), 4);
    let output = stand.run("replay msg_1 --diff").expect_code(6);
    assert_data_eq!(
        output.stdout.lines().skip(1).collect::<Vec<_>>().join("\n"),
        str![[r#"
--- then
+++ now
@@ -1,2 +1,4 @@
-status: 200
-ok
+status: 409
+{
+  "no": 1
+}
"#]]
    );
    let other = RawApp::answering(OK);
    stand.run(&format!("replay msg_1 --to http://127.0.0.1:{}/hook?x=1", other.port)).expect_code(0);
    stand.run(&format!("replay msg_1 --to http://127.0.0.1:{}", other.port)).expect_code(0);
    assert_eq!((other.bodies(), stand.app.count()), (vec![EVENT.to_owned(); 2], 5));
}

#[test]
fn what_is_gone_or_down_is_named() {
    let stand = stand();
    assert_data_eq!(
        stand.run("replay msg_gone").snapshot(),
        str![[r#"
exit 6
--- stderr
error: the agent has no captured request `msg_gone` CH0807

  → list what the agent still has: `clerkhook replay`

"#]]
    );
    let down = crate::fixture::free_port();
    let error = stand.run(&format!("replay msg_1 --to http://127.0.0.1:{down} --json")).expect_code(6).error();
    assert_eq!(error["code"], "CH0811");
    // Another set-up whose app goes away.
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let (app, port) = crate::serve::serve(&machine, "");
    let mut up = machine.start(&format!("up {port} --no-env --json"));
    up.wait_for_type("ready");
    app.signal("INT");
    app.finish().expect_code(0);
    assert_data_eq!(
        machine.run("replay last").snapshot(),
        str![[r#"
exit 6
--- stdout
  502 [MS] ms  airt_3MW9uFA… via agent, original signature
--- stderr
error: `user.created` was not delivered: the agent reached no app at `http://localhost:[PORT]` (ERR_NGROK_8012) CH0805

  → start the app; if it listens on another port, name it: `clerkhook up PORT`

"#]]
    );
    let error = machine.run("replay last --fresh --json").expect_code(6).error();
    assert_eq!(error["code"], "CH0811");
}

#[test]
fn nothing_captured_and_nothing_running_are_told_apart() {
    let stand = Stand::start("");
    let output = stand.run("replay").expect_code(0);
    assert!(output.stderr.contains("captured nothing yet; `clerkhook send-test`"), "{}", output.stderr);
    let error = stand.run("replay last --json").expect_code(6).error();
    assert_eq!(error["code"], "CH0807");
    assert_eq!(Machine::new().run("replay last --json").expect_code(5).error()["code"], "CH0310");
}
