//! `trigger`: every event reaches an app that verifies, what is wrong is named, and what is asked for is measured.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, until};
use crate::serve::serve;
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

/// Of Svix's public test vector.
pub const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// A project whose secret is known.
pub fn machine() -> Machine {
    Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET)
}

pub fn told(output: &Output) -> Value {
    output.of_type("trigger")[0].clone()
}

fn snapshot(machine: &Machine, line: &str) -> String {
    machine.run(line).snapshot()
}

#[test]
fn an_app_that_verifies_accepts_every_type() {
    let machine = machine();
    let (mut app, port) = serve(&machine, "--reject-invalid");
    let listed = machine.run("trigger --list --json").expect_code(0).of_type("event_type");
    assert_eq!(listed.len(), 46);
    for event in listed {
        let event = event["event"].as_str().expect("a name");
        let told = told(&machine.run(&format!("trigger {event} --to {port} --json")).expect_code(0));
        assert_eq!((&told["status_code"], &told["ok"]), (&json!(200), &json!(true)));
        let delivery = app.wait_for_type("delivery");
        assert_eq!((&delivery["event"], &delivery["signature"]), (&json!(event), &json!("valid")));
        assert_eq!(delivery["message_id"], told["message_id"]);
    }
}

#[test]
fn a_request_looks_like_one_of_svix() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    let line = format!("trigger user.created --to localhost:{}/hook?a=1 --header X-Tenant:7", app.port);
    let output = machine.run(&line).expect_code(0);
    assert!(output.stdout.starts_with("  ✓ user.created       200  ") && output.stderr.is_empty(), "{output:?}");
    assert_eq!(app.header("content-type"), ["application/json"]);
    assert_eq!(app.header("x-tenant"), ["7"]);
    assert!(app.header("user-agent")[0].starts_with("Svix-Webhooks/1."), "{:?}", app.header("user-agent"));
    assert!(app.header("svix-id")[0].starts_with("msg_") && app.header("svix-signature")[0].starts_with("v1,"));
    machine.run(&format!("trigger user.created --to {} --path elsewhere --unsigned", app.port)).expect_code(0);
    assert_eq!(app.header("svix-id")[1], "");
}

#[test]
fn a_seed_gives_the_same_bytes_and_id_again() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    for seed in ["--seed 7", "--seed 7", "--seed 8", ""] {
        machine.run(&format!("trigger user.created --to {} {seed}", app.port)).expect_code(0);
    }
    let (ids, bodies) = (app.header("svix-id"), app.bodies());
    assert_eq!((&ids[0], &bodies[0]), (&ids[1], &bodies[1]));
    assert!(ids[1] != ids[2] && bodies[1] != bodies[2] && ids[2] != ids[3] && bodies[2] != bodies[3]);
}

#[test]
fn edits_are_made_in_the_order_of_the_flags() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    let flags = "--unset data.first_name --set data.first_name=Ada --set data.last_name=X --unset data.last_name";
    machine.run(&format!("trigger user.created --to {} {flags}", app.port)).expect_code(0);
    let body: Value = serde_json::from_str(&app.bodies()[0]).expect("JSON");
    assert_eq!((&body["data"]["first_name"], body["data"].get("last_name")), (&json!("Ada"), None));
    let output = machine.run("trigger user.created --set data.public_metadata={plan:pro}").expect_code(2);
    assert!(output.stderr.contains("quote it for the shell: `--set 'PATH={\"a\":1}'`"), "{}", output.stderr);
    assert_data_eq!(
        snapshot(&machine, "trigger user.created --set data.first_name.x=1"),
        str![[r#"
exit 2
--- stderr
error: the body cannot be edited: `data.first_name.x` cannot be reached: `data.first_name` is a string CH0809

  → correct what is named above; a value is set like `--set data.first_name=Ada`

"#]]
    );
}

#[test]
fn a_body_of_ones_own_is_sent_as_it_is() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    let own = "{ \"type\" : \"user.banned\",\"n\":1.50}\n";
    let output = machine.run_with_input(&format!("trigger --body @- --to {} --json", app.port), own).expect_code(0);
    assert_eq!((&told(&output)["event"], app.bodies()), (&json!("user.banned"), vec![own.to_owned()]));
    assert!(output.stderr.contains("Clerk documents no event `user.banned`"), "{}", output.stderr);
    std::fs::write(machine.project().join("odd"), b"\xff\x00'%\\\x1b{").expect("written");
    let output = machine.run(&format!("trigger user.created --body @odd --to {}", app.port)).expect_code(0);
    assert!(output.stderr.contains("not UTF-8 from byte 0 on; its bytes are sent"), "{}", output.stderr);
    for line in ["trigger --body @-", "trigger --body @odd"] {
        assert_data_eq!(
            snapshot(&machine, line),
            if line.ends_with('-') {
                str![[r#"
exit 2
--- stderr
error: stdin held no body CH0813

  → pipe one in: `clerkhook trigger --body @- < event.json`

"#]]
            } else {
                str![[r#"
exit 2
--- stderr
  note: the body is not UTF-8 from byte 0 on; its bytes are sent as they are
error: the body has no `type` CH0813

  → name the event: `clerkhook trigger user.created --body @FILE`

"#]]
            }
        );
    }
}

#[test]
fn a_body_that_says_no_type_is_not_given_one() {
    let machine = machine().file("list", "[\"user.created\"]").file("empty", "{\"type\":\"\"}");
    for body in ["list", "empty"] {
        let output = machine.run(&format!("trigger --body @{body}")).expect_code(2);
        assert!(output.stderr.contains("the body has no `type` CH0813"), "{body}: {}", output.stderr);
    }
}

#[test]
fn a_file_without_end_is_left_alone() {
    for flags in ["--body @/dev/zero", "--scenario /dev/zero"] {
        let output = machine().run(&format!("trigger {flags}")).expect_code(3);
        assert!(output.stderr.contains("cannot read `/dev/zero` CH0004\n  it is not a regular file"), "{output:?}");
    }
}

#[test]
fn an_unknown_event_is_refused_with_the_nearest() {
    assert_data_eq!(
        snapshot(&machine(), "trigger user.creatd"),
        str![[r#"
exit 2
--- stderr
error: there is no event type `user.creatd` CH0812

  → send what was meant: `clerkhook trigger user.created`

"#]]
    );
    for (line, hint) in [
        ("trigger user", "choose one of its events: `clerkhook trigger --list user`"),
        ("trigger --list usr", "choose one of its events: `clerkhook trigger --list user`"),
        ("trigger --list organization_membership", "`clerkhook trigger --list organizationMembership`"),
        ("trigger --list invoice", "list them: `clerkhook trigger --list`"),
    ] {
        let output = machine().run(line).expect_code(2);
        assert!(output.stdout.is_empty() && output.stderr.contains(hint), "{line}: {}", output.stderr);
    }
}

#[test]
fn what_is_no_secret_is_told() {
    let machine = Machine::new().file("empty", "\n");
    for (flags, code, words) in [
        ("", 3, "no signing secret CH0109"),
        ("--secret-file .", 3, "cannot read `.` CH0004"),
        ("--secret-file gone", 3, "cannot read `gone` CH0004"),
        ("--secret-file empty", 3, "from flag `--secret-file` is malformed: it is empty CH0108"),
    ] {
        let output = machine.run(&format!("trigger user.created --to 1 {flags}")).expect_code(code);
        assert!(output.stderr.contains(words), "{flags}: {}", output.stderr);
    }
}

#[test]
fn what_is_printed_for_a_shell_is_accepted() {
    if Command::new("curl").arg("--version").output().is_err() {
        return;
    }
    let machine = machine().file("o'hara.json", "{\"type\":\"user.created\",\"name\":\"O'Hara $HOME `x` \\\\ é\"}\n");
    std::fs::write(machine.project().join("odd"), b"\xff\x00'%s\\n\x1b{").expect("written");
    std::fs::write(machine.project().join("long"), vec![b'x'; 300 * 1024]).expect("written");
    let (mut app, port) = serve(&machine, "");
    for what in ["session.created", "--body @o'hara.json", "user.created --body @odd", "user.created --body @long"] {
        let printed = machine.run(&format!("trigger {what} --to {port} --print")).expect_code(0);
        assert!(!printed.stdout.contains(SECRET) && !printed.stdout.contains('\u{1b}'), "{}", printed.stdout);
        let shell = Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut shell = shell.expect("a shell");
        shell.stdin.take().expect("a pipe").write_all(printed.stdout.as_bytes()).expect("taken");
        let output = shell.wait_with_output().expect("an end");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.starts_with("HTTP/1.1 200"), "{what}: {said}");
        assert_eq!(app.wait_for_type("delivery")["signature"], "valid", "{what}");
    }
    let request = machine.run("trigger user.created --body @odd --print=json").expect_code(0).of_type("request");
    assert_eq!((&request[0]["body"], &request[0]["body_base64"]), (&Value::Null, &json!("/wAnJXNcbht7")));
    assert!(request[0]["headers"]["svix-signature"].is_string());
}

#[test]
fn many_are_sent_at_their_rate_and_summed_up() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    let begun = std::time::Instant::now();
    let output = machine.run(&format!("trigger user.created --to {} --count 21 --rate 100 --json", app.port));
    let output = output.expect_code(0);
    assert!(begun.elapsed() >= std::time::Duration::from_millis(200), "the last is due after 200 ms");
    let summary = &output.of_type("summary")[0];
    assert_eq!((&summary["sent"], &summary["ok"], &summary["statuses"]), (&json!(21), &json!(21), &json!({"200": 21})));
    let ids: std::collections::BTreeSet<_> = app.header("svix-id").into_iter().collect();
    assert_eq!((ids.len(), output.of_type("trigger").len()), (21, 21));
    let output = machine.run(&format!("trigger user.created --to {} --count 21", app.port)).expect_code(0);
    assert_eq!(output.stdout.lines().count(), 1, "{}", output.stdout);
    assert!(output.stdout.starts_with("  ✓ 21 sent: 21 × 200; p50 "), "{}", output.stdout);
    let no = RawApp::answering("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n");
    let output = machine.run(&format!("trigger user.created --to {} --count 30", no.port)).expect_code(6);
    assert_eq!(output.stdout.lines().count(), 6, "{}", output.stdout);
    assert!(output.stderr.contains("30 of 30 were not; the first: the app answered 500"), "{}", output.stderr);
}

#[test]
fn an_interruption_still_sums_up() {
    let (machine, app) = (machine(), RawApp::silent());
    let running = machine.start(&format!("trigger user.created --to {} --count 9 --rate 100", app.port));
    until("all are on their way", || app.count() == 9);
    running.signal("INT");
    let output = running.finish().expect_code(130);
    assert!(output.stdout.starts_with("  ! 9 sent: 9 unanswered"), "{}", output.stdout);
    let running = machine.start(&format!("trigger user.created --to {}", app.port));
    until("it is on its way", || app.count() == 10);
    running.signal("INT");
    running.finish().expect_code(130);
}

#[test]
fn a_reader_who_has_enough_ends_it_cleanly() {
    let (machine, app) = (machine(), RawApp::answering(OK));
    let mut shell = Command::new("sh");
    let ours = machine.command(&[]);
    shell.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let line = "\"$0\" trigger user.created --to $1 --count 20 --rate 50; echo $? >&2";
    shell.args(["-c", &format!("({line}) | head -1"), env!("CARGO_BIN_EXE_clerkhook"), &app.port.to_string()]);
    let output = shell.output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 1);
    assert_eq!(String::from_utf8_lossy(&output.stderr).trim(), "0");
    assert!(app.count() < 20, "it went on");
}

#[test]
fn a_running_set_up_gives_address_and_secret() {
    let mut stand = Stand::start("");
    let told = told(&stand.run("trigger user.created --json").expect_code(0));
    assert_eq!(told["url"], format!("http://localhost:{}/api/webhooks", stand.app.port));
    let via = stand.run("trigger user.updated --via edge --json").expect_code(0);
    assert_eq!(via.of_type("trigger")[0]["via"], "edge");
    let delivery = stand.up.wait_for_type("delivery");
    assert_eq!((&delivery["event"], &delivery["signature"]), (&json!("user.updated"), &json!("valid")));
    let planned = stand.run("trigger user.updated --via edge --path /other --dry-run").expect_code(0).stdout;
    assert!(planned.contains("/other, signed"), "{planned}");
}

#[test]
fn a_dry_run_sends_nothing() {
    assert_data_eq!(
        snapshot(&machine(), "trigger user.created --to 3000 --count 3 --dry-run"),
        str![[r#"
exit 0
--- stdout
  test      send    3 × user.created to http://localhost:[PORT]/api/webhooks, signed with the secret from environment variable `CLERK_WEBHOOK_SIGNING_SECRET`, expecting 2xx

"#]]
    );
    let output = machine().run("trigger user.created --via edge --dry-run").expect_code(5);
    assert!(output.stderr.contains("CH0310"), "{}", output.stderr);
    let output = machine().run("trigger user.created --via edge --to 3000 --dry-run").expect_code(2);
    assert!(output.stderr.contains("leave out `--to`"), "{}", output.stderr);
    let output = machine().run("trigger user.created --print --dry-run").expect_code(0);
    assert!(output.stdout.starts_with("curl "), "what is only printed is sent in no case: {}", output.stdout);
}

#[test]
fn the_list_fits_a_screen() {
    assert_data_eq!(
        snapshot(&machine(), "trigger --list"),
        str![[r#"
exit 0
--- stdout
email                   created
organization            created deleted updated
organizationDomain      created deleted updated
organizationInvitation  accepted created revoked
organizationMembership  created deleted updated
paymentAttempt          created updated
permission              created deleted updated
role                    created deleted updated
session                 created ended pending removed revoked
sms                     created
subscription            active created pastDue updated
subscriptionItem        abandoned active canceled created ended freeTrialEnding
                        incomplete pastDue upcoming updated
user                    created deleted updated
waitlistEntry           created updated
scenarios               user-lifecycle organization-onboarding billing-trial
--- stderr
  note: `clerkhook trigger --list user` tells when each of a group is sent

"#]]
    );
}
