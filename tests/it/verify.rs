//! `verify`: a saved delivery in each form, its verdict, and the cause when it fails.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use clerkhook::signature::{SigningSecret, sign};
use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox};
use crate::serve::{serve, signed};
use crate::wire::post;

const TEXT: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const BODY: &str = r#"{"data":{"id":"user_1","object":"user"},"object":"event","type":"user.deleted"}"#;

/// Header lines that are right for `signed`, which was sent so many seconds ago.
fn lines(text: &str, signed: &[u8], age: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_secs();
    let then = i64::try_from(now).expect("a time") - age;
    let signature = sign(&[SigningSecret::parse(text).expect("a secret")], "msg_1", then, signed);
    format!("svix-id: msg_1\nsvix-timestamp: {then}\nsvix-signature: {signature}\n")
}

fn machine() -> Machine {
    Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", TEXT)
}

/// Judges a body that came with the signature of another.
fn came(signed: &str, body: &[u8], flags: &str) -> Output {
    let machine = machine().file("headers", &lines(TEXT, signed.as_bytes(), 120));
    std::fs::write(machine.project().join("body"), body).expect("written");
    machine.run(&format!("verify --body body --headers headers {flags}"))
}

fn cause(output: &Output) -> String {
    output.lines()[0]["cause"].as_str().unwrap_or("valid").to_owned()
}

#[test]
fn a_genuine_one_is_valid_and_the_secret_is_named() {
    let signed = lines(TEXT, BODY.as_bytes(), 0);
    let then: i64 =
        signed.lines().find_map(|line| line.strip_prefix("svix-timestamp: ")?.parse().ok()).expect("a time");
    let raw = format!("POST /api/webhooks HTTP/1.1\nhost: localhost:1\n{signed}\n{BODY}");
    let output = machine().run_with_input(&format!("verify --at {}", then + 120), &raw);
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
✓ valid  user.deleted msg_1 signed 2 min ago with environment variable `CLERK_WEBHOOK_SIGNING_SECRET`

"#]]
    );
}

#[test]
fn what_was_done_to_the_body_is_said_with_what_to_do() {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<Value>(BODY).expect("JSON")).expect("JSON");
    assert_data_eq!(
        came(BODY, format!("{pretty}\n").as_bytes(), "").snapshot(),
        str![[r#"
exit 7
--- stdout
✗ not valid  user.deleted msg_1: the body was re-serialised: white space added
  → verify the raw bytes of the request before anything parses them: `express.raw({ type: 'application/json' })`, `await req.text()`
--- stderr
error: the delivery is not verified CH0910

  → do what stands under the verdict; docs/commands.md#verify explains each cause

"#]]
    );
}

#[test]
fn nothing_that_fits_is_said_honestly() {
    assert_data_eq!(
        came(BODY, BODY.replace("user_1", "user_2").as_bytes(), "").snapshot(),
        str![[r#"
exit 7
--- stdout
✗ not valid  user.deleted msg_1: the signature does not match: 1 secret and 88 other forms of the body were tried; likely another secret signed it, or a value was changed
  → try the secrets of all endpoints of the instance: `clerkhook verify --remote`, or name more with `--secret-file FILE`
--- stderr
error: the delivery is not verified CH0910

  → do what stands under the verdict; docs/commands.md#verify explains each cause

"#]]
    );
}

#[test]
fn causes_reach_the_command_line() {
    for (body, expected) in [
        (BODY.to_owned(), "valid"),
        (format!("{BODY}\n"), "body-newline-added"),
        (format!("\u{feff}{BODY}"), "body-byte-order-mark"),
        (BODY.replace(',', ", ").replace(':', ": "), "body-white-space"),
        (json!(BODY).to_string(), "body-double-encoded"),
        (String::new(), "body-empty"),
        (BODY[..30].to_owned(), "body-cut"),
    ] {
        let output = came(BODY, body.as_bytes(), "--json").expect_code(if expected == "valid" { 0 } else { 7 });
        assert_eq!(cause(&output), expected, "{body}");
    }
}

#[test]
fn bytes_that_are_no_text_verify_as_bytes() {
    let body = b"\xff\xfe\x00{}\r\n";
    let machine = machine();
    let secret = SigningSecret::parse(TEXT).expect("a secret");
    let header = format!("svix-signature: {}", sign(&[secret], "msg_1", 5, body));
    std::fs::write(machine.project().join("body"), body).expect("written");
    let args = ["verify", "--body", "body", "--at", "5", "--header", "svix-id: msg_1", "--header", "svix-timestamp: 5"];
    let output = machine.start_args(&[&args[..], &["--header", &header]].concat()).finish().expect_code(0);
    assert!(output.stdout.starts_with("✓ valid  msg_1"), "{}", output.stdout);
}

#[test]
fn an_old_one_is_judged_by_its_time_too() {
    let saved = format!("{}\n{BODY}", lines(TEXT, BODY.as_bytes(), 11_520));
    let machine = machine().file("old.http", &saved);
    assert_data_eq!(
        machine.run("verify old.http").snapshot(),
        str![[r#"
exit 7
--- stdout
✗ not valid  user.deleted msg_1: its signature is right, but its timestamp is 3 h 12 min old; 5 min are allowed
  → a saved delivery is judged alone with `--ignore-time`, or as of then with `--at TIME`; a replayed one needs a fresh signature: `clerkhook replay --fresh`
--- stderr
error: the delivery is not verified CH0910

  → do what stands under the verdict; docs/commands.md#verify explains each cause

"#]]
    );
    machine.run("verify old.http --ignore-time").expect_code(0);
    machine.run("verify old.http --tolerance 4h").expect_code(0);
    let timestamp = saved.lines().nth(1).and_then(|line| line.split(' ').nth(1)).expect("a timestamp").to_owned();
    machine.run(&format!("verify old.http --at {timestamp}")).expect_code(0);
    let new = machine.run("verify old.http --json --at 1970-01-01T00:01:00Z").expect_code(7);
    assert_eq!(cause(&new), "timestamp-too-new");
}

#[test]
fn each_line_of_several_gets_its_verdict() {
    let headers: Value = lines(TEXT, BODY.as_bytes(), 0)
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), Value::from(value)))
        .collect();
    let file = [
        json!({ "type": "ready" }),
        json!({ "type": "delivery", "headers": headers, "body": BODY }),
        json!({ "type": "event", "data": { "headers": headers, "rawBody": format!("{BODY}\n") } }),
    ];
    let text = file.map(|line| line.to_string()).join("\n");
    let output = machine().file("saved.ndjson", &text).run("verify saved.ndjson --json").expect_code(7);
    let causes: Vec<Value> = output.lines().iter().map(|line| line["cause"].clone()).collect();
    assert_eq!(causes, [Value::Null, "body-newline-added".into()]);
    assert_eq!(
        (&output.error()["code"], &output.error()["message"]),
        (&"CH0910".into(), &"1 of 2 deliveries are not verified".into())
    );
}

#[test]
fn what_is_no_secret_is_named_and_never_shown() {
    let raw = format!("{}\n{BODY}", lines(TEXT, BODY.as_bytes(), 0));
    for (given, expected) in [
        (TEXT.to_owned(), "valid"),
        (format!("v1,{TEXT}"), "secret-version-prefix"),
        (format!("CLERK_WEBHOOK_SIGNING_SECRET={TEXT}"), "secret-assignment"),
        ("ep_2abcdefghijklmnopqrstuvwxyz".to_owned(), "secret-endpoint-id"),
        ("sk_test_abcdefghijklmnopqrstuvwx".to_owned(), "secret-clerk-key"),
        ("whsec_Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9y".to_owned(), "no-match"),
    ] {
        let mut machine = machine().file("raw", &raw).file("key", &given);
        machine.hide(&given);
        machine.hide(TEXT);
        for how in ["", "--json", "-vv"] {
            machine.run(&format!("verify raw --secret-file key {how}"));
        }
        assert_eq!(cause(&machine.run("verify raw --secret-file key --json")), expected, "{given}");
        assert_eq!(cause(&machine.run_with_input("verify raw --secret-stdin --json", &given)), expected, "{given}");
    }
    let both = machine().file("raw", &raw).file("a", "whsec_Zm9yZ2VkZm9yZ2VkZm9yZ2VkZm9y").file("b", TEXT);
    let output = both.run("verify raw --secret-file a --secret-file b --json").expect_code(0);
    assert_eq!(output.lines()[0]["secret"], "`b`");
}

#[test]
fn the_endpoint_whose_secret_signed_it_is_found() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    machine.run("register http://127.0.0.1:1/hook --no-env").expect_code(0);
    let text = machine.run("secret show").expect_code(0).stdout;
    let machine = machine.file("raw", &format!("{}\n{BODY}", lines(text.trim(), BODY.as_bytes(), 0)));
    machine.run("verify raw --remote").expect_code(0);
    let mut machine = machine.secret("CLERK_WEBHOOK_SIGNING_SECRET", TEXT);
    machine.hide(text.trim());
    let output = machine.run("verify raw --remote");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 7
--- stdout
✗ not valid  user.deleted msg_1: it is signed with the secret of endpoint ep_[ID] (http://127.0.0.1:[PORT]/hook), not with that in environment variable `CLERK_WEBHOOK_SIGNING_SECRET`
  → give the app that endpoint's secret, or have events sent to the app's own endpoint
--- stderr
error: the delivery is not verified CH0910

  → do what stands under the verdict; docs/commands.md#verify explains each cause

"#]]
    );
    assert_eq!(cause(&machine.run("verify raw --json")), "no-match");
}

/// Clerk by a clock that is seven minutes ahead of this machine's, with an instance that never had webhooks.
fn clerk_ahead() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = [0; 4096];
            let length = stream.read(&mut head).unwrap_or_default();
            let (status, body) = if head[..length].starts_with(b"GET") {
                ("200 OK", r#"{"id":"ins_1","environment_type":"development"}"#)
            } else {
                ("404 Not Found", r#"{"errors":[{"code":"svix_app_missing","message":"no app"}]}"#)
            };
            let then = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(7);
            let date = then.strftime("%a, %d %b %Y %H:%M:%S GMT");
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ndate: {date}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn a_clock_that_is_behind_is_told_from_a_wrong_timestamp() {
    let machine = machine()
        .file("raw", &format!("{}\n{BODY}", lines(TEXT, BODY.as_bytes(), -420)))
        .secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnopqrstuvwx")
        .set("CLERK_API_URL", &format!("http://127.0.0.1:{}", clerk_ahead()));
    assert_eq!(cause(&machine.run("verify raw --json").expect_code(7)), "timestamp-too-new");
    let output = machine.run("verify raw --json --remote").expect_code(7);
    assert_eq!(cause(&output), "clock-skew");
    let reason = output.lines()[0]["reason"].as_str().expect("a reason").to_owned();
    assert!(
        reason.starts_with("its signature is right, but this machine's clock is ") && reason.ends_with(" behind"),
        "{reason}"
    );
}

#[test]
fn wrong_input_says_what_is_wrong() {
    let machine = Machine::new()
        .file("empty", " \n")
        .file("event.json", BODY)
        .file("line.json", r#"{"type":"delivery","schema":1,"id":"1"}"#)
        .file("prose.txt", "Dear reader,\n\nhello\n")
        .file("good", &format!("{}\n{BODY}", lines(TEXT, BODY.as_bytes(), 0)));
    for (line, code, words) in [
        ("verify", 2, "stdin holds no saved delivery: it is empty"),
        ("verify empty", 2, "it is empty"),
        ("verify event.json", 2, "an event without its headers"),
        ("verify line.json", 2, "has no `headers` and no `body`"),
        ("verify prose.txt", 2, "neither JSON lines"),
        ("verify missing", 3, "No such file"),
        ("verify .", 3, "it is a directory"),
        ("verify good", 3, "`--remote` asks Clerk for it"),
        ("verify good --secret-file empty", 3, "it is empty"),
        ("verify good --secret-file .", 3, "it is a directory"),
        ("verify good --at noon", 2, "expected a time such as"),
        ("verify good --header a:b", 2, "cannot be used with"),
        ("verify --header a:b", 2, "--body"),
        ("verify --secret-stdin", 2, "it is empty"),
        ("verify --remote good", 3, "no Clerk secret key"),
    ] {
        let output = machine.run(line).expect_code(code);
        assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
    }
    let twice = machine.run_with_input("verify --secret-stdin", "svix-id: 1\n\n{}").expect_code(2);
    assert!(twice.stderr.contains("the secret is to come from there too"), "{}", twice.stderr);
}

#[test]
fn quiet_and_closed_streams() {
    let raw = format!("{}\n{BODY}\n", lines(TEXT, BODY.as_bytes(), 0));
    let output = machine().run_with_input("verify -q", &raw).expect_code(7);
    assert!(output.stdout.starts_with("✗ not valid") && output.stderr.contains("CH0910"), "{}", output.stderr);
}

#[test]
fn what_serve_prints_can_be_verified_later() {
    for body in [BODY.as_bytes(), b"\xff\x00 no text"] {
        let machine = machine();
        let (mut app, port) = serve(&machine, "");
        let headers = signed(body);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        post(port, "/", &headers, body);
        let line = app.wait_for_type("delivery").to_string();
        app.signal("INT");
        app.finish().expect_code(0);
        assert_eq!(cause(&machine.run_with_input("verify --json", &line)), "valid", "{line}");
    }
}
