//! `replay`: which capture is meant, as it was or edited and signed afresh, and what came of it.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox};
use crate::screen::Screen;
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, create_user, port_of, post};

/// Odd on purpose: what is not edited must stay so.
pub const EVENT: &str = "{ \"type\":\"user.updated\",\"data\" : {\"n\":1.50,\"name\":\"Zo\\u00eb\",\"first_name\" :\"Ann\",\
                     \"email_addresses\":[{\"email_address\":\"a@example.com\" , \"big\":1e3}], \"a\":1,\"a\":2}}\n";

const AFTERWARDS: &str = "HTTP/1.1 409 Conflict\r\ncontent-length: 9\r\n\r\n{\"no\": 1}";

pub fn stand() -> Stand {
    let mut stand = Stand::start("");
    assert_eq!(stand.deliver("msg_1", EVENT), 200);
    stand
}

pub fn told(output: &Output) -> Value {
    output.of_type("replay")[0].clone()
}

pub fn last<T>(all: Vec<T>) -> T {
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
    let mut screen = Screen::start(&stand.machine, "replay", (100, 30));
    screen.until_shown("1 of 2;");
    screen.until_shown("Which one?");
    // The newest is offered first; one down is the other.
    screen.press("\u{1b}[B\r");
    let end = screen.finish();
    assert_eq!(end.code, 0, "{}", end.seen);
    assert_eq!(last(stand.app.header("svix-id")), "msg_1");
}

/// Posts what nobody of this set-up signed, under a path and an id of the stranger's choice, and waits until it is seen.
fn forge(stand: &mut Stand, path: &str, id: &str) {
    let headers = [("svix-id", id), ("svix-timestamp", "1700000000"), ("svix-signature", "v1,AAAA")];
    post(stand.public(), path, &headers, b"{\"type\":\"user.deleted\"}");
    stand.up.wait_for(id, |line| line.contains(&format!("\"{id}\"")) && line.contains("\"invalid\""));
}

#[test]
fn what_somebody_forged_is_passed_over_and_that_is_said() {
    let mut stand = stand();
    forge(&mut stand, "//evil/steal", "msg_evil");
    forge(&mut stand, "/api/webhooks", "msg_1");
    for (line, count) in [("replay last", 2), ("replay last --fresh", 2), ("replay msg_1 --fresh", 0)] {
        let output = stand.run(line).expect_code(0);
        assert_eq!((last(stand.app.bodies()), last(stand.app.header("svix-id"))), (EVENT.into(), "msg_1".into()));
        let said = output.stderr.contains(&format!("passed over {count} captured requests that did not verify"));
        assert_eq!(said, count > 0, "{line}: {}", output.stderr);
    }
    // Nobody is offered one either.
    let mut screen = Screen::start(&stand.machine, "replay", (100, 30));
    screen.until_shown("type to filter");
    screen.until_shown("Which one?");
    let seen = screen.seen().contents();
    assert!(seen.contains("passed over 2 captured requests") && !seen.contains("user.deleted"), "{seen}");
    screen.press("\u{1b}");
    assert_eq!(screen.finish().code, 130);
}

#[test]
fn what_somebody_forged_is_signed_only_when_that_is_meant() {
    let mut stand = stand();
    forge(&mut stand, "/api/webhooks", "msg_evil");
    let count = stand.app.count();
    for change in ["--fresh", "--set data.x=1", "--new-id", "--set-header a:b", "--body @-", "--to http://127.0.0.1:1"]
    {
        let error = stand.run(&format!("replay msg_evil {change} --json")).expect_code(7).error();
        assert_eq!(error["code"], "CH0816", "{change}: {error}");
        assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--sign-forged")), "{error}");
    }
    assert_eq!(stand.app.count(), count);
    assert_data_eq!(
        stand.run("replay msg_evil --fresh").snapshot(),
        str![[r#"
exit 7
--- stderr
error: `msg_evil` did not verify, so it is not signed afresh CH0816
  signature does not match: other secret, or the body was changed

  → send it as it was: `--original`, without edits; if you made it yourself, have it signed with `--sign-forged`

"#]]
    );
    // As it was, it may go where it went; nobody takes its signature for one.
    for line in ["replay msg_evil", "replay msg_evil --original"] {
        stand.run(line).expect_code(0);
        assert_eq!(last(stand.app.header("svix-signature")), "v1,AAAA", "{line}");
    }
    stand.run("replay msg_evil --fresh --sign-forged").expect_code(0);
    assert_ne!(last(stand.app.header("svix-signature")), "v1,AAAA");
    assert_eq!(last(stand.app.header("svix-id")), "msg_evil");
}

#[test]
fn where_nothing_verified_nothing_is_the_last() {
    let mut stand = Stand::start("");
    forge(&mut stand, "//evil/steal", "msg_evil");
    let count = stand.app.count();
    for line in ["replay last --json", "replay last --fresh --json"] {
        assert_eq!(stand.run(line).expect_code(6).error()["code"], "CH0817", "{line}");
    }
    assert_eq!(stand.app.count(), count);
}

#[test]
fn without_a_secret_it_goes_as_it_was_and_is_never_signed() {
    let mut stand = stand();
    forge(&mut stand, "/api/webhooks", "msg_evil");
    let keyless = |args: &[&str]| {
        let mut command = stand.machine.command(args);
        command.env_remove("CLERK_SECRET_KEY");
        stand.machine.watch(command).finish()
    };
    let output = keyless(&["replay", "last"]).expect_code(0);
    assert!(output.stderr.contains("no signing secret is known"), "{}", output.stderr);
    assert_eq!(last(stand.app.header("svix-signature")), "v1,AAAA");
    assert_eq!(keyless(&["replay", "last", "--fresh", "--json"]).expect_code(3).error()["code"], "CH0101");
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
    let ours = stand.run("events list --json").of_type("delivery")[0]["id"].as_str().expect("an id").to_owned();
    assert_data_eq!(
        stand.run("replay msg_1 --dry-run").snapshot().replace(&ours, "[ID]"),
        str![[r#"
exit 0
--- stdout
  test      send    [ID] through the agent, as it was

"#]]
    );
    assert_eq!(stand.app.count(), 4);
    let lines = stand.run("replay msg_1 --diff --json").expect_code(6).of_type("difference").remove(0)["lines"].clone();
    assert_eq!(lines.as_array().expect("lines")[..2], ["--- then", "+++ now"]);
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
    assert_eq!((other.bodies(), stand.app.count()), (vec![EVENT.to_owned(); 2], 6));
}

#[test]
fn a_captured_target_chooses_no_host() {
    let (mut stand, elsewhere) = (stand(), RawApp::answering(OK));
    for (number, target) in ["//127.0.0.1:PORT/steal", "/\\127.0.0.1:PORT/steal"].iter().enumerate() {
        let (id, target) = (format!("msg_odd{number}"), target.replace("PORT", &elsewhere.port.to_string()));
        assert_eq!(stand.deliver_signed_to(&target, &stand.secret(), &id, 0, EVENT), 200);
        stand.up.wait_for(&id, |line| line.contains(&format!("\"{id}\"")));
        let seen = stand.app.count();
        for line in
            [format!("replay {id} --fresh"), format!("replay {id} --fresh --to http://127.0.0.1:{}", stand.app.port)]
        {
            stand.run(&line).expect_code(0);
        }
        assert_eq!((stand.app.count(), elsewhere.count()), (seen + 2, 0), "{target}");
    }
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
  502 [MS] ms  [ID]… via agent, original signature
--- stderr
error: `user.created` was not taken: the agent reached no app at `http://localhost:[PORT]` (ERR_NGROK_8012) CH0805

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

#[test]
fn a_capture_of_which_the_agent_kept_the_beginning_is_refused() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let (_app, port) = crate::serve::serve(&machine, "");
    let mut up = machine.start(&format!("up {port} --no-env --no-test --json"));
    let ready = up.wait_for_type("ready");
    let public = port_of(ready["public_url"].as_str().expect("a URL"));
    post(public, "/api/webhooks", &[("svix-id", "msg_big")], &vec![b' '; 10 * 1024 * 1024 + 1]);
    assert_eq!(machine.run("replay msg_big --json").expect_code(6).error()["code"], "CH0808");
    // What cannot be verified is not the last one.
    assert_eq!(machine.run("replay last --fresh --json").expect_code(6).error()["code"], "CH0817");
}
