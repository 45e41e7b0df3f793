//! The control channel and the state files of running set-ups: who is heard, and what when there is none.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::Machine;
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, exchange, port_of};

/// The one state file.
fn state(machine: &Machine) -> Value {
    let mut files = std::fs::read_dir(machine.state().join("setups")).expect("a directory");
    let path = files.next().expect("a set-up").expect("an entry").path();
    assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    serde_json::from_slice(&std::fs::read(path).expect("a state file")).expect("JSON")
}

#[test]
fn only_who_reads_the_state_file_is_heard() {
    let stand = Stand::start("");
    let state = state(&stand.machine);
    let port = u16::try_from(state["control"]["port"].as_u64().expect("a port")).expect("a port");
    let token = state["control"]["token"].as_str().expect("a token");
    let ask = |token: &str, host: &str, more: &str| {
        let body =
            r#"{"secure":{"in_place":false,"local":true,"observe":false,"webhook_path_only":false,"off":false}}"#;
        let request = format!(
            "POST /v1/ask HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             {more}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(port, request.as_bytes()).split(' ').nth(1).map(str::to_owned).expect("a status")
    };
    let host = format!("127.0.0.1:{port}");
    assert_eq!(ask("wrong", &host, ""), "401");
    assert_eq!(ask("", &host, ""), "401");
    assert_eq!(ask(token, &host, "origin: https://evil.example\r\n"), "403");
    assert_eq!(ask(token, &format!("evil.example:{port}"), ""), "403");
    assert_eq!(stand.forge(), 200, "nobody was heard");
    assert_eq!(ask(token, &host, ""), "200");
    assert_eq!(stand.forge(), 403);
}

#[test]
fn two_questions_at_once_are_both_answered() {
    let stand = Stand::start("");
    let asking = [stand.machine.start("secure --json"), stand.machine.start("secure --webhook-path-only --json")];
    for asked in asking {
        let output = asked.finish().expect_code(0);
        assert_eq!(output.of_type("secured")[0]["proof"]["forged"], 403);
    }
    assert_eq!(stand.forge(), 403);
}

#[test]
fn the_endpoint_is_the_last_set_ups_and_goes_back_at_its_end() {
    let machine = |sandbox: &_| Machine::with(sandbox).set("CLERKHOOK_ENDPOINT_CHECK", "0.2");
    let mut stand = Stand::with(machine, RawApp::answering(OK), "");
    let account = Account::at(stand.machine.sandbox());
    let id = stand.ready["endpoint_id"].as_str().expect("an id").to_owned();
    let app = RawApp::answering(OK);
    let mut second = stand.machine.start(&format!("up {} --no-env --no-test --json", app.port));
    let ready = second.wait_for_type("ready");
    assert_eq!(ready["endpoint_id"], id);
    // The first one sees it, and does not take it back.
    stand.up.wait_for("the loss", |line| line.contains("leads to"));
    assert_eq!(account.endpoint(&id)["url"], ready["webhook_url"]);
    second.signal("INT");
    let output = second.finish().expect_code(0);
    assert!(output.stderr.contains("gets no events from now on"), "{}", output.stderr);
    let told = stand.up.wait_for_type("endpoint");
    assert_eq!((&told["url"], &told["disabled"]), (&stand.ready["webhook_url"], &false.into()));
    // The end of the one that lost it touches nothing.
    let mut third = stand.machine.start(&format!("up {} --no-env --no-test --json", app.port));
    third.wait_for_type("ready");
    stand.up.signal("INT");
    assert_eq!(stand.up.finish().expect_code(0).of_type("stopped")[0]["endpoint"], "kept");
    assert_eq!(account.endpoint(&id)["disabled"], false);
}

fn stand_app(stand: &Stand) -> String {
    format!("http://localhost:{}", stand.app.port)
}

#[test]
fn two_set_ups_are_told_apart_by_their_apps() {
    let stand = Stand::with(|sandbox| Machine::with(sandbox).config("[profile.other]\n"), RawApp::answering(OK), "");
    let other = RawApp::answering(OK);
    let line = format!("up {} --no-env --no-test --json --profile other", other.port);
    let mut second = stand.machine.start(&line);
    let ready = second.wait_for_type("ready");
    assert_ne!(ready["endpoint_id"], stand.ready["endpoint_id"]);
    stand.run(&format!("secure {} --local", stand.app.port)).expect_code(0);
    assert_eq!(stand.forge(), 403);
    let port = port_of(ready["public_url"].as_str().expect("a URL"));
    let answer = crate::wire::post(port, "/api/webhooks", &[], b"{}");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // Without a name that of the same profile is meant, and it is said; a profile names the other.
    let output = stand.run("secure --local").expect_code(0);
    assert!(
        output.stderr.contains(&format!("this is about the set-up for {}", stand_app(&stand))),
        "{}",
        output.stderr
    );
    let output = stand.run("secure --local --profile other").expect_code(0);
    assert!(!output.stderr.contains("this is about"), "{}", output.stderr);
    let answer = crate::wire::post(port, "/api/webhooks", &[], b"{}");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let status = stand.run(&format!("status {} --json", other.port));
    assert_eq!(status.stdout.matches("\"set-up\"").count(), 1, "{}", status.stdout);
}

#[test]
fn a_state_directory_that_cannot_be_written_is_warned_of_once() {
    let blocked = tempfile::NamedTempFile::new().expect("a file");
    let inside = blocked.path().join("state");
    let machine = |sandbox: &_| Machine::with(sandbox).set("CLERKHOOK_STATE_DIR", inside.to_str().expect("text"));
    let mut stand = Stand::with(machine, RawApp::answering(OK), "");
    assert_eq!(stand.deliver("msg_1", "{}"), 200);
    // `secure` finds the agent by its port, and that it is not its own.
    let api = port_of(stand.up.seen_of_type("tunnel")["api_url"].as_str().expect("a URL"));
    let mut command = stand.machine.command(&["secure", &stand.app.port.to_string()]);
    command.env("CLERKHOOK_AGENT_PORTS", format!("{api}-{api}"));
    let blocked = blocked.path().display().to_string();
    assert_data_eq!(
        stand.machine.watch(command).finish().snapshot().replace(&blocked, "[FILE]"),
        str![[r#"
exit 5
--- stderr
  ✓ app       http://localhost:[PORT] answers
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (already running, agent 3.39.10, inspector http://127.0.0.1:[PORT])
  warning: cannot write to the state directory `[FILE]/state` (Not a directory (os error 20)): other commands will not find this set-up, and nothing is kept
  ✓ endpoint  ep_[ID] unchanged; user.created, user.deleted, user.updated
  ✓ secret    CLERK_WEBHOOK_SIGNING_SECRET written to .env.local; restart the app to load it
  Stopped: no deliveries, endpoint kept.
error: the agent at `http://127.0.0.1:[PORT]` belongs to somebody else, so it is not restarted CH0311

  → stop that agent and run `clerkhook secure` again, so that clerkhook starts one of its own

"#]]
    );
    let output = stand.end();
    assert_eq!(output.stderr.matches("cannot write to the state directory").count(), 1, "{}", output.stderr);
}
