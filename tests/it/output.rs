//! What leaves on stdout and stderr: no control character from outside, no secret, and a full disk is told.

use std::fs::{self, File, OpenOptions};
use std::process::Stdio;

use serde_json::Value;

use crate::fixture::{Machine, Output, Sandbox, script};
use crate::serve::SECRET;
use crate::stand::Stand;
use crate::wire::RawApp;

/// A title of the terminal's window, a bell, C1's CSI, a right-to-left override, and a line of its own.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{1b}[2J\n  \u{2713} forged";
const PASSWORD: &str = "hunter2hunter2";
const PLANTED: &str = "whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF";

fn json_answer(body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// A text as JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Nothing but text, line ends and styles; no line that somebody else begins.
#[track_caller]
fn assert_harmless(output: &Output) {
    for text in [&output.stdout, &output.stderr] {
        let plain = anstream::adapter::strip_str(text).to_string();
        assert_eq!(text.matches('\u{1b}').count(), text.matches("\u{1b}[").count(), "{text:?}");
        assert!(!text.contains("\u{1b}[2J"), "{text:?}");
        assert!(!plain.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{plain:?}");
        assert!(!plain.lines().any(|line| line.starts_with("  \u{2713} forged")), "{plain}");
    }
}

/// An agent that runs for the app and says a hostile URL.
fn agent() -> RawApp {
    let body = format!(
        r#"{{"tunnels":[{{"name":"x","public_url":{},"config":{{"addr":"http://localhost:3000"}}}}]}}"#,
        quoted(&format!("https://owl.example/{HOSTILE}"))
    );
    RawApp::deciding(move |_| json_answer(&body))
}

#[test]
fn the_url_of_a_hostile_agent_is_text() {
    let agent = agent();
    let machine = Machine::new().set("CLERKHOOK_AGENT_PORTS", &agent.port.to_string());
    for how in ["", "-q", "-vv", "--json", "--color always", "--color always -vv"] {
        let output = machine.run(&format!("tunnel 3000 {how}")).expect_code(0);
        assert!(output.stdout.contains("owl.example"), "{how}: {}", output.stdout);
        assert_harmless(&output);
    }
}

#[test]
fn the_ids_of_a_hostile_svix_are_text() {
    let sandbox = Sandbox::start("");
    let id = quoted(&format!("ep_{HOSTILE}"));
    let endpoint =
        format!(r#"{{"id":{id},"url":"https://owl.example/","disabled":false,"description":"","filterTypes":null}}"#);
    let svix = RawApp::deciding(move |request| {
        let first = request.lines().next().unwrap_or_default();
        json_answer(&match first {
            _ if first.contains("one-time-token") => r#"{"token":"t"}"#.to_owned(),
            _ if first.contains("/secret") => format!(r#"{{"key":"{SECRET}"}}"#),
            _ if first.starts_with("GET") => r#"{"data":[],"done":true,"iterator":null}"#.to_owned(),
            _ => endpoint.clone(),
        })
    });
    let machine = Machine::with(&sandbox).set("SVIX_SERVER_URL", &format!("http://127.0.0.1:{}", svix.port));
    for how in ["", "-q", "-vv", "--json", "--color always"] {
        let output = machine.run(&format!("register https://owl.example --no-env {how}"));
        assert!(output.stdout.contains("ep_") && output.stdout.contains("owned"), "{how}: {output:?}");
        assert_harmless(&output);
    }
}

#[test]
fn the_log_of_a_hostile_agent_is_text() {
    let machine = Machine::new();
    let words = HOSTILE.trim_end_matches("\n  \u{2713} forged");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = version ] && echo ngrok version 3.39.10 && exit\necho 'lvl=info msg=\"{words}\" {PLANTED}'\n\
         echo 'ERROR:  {words} {PLANTED}' >&2\nexit 1\n"
    );
    let mut machine = machine;
    machine.hide(&PLANTED["whsec_".len()..]);
    let agent = script(&machine.project(), "ngrok", &text);
    for how in ["", "-vv", "--json", "--json -vv", "--color always -vv"] {
        let output = machine.run(&format!("tunnel 3000 --ngrok-bin {} {how}", agent.display())).expect_code(5);
        assert!(output.stderr.contains("owned"), "{how}: {}", output.stderr);
        assert_harmless(&output);
    }
}

#[test]
fn hostile_arguments_are_text() {
    let machine = Machine::new().file("body.json", "{}");
    let hostile = HOSTILE.trim_end_matches("\n  \u{2713} forged");
    for args in [
        &["up", hostile][..],
        &["verify", hostile],
        &["trigger", hostile],
        &["serve", "--respond", hostile],
        &[hostile],
        &["status", "--config-dir", hostile, "--profile", hostile],
        &["serve", "--secret-file", hostile],
        &["serve", "--clerk-api-url", hostile],
    ] {
        for how in [&[][..], &["--json"], &["-vv"], &["--color", "always"]] {
            let output = machine.start_args(&[args, how].concat()).finish();
            assert_ne!(output.code, Some(0), "{output:?}");
            assert!(output.stderr.contains("owned"), "{args:?} {how:?}: {output:?}");
            assert_harmless(&output);
        }
    }
}

#[test]
fn a_secret_in_the_wrong_place_does_not_show() {
    let scenario = format!("{PLANTED}: 1\nsteps: []\n");
    let mut machine = Machine::new().file("odd.yml", &scenario).set("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    machine.hide(&PLANTED["whsec_".len()..]);
    machine.hide(PASSWORD);
    let with_password = format!("http://ann:{PASSWORD}@localhost:3000");
    let bare = with_password.trim_start_matches("http://").to_owned();
    for (line, code) in [
        (format!("serve --secret-file {PLANTED}"), 3),
        (format!("verify {PLANTED}"), 3),
        (format!("verify --secret-file {PLANTED} --body odd.yml"), 3),
        (format!("trigger {PLANTED}"), 2),
        ("trigger --scenario odd.yml --to 1".to_owned(), 2),
        (format!("up {with_password}"), 2),
        (format!("up {bare}"), 2),
        (format!("trigger user.created --to {with_password}/x --print"), 2),
        (format!("register {with_password}/x"), 2),
        (format!("doctor --clerk-api-url {with_password}"), 7),
        (format!("status --profile {PLANTED}"), 3),
        (format!("check {PLANTED}"), 2),
        (PLANTED.to_owned(), 2),
    ] {
        for how in ["", "--json", "-vv", "--color always"] {
            let output = machine.run(&format!("{line} {how}"));
            assert_eq!(output.code, Some(code), "{line} {how}: {output:?}");
        }
    }
}

#[test]
fn a_slip_in_the_config_file_is_named_by_its_place() {
    for (text, place) in [
        (format!("[profile.default]\npath = \"/a\"\nkey {PASSWORD}\n"), "line 3, column 5"),
        (format!("[profile.default]\n  {PASSWORD} = 1\n"), "line 2, column 3"),
        (format!("[profile.default]\nngrok_config = \"{PASSWORD}\"\n"), "line 2, column 16"),
        (format!("[profile.default]\npath = \"{PASSWORD}\n"), "line 2"),
    ] {
        let mut machine = Machine::new().config(&text);
        machine.hide(PASSWORD);
        for how in ["", "--json", "-vv"] {
            let output = machine.run(&format!("status {how}")).expect_code(3);
            assert!(output.stderr.contains(place) && output.stderr.contains("config.toml"), "{}", output.stderr);
        }
    }
}

/// The commands whose purpose is what stands on stdout.
fn telling(stand: &Stand) -> Vec<(&'static str, i32)> {
    let printed = stand.run("trigger user.created --print=json --secret-file secret").expect_code(0).stdout;
    fs::write(stand.machine.project().join("delivery.json"), printed).expect("written");
    vec![
        ("verify delivery.json --secret-file secret", 0),
        ("secret show", 0),
        ("trigger user.created --print --secret-file secret", 0),
        ("trigger --list", 0),
        ("check --list", 0),
        ("completions bash", 0),
        ("status", 0),
        ("doctor", 0),
        ("--help", 0),
        ("up --help", 0),
        ("--version", 0),
        ("register --dry-run http://127.0.0.1:1", 0),
        ("up --dry-run", 0),
    ]
}

fn stand() -> Stand {
    Stand::with(|sandbox| Machine::with(sandbox).file("secret", SECRET), RawApp::answering(crate::stand::OK), "")
}

fn run_into(machine: &Machine, line: &str, stdout: impl Into<Stdio>) -> std::process::Output {
    let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
    command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).output().expect("it runs")
}

#[test]
fn a_full_disk_is_an_error() {
    let stand = stand();
    let full = || OpenOptions::new().write(true).open("/dev/full").expect("Linux has one");
    for (line, code) in telling(&stand) {
        stand.run(line).expect_code(code);
        let output = run_into(&stand.machine, line, full());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{line}: {stderr}");
        assert!(stderr.contains("error: cannot write the output CH0009"), "{line}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{line}: {stderr}");
    }
    for line in ["up 1 --json --once", "serve --port 0 --json", "sandbox"] {
        let output = run_into(&stand.machine, line, full());
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{line}: {stderr}");
        assert!(stderr.contains("CH0009"), "{line}: {stderr}");
    }
}

#[test]
fn a_pipe_that_nobody_reads_any_more_ends_it_quietly() {
    let stand = stand();
    for (line, code) in telling(&stand) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = run_into(&stand.machine, line, writer);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{line}: {stderr}");
        assert!(!stderr.contains("error"), "{line}: {stderr}");
    }
}

#[test]
fn nothing_but_the_secret_itself_is_shown_by_secret_show() {
    let stand = stand();
    let path = stand.machine.project().join("out");
    let output = run_into(&stand.machine, "secret show", File::create(&path).expect("a file"));
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(fs::read_to_string(path).expect("text"), format!("{}\n", stand.secret()));
}
