//! `replay` with edits: what is not edited stays byte for byte, and the signature is made anew.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::fixture::script;
use crate::replay::{EVENT, last, stand, told};
use crate::screen::{End, Screen};
use crate::stand::Stand;

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
    let ours = stand.run("events list --json").of_type("delivery")[0]["id"].as_str().expect("an id").to_owned();
    assert_data_eq!(
        stand.run("replay msg_1 --set data.public_metadata.plan=pro --dry-run").snapshot().replace(&ours, "[ID]"),
        str![[r#"
exit 0
--- stdout
  test      send    [ID] to http://localhost:[PORT]/api/webhooks signed afresh (data.public_metadata.plan)
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

/// `replay msg_1 --edit` with this as `$EDITOR`, on a terminal.
fn edited_with(stand: &Stand, editor: &str) -> End {
    let mut command = stand.machine.command(&["replay", "msg_1", "--edit"]);
    command.env("EDITOR", editor).env("TERM", "xterm-256color");
    Screen::with(&stand.machine, command, (100, 30)).finish()
}

/// The same with a script of this text.
fn edited_by(stand: &Stand, text: &str) -> End {
    let bin = script(&stand.machine.project(), "editor", &format!("#!/bin/sh\n{text}\n"));
    edited_with(stand, &bin.display().to_string())
}

#[test]
fn an_editor_s_change_is_sent_compact() {
    let stand = stand();
    let end = edited_by(&stand, "sed -i s/Ann/Ada/ \"$1\"");
    assert_eq!(end.code, 0, "{}", end.seen);
    // White space goes, every token stays.
    let compact = "{\"type\":\"user.updated\",\"data\":{\"n\":1.50,\"name\":\"Zo\\u00eb\",\"first_name\":\"Ada\",\
                   \"email_addresses\":[{\"email_address\":\"a@example.com\",\"big\":1e3}],\"a\":1,\"a\":2}}";
    assert_eq!(last(stand.app.bodies()), compact);
}

#[test]
fn an_editor_that_is_left_without_a_change_or_fails_sends_nothing() {
    let stand = stand();
    let end = edited_by(&stand, "true");
    assert_eq!(end.code, 0, "{}", end.seen);
    assert!(end.seen.contains("nothing was changed in the editor, so nothing was sent"), "{}", end.seen);
    let end = edited_by(&stand, "exit 3");
    assert_eq!(end.code, 2, "{}", end.seen);
    assert!(end.seen.contains("CH0810") && end.seen.contains("it ended with exit 3"), "{}", end.seen);
    assert!(end.seen.contains("`--set PATH=VALUE`"), "{}", end.seen);
    assert_eq!(stand.app.count(), 1);
}

#[test]
fn what_was_typed_is_kept_when_it_is_no_json() {
    let stand = stand();
    let end = edited_by(&stand, "sed -i -e 's/\"n\": 1.50/\"n\" 1.50/' -e s/Ann/Ada/ \"$1\"");
    assert_eq!(end.code, 2, "{}", end.seen);
    let said = end.seen.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("CH0818") && said.contains("expected `:` at line 4 column 9"), "{said}");
    let path = said.split("mend `").nth(1).and_then(|rest| rest.split('`').next()).expect("a file is named");
    let kept = std::fs::read_to_string(path).expect("the file is kept");
    assert!(kept.contains("Ada") && kept.contains("\"n\" 1.50"), "{kept}");
    // The hint works.
    std::fs::write(path, kept.replace("\"n\" 1.50", "\"n\": 1.50")).expect("mended");
    stand.run(&format!("replay msg_1 --body @{path}")).expect_code(0);
    assert!(last(stand.app.bodies()).contains("Ada"));
    std::fs::remove_file(path).expect("taken away");
}

#[test]
fn an_editor_s_blanks_and_quotes_are_a_shell_s() {
    let stand = stand();
    let project = stand.machine.project().display().to_string();
    let text = "#!/bin/sh\nfor last; do :; done\nsed -i \"s/Ann/$1-$#/\" \"$last\"\n";
    script(&stand.machine.project(), "my editor", text);
    for (editor, name) in [
        (format!("'{project}/my editor' 'Ada L' --wait"), "Ada L-3"),
        (format!("\"{project}/my editor\" Ada"), "Ada-2"),
        (format!("{project}/my\\ editor Ada"), "Ada-2"),
    ] {
        let end = edited_with(&stand, &editor);
        assert_eq!(end.code, 0, "{editor}: {}", end.seen);
        assert!(last(stand.app.bodies()).contains(&format!("\"{name}\"")), "{editor}");
    }
    // A path with blanks alone is one too.
    script(&stand.machine.project(), "my editor", "#!/bin/sh\nsed -i s/Ann/Eve/ \"$1\"\n");
    assert_eq!(edited_with(&stand, &format!("{project}/my editor")).code, 0);
    assert!(last(stand.app.bodies()).contains("\"Eve\""));
    let end = edited_with(&stand, "'open");
    assert!(end.code == 2 && end.seen.contains("CH0810"), "{}", end.seen);
}

#[test]
fn without_a_terminal_no_editor_is_opened() {
    let stand = stand();
    let bin = script(&stand.machine.project(), "editor", "#!/bin/sh\ntouch opened\n");
    for args in [&["replay", "msg_1", "--edit", "--json"][..], &["replay", "msg_1", "--edit"]] {
        let mut command = stand.machine.command(args);
        command.env("EDITOR", &bin);
        let output = stand.machine.watch(command).finish().expect_code(2);
        assert!(output.stderr.contains("CH0819") && output.stderr.contains("--set PATH=VALUE"), "{}", output.stderr);
    }
    // Nor where nobody may be asked, or the screen is somebody else's.
    for line in ["replay msg_1 --edit --no-input", "replay msg_1 --edit > out"] {
        let mut command = stand.machine.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("EDITOR", &bin);
        let end = Screen::with(&stand.machine, command, (100, 30)).finish();
        assert!(end.code == 2 && end.seen.contains("CH0819"), "{line}: {}", end.seen);
    }
    assert!(!stand.machine.project().join("opened").exists());
    assert_eq!(stand.app.count(), 1);
}
