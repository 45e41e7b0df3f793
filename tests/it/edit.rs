//! `replay` with edits: what is not edited stays byte for byte, and the signature is made anew.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::fixture::script;
use crate::replay::{EVENT, last, stand, told};

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
        stand.run("replay msg_1 --set data.public_metadata.plan=pro --dry-run").snapshot(),
        str![[r#"
exit 0
--- stdout
  test      send    airt_[ID] to http://localhost:[PORT]/api/webhooks signed afresh (data.public_metadata.plan)
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
        ("--set data.email_addresses[7]=1", "`data.email_addresses` has 1 element"),
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
