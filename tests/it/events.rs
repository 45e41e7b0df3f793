//! `events`: what passed is kept, found again by each of its names, and shown byte for byte after everything ended.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clerkhook::signature::{SigningSecret, sign};
use serde_json::Value;

use crate::fixture::{Machine, Sandbox, agents, signal, until};
use crate::serve::listening_port;
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, exchange, post};

const NOT_FOUND: &str = "HTTP/1.1 404 Not Found\r\ncontent-length: 4\r\nconnection: close\r\n\r\ngone";

fn event(kind: &str, id: &str) -> String {
    format!(r#"{{"type":"{kind}","data":{{"id":"{id}","email_addresses":[{{"email_address":"ada@example.com"}}]}}}}"#)
}

/// The deliveries that `events` lists.
fn kept(machine: &Machine, flags: &str) -> Vec<Value> {
    machine.run(&format!("events {flags} --json")).expect_code(0).of_type("delivery")
}

fn messages(machine: &Machine, flags: &str) -> Vec<String> {
    let message = |line: &Value| line["message_id"].as_str().unwrap_or("none").to_owned();
    kept(machine, flags).iter().map(message).collect()
}

/// What a command writes, to the last byte.
fn bytes(machine: &Machine, line: &str) -> Vec<u8> {
    let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::null()).output().expect("it runs").stdout
}

/// A set-up behind which two events passed.
fn two_passed() -> Stand {
    let mut stand = Stand::start("");
    stand.deliver("msg_one", &event("user.created", "user_1"));
    stand.deliver("msg_two", &event("user.updated", "user_1"));
    until("both are kept", || messages(&stand.machine, "") == ["msg_one", "msg_two"]);
    stand
}

#[test]
fn each_filter_admits_what_it_says() {
    let app = RawApp::deciding(|request| if request.contains("user_2") { NOT_FOUND } else { OK }.to_owned());
    let mut stand = Stand::with(Machine::with, app, "");
    for (id, kind, user) in
        [("msg_a", "user.created", "user_1"), ("msg_b", "user.deleted", "user_2"), ("msg_c", "session.created", "s_3")]
    {
        stand.deliver(id, &event(kind, user));
    }
    stand.forge();
    let machine = &stand.machine;
    until("all are kept", || messages(machine, "").len() == 4);
    let second = kept(machine, "")[1]["id"].as_str().expect("an id").to_owned();
    for (flags, expected) in [
        ("list", &["msg_a", "msg_b", "msg_c", "msg_forged"][..]),
        ("-n 2", &["msg_c", "msg_forged"]),
        ("--type user.*", &["msg_a", "msg_b"]),
        ("--type session.created --type user.deleted", &["msg_b", "msg_c"]),
        ("--status 4xx", &["msg_b"]),
        ("--status 200", &["msg_a", "msg_c", "msg_forged"]),
        ("--invalid", &["msg_forged"]),
        ("--origin clerk -n 1", &["msg_forged"]),
        ("--origin test,trigger", &[]),
        ("--where data.id=user_1", &["msg_a"]),
        ("--where data.id!=user_1 --where data.id~user_", &["msg_b"]),
        ("--where data.email_addresses[*].email_address~ada --type session.*", &["msg_c"]),
        ("--match gone", &["msg_b"]),
        (&format!("--since {second}"), &["msg_c", "msg_forged"]),
        (&format!("--until {second}"), &["msg_a"]),
        ("--since 1h -n 1", &["msg_forged"]),
        ("--until 2020-01-01T00:00:00Z", &[]),
    ] {
        assert_eq!(messages(machine, flags), expected, "{flags}");
    }
    for wrong in ["--status abc", "--since soon", "--origin nobody", "--where data"] {
        machine.run(&format!("events {wrong}")).expect_code(2);
    }
    stand.end();
}

#[test]
fn one_that_follows_sees_what_another_process_receives_within_a_second() {
    let mut stand = two_passed();
    let mut following = stand.machine.start("events --follow -n 1 --json");
    following.wait_for("the last one", |line| line.contains("msg_two"));
    stand.deliver_signed(&stand.secret(), "msg_three", 0, &event("user.deleted", "user_1"));
    let since = Instant::now();
    let line = following.wait_for_type("delivery");
    assert!(since.elapsed() < Duration::from_secs(1), "after {:?}", since.elapsed());
    assert_eq!((&line["message_id"], &line["status_code"]), (&"msg_three".into(), &200.into()));
    following.signal("INT");
    following.finish().expect_code(0);
    stand.up.wait_for("msg_three", |line| line.contains("msg_three"));
    stand.end();
}

#[test]
fn every_name_of_a_delivery_leads_to_it() {
    let stand = two_passed();
    let (machine, all) = (&stand.machine, kept(&stand.machine, ""));
    let id = all[0]["id"].as_str().expect("an id");
    // As it is shown to a person, too.
    let listed = machine.run("events").expect_code(0).stdout;
    assert!(listed.lines().next().is_some_and(|line| line.contains(&id[..12])), "{listed}");
    for name in [id, &id[..12], "msg_one", "msg_o", "msg_o…", "@2"] {
        let shown = machine.run(&format!("events show {name} --json")).expect_code(0).of_type("delivery");
        assert_eq!(shown, [all[0].clone()], "{name}");
    }
    for name in ["last", "@1", "msg_two"] {
        let shown = machine.run(&format!("events show {name} --json")).expect_code(0).of_type("delivery");
        assert_eq!(shown[0]["message_id"], "msg_two", "{name}");
    }
    let both = machine.run("events show last @2").expect_code(0).stdout;
    for words in ["msg_one", "msg_two", "Content-Length: 2", "seen by", "ok"] {
        assert!(both.contains(words), "{words} in\n{both}");
    }
    for (name, code) in [("msg_", "CH0015"), ("nobody", "CH0014"), ("@3", "CH0014"), ("", "CH0014")] {
        let output = machine.start_args(&["events", "show", name, "--json"]).finish().expect_code(2);
        assert!(output.error()["code"] == code || name.is_empty(), "{name}: {}", output.stderr);
    }
    stand.end();
}

#[test]
fn raw_is_what_the_app_got_and_outlives_up() {
    let stand = Stand::start("");
    let body: Vec<u8> = (0..=255).cycle().take(3000).collect();
    let secret = SigningSecret::parse(&stand.secret()).expect("a secret");
    let now = jiff::Timestamp::now().as_second();
    let (seconds, signature) = (now.to_string(), sign(&[secret], "msg_bin", now, &body));
    let headers = [("svix-id", "msg_bin"), ("svix-timestamp", &seconds), ("svix-signature", &signature)];
    post(stand.public(), "/api/webhooks", &headers, &body);
    until("it is kept", || messages(&stand.machine, "--status 200") == ["msg_bin"]);
    assert_eq!(stand.app.bodies(), [String::from_utf8_lossy(&body)]);
    assert_eq!(kept(&stand.machine, "")[0]["signature"], "valid");
    let Stand { machine, up, app: _app, .. } = stand;
    up.signal("INT");
    up.finish().expect_code(0);
    assert!(bytes(&machine, "events show last --raw") == body, "other bytes");
}

#[test]
fn it_outlives_a_kill() {
    let mut stand = Stand::start("");
    stand.deliver("msg_one", &event("user.created", "user_1"));
    until("it is kept", || messages(&stand.machine, "").len() == 1);
    stand.up.signal("KILL");
    let Stand { machine, up, app: _app, .. } = stand;
    assert_eq!(up.finish().code, None);
    assert_eq!(messages(&machine, ""), ["msg_one"]);
    assert_eq!(bytes(&machine, "events show msg_one --raw"), event("user.created", "user_1").as_bytes());
    agents(machine.sandbox()).into_iter().for_each(|pid| signal(pid, "KILL"));
}

#[test]
fn what_is_exported_is_read_by_others() {
    let stand = two_passed();
    let secret = stand.secret();
    let machine = &stand.machine;
    let written = |name: &str| machine.project().join(name);
    fs::write(written("secret"), &secret).expect("written");
    let output = machine.run("events export -o lines.ndjson").expect_code(0);
    assert!(output.stderr.contains("--redact"), "{}", output.stderr);
    assert_eq!(fs::metadata(written("lines.ndjson")).expect("a file").permissions().mode() & 0o777, 0o600);
    let verdicts = machine.run("verify lines.ndjson --secret-file secret --json").expect_code(0).of_type("verdict");
    assert!(verdicts.len() == 2 && verdicts.iter().all(|line| line["valid"] == true), "{verdicts:?}");
    assert_eq!(machine.run("events export").expect_code(0).stdout, machine.read("lines.ndjson"));

    let har: Value = serde_json::from_slice(&bytes(machine, "events export --format har")).expect("JSON");
    let entries = har["log"]["entries"].as_array().expect("entries");
    assert_eq!((&har["log"]["version"], entries.len()), (&"1.2".into(), 2));
    assert_eq!(entries[0]["request"]["postData"]["text"], event("user.created", "user_1"));
    assert_eq!(entries[0]["response"]["status"], 200);

    for form in ["ndjson", "har", "curl"] {
        let line = format!("events export --format {form} --redact");
        let redacted = String::from_utf8(bytes(machine, &line)).expect("text");
        assert!(!redacted.contains("ada@example.com") && !redacted.is_empty(), "{form}: {redacted}");
    }
    let redacted = machine.run("events export --redact --type user.created").expect_code(0).lines().remove(0);
    let body = redacted["body_b64"].as_str().expect("base64");
    let body = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).expect("base64");
    let body = String::from_utf8(body).expect("text");
    assert!(!body.contains("ada@example.com") && body.contains("user_1"), "{body}");

    let script = machine.run("events export msg_one --format curl").expect_code(0).stdout;
    if Command::new("curl").arg("--version").output().is_ok() {
        let ran = Command::new("sh").args(["-c", &script]).output().expect("a shell");
        assert!(String::from_utf8_lossy(&ran.stdout).contains("200 OK"), "{ran:?}");
        let (bodies, ids) = (stand.app.bodies(), stand.app.header("svix-id"));
        assert_eq!((bodies[0].as_str(), ids[2].as_str()), (bodies[2].as_str(), "msg_one"));
    }
    stand.end();
}

#[test]
fn it_is_forgotten_when_somebody_says_so() {
    let stand = two_passed();
    let machine = &stand.machine;
    let error = machine.run("events clear --json").expect_code(3).error();
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains("--yes")), "{error}");
    let told = machine.run("events clear --dry-run").expect_code(0).stderr;
    assert!(told.contains("would forget 2 deliveries"), "{told}");
    let told = machine.run("events clear --older-than 1h --yes").expect_code(0).stderr;
    assert!(told.contains("forgot 0 deliveries"), "{told}");
    assert_eq!(messages(machine, "").len(), 2);
    machine.run("events clear --yes").expect_code(0);
    assert!(messages(machine, "").is_empty());
    assert!(!in_files(machine, "user_1"), "its bytes still lie on the disk");
    stand.end();
}

#[test]
fn where_nothing_was_kept_that_is_said() {
    let machine = Machine::new();
    for line in ["events", "events export"] {
        let output = machine.run(line).expect_code(0);
        assert!(output.stdout.is_empty() && output.stderr.contains("nothing is kept yet"), "{line}: {}", output.stderr);
    }
    assert_eq!(machine.run("events show last --json").expect_code(2).error()["code"], "CH0014");
    machine.run("events clear").expect_code(0);
}

/// Whether a text lies in the history's files.
fn in_files(machine: &Machine, text: &str) -> bool {
    let files = fs::read_dir(machine.state()).expect("a directory").filter_map(Result::ok);
    let history = files.filter(|file| file.file_name().to_string_lossy().starts_with("history"));
    history.filter_map(|file| fs::read(file.path()).ok()).any(|bytes| String::from_utf8_lossy(&bytes).contains(text))
}

#[test]
fn a_run_that_only_proves_keeps_its_event_and_nothing_where_nobody_wants_it() {
    let sandbox = Sandbox::start("");
    let line = "up --serve --once --no-env";
    let machine = Machine::with(&sandbox);
    machine.run(&format!("{line} --no-history")).expect_code(0);
    assert!(!machine.state().join("history.sqlite").exists());
    machine.run(line).expect_code(0);
    let proven = kept(&machine, "");
    assert_eq!((proven.len(), &proven[0]["origin"], &proven[0]["status_code"]), (1, &"test".into(), &200.into()));
    let machine = Machine::with(&sandbox).set("CLERKHOOK_HISTORY", "0");
    machine.run(line).expect_code(0);
    assert!(!machine.state().join("history.sqlite").exists());
    let app = RawApp::answering(NOT_FOUND);
    let machine = Machine::with(&sandbox);
    machine.run(&format!("up {} --once --no-env", app.port)).expect_code(6);
    assert_eq!(kept(&machine, "")[0]["status_code"], 404, "what did not hold is worth a look most");
}

#[test]
fn a_visit_is_a_line_and_what_lets_somebody_in_is_kept_of_nobody() {
    let mut stand = Stand::start("");
    let private = "cookie: __session=planted-cookie\r\nauthorization: Bearer planted-token";
    let visit = format!(
        "GET /orders?page=2 HTTP/1.1\r\nhost: x\r\naccept: text/planted\r\n{private}\r\nconnection: close\r\n\r\n"
    );
    exchange(stand.public(), visit.as_bytes());
    let posted = [("svix-id", "msg_in"), ("cookie", "planted-cookie"), ("Authorization", "Bearer planted-token")];
    post(stand.public(), "/api/webhooks", &posted, event("user.created", "user_1").as_bytes());
    stand.up.wait_for("msg_in", |line| line.contains("msg_in"));
    let machine = &stand.machine;
    until("both are kept", || kept(machine, "").len() == 2);
    let both = kept(machine, "");
    let visit = both.iter().find(|line| line["method"] == "GET").expect("the visit");
    assert_eq!((&visit["path"], &visit["status_code"]), (&"/orders?page=2".into(), &200.into()));
    assert_eq!((&visit["headers"], &visit["body_b64"]), (&serde_json::json!({}), &"".into()));
    assert_eq!(visit["answer"], serde_json::json!({"headers": {}, "body_b64": ""}));
    let webhook = both.iter().find(|line| line["method"] == "POST").expect("the webhook");
    assert_eq!(webhook["headers"]["svix-id"], "msg_in");
    assert!(in_files(machine, "msg_in") && !in_files(machine, "planted"));
    stand.end();
}

#[test]
fn a_broken_history_is_moved_aside_and_a_new_one_begun() {
    let machine = Machine::new();
    fs::create_dir_all(machine.state()).expect("a directory");
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o700)).expect("set");
    fs::write(machine.state().join("history.sqlite"), "no database at all, ".repeat(400)).expect("written");
    let output = machine.run("up --sandbox --serve --once").expect_code(0);
    assert_eq!(output.stderr.matches("warning:").count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("history.broken-"), "{}", output.stderr);
    assert_eq!(kept(&machine, "").len(), 1);
    let aside = fs::read_dir(machine.state()).expect("a directory").filter_map(Result::ok);
    let aside = aside.filter(|file| file.file_name().to_string_lossy().starts_with("history.broken-"));
    assert!(
        aside.map(|file| fs::read_to_string(file.path()).expect("text")).any(|text| text.starts_with("no database"))
    );
}

#[test]
fn a_history_that_cannot_be_written_costs_one_warning_and_no_delivery() {
    let machine = Machine::new();
    fs::create_dir_all(machine.state().join("history.sqlite")).expect("a directory in its place");
    fs::set_permissions(machine.state(), fs::Permissions::from_mode(0o700)).expect("set");
    let nowhere = Machine::new().file("file", "").set("CLERKHOOK_STATE_DIR", "file/state");
    for (machine, words) in [(machine, "in the history"), (nowhere, "and nothing is kept")] {
        let output = machine.run("up --sandbox --serve --once").expect_code(0);
        assert_eq!(output.stderr.matches("warning:").count(), 1, "{}", output.stderr);
        assert!(output.stderr.contains(words), "{}", output.stderr);
        let mut serve = machine.start("serve --port 0 --json");
        let port = listening_port(serve.child.id());
        (0..3).for_each(|_| drop(post(port, "/", &[("svix-id", "msg_1")], b"{}")));
        (0..3).for_each(|_| drop(serve.wait_for_type("delivery")));
        serve.signal("INT");
        let output = serve.finish().expect_code(0);
        assert_eq!(output.stderr.matches("in the history").count(), 1, "{}", output.stderr);
    }
}

#[test]
fn the_sample_app_alone_keeps_what_it_shows() {
    let machine = Machine::new();
    let mut serve = machine.start("serve --port 0 --json --respond 302");
    let port = listening_port(serve.child.id());
    let headers = [("svix-id", "msg_1"), ("cookie", "planted")];
    let answer = post(port, "/any?x=1", &headers, event("user.created", "user_1").as_bytes());
    let told = serve.wait_for_type("delivery");
    until("it is kept", || kept(&machine, "").len() == 1);
    let found = kept(&machine, "").remove(0);
    for field in ["id", "message_id", "event", "path", "status_code", "received_at", "body_b64", "answer"] {
        assert_eq!(told[field], found[field], "{field}");
    }
    assert_eq!((&told["origin"], &told["answer"]["headers"]["location"]), (&"clerk".into(), &"/sign-in".into()));
    let body = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        told["answer"]["body_b64"].as_str().expect("base64"),
    );
    assert!(answer.ends_with(&String::from_utf8_lossy(&body.expect("base64")).into_owned()), "{answer}");
    assert!(!in_files(&machine, "planted"));
    let shown = machine.run("events show last").expect_code(0).stdout;
    assert!(shown.contains("the sample app"), "{shown}");
    serve.signal("INT");
    serve.finish().expect_code(0);
}

#[test]
fn an_up_in_front_of_the_sample_app_keeps_each_delivery_once() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut serve = machine.start("serve --port 0 --json");
    let port = listening_port(serve.child.id());
    let mut up = machine.start(&format!("up {port} --no-env --json --path /"));
    up.wait_for_type("ready");
    serve.wait_for_type("delivery");
    until("it is kept", || !kept(&machine, "").is_empty());
    up.signal("INT");
    up.finish().expect_code(0);
    serve.signal("INT");
    serve.finish().expect_code(0);
    assert_eq!(kept(&machine, "").len(), 1);
}
