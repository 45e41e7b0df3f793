//! Bad days of the history: killed while it writes, shared by many, written by a newer version, of another owner, on a full
//! disk, deleted while it is open. What is wrong is said once, and deliveries go on being shown.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Machine, Output, Running, Sandbox, until};
use crate::serve::serve;
use crate::stand::OK;
use crate::wire::{RawApp, port_of, post};

/// How many times it is killed, when the environment names no number.
const ROUNDS: usize = 20;

fn history(machine: &Machine) -> PathBuf {
    machine.state().join("history.sqlite")
}

fn message(round: usize, number: usize) -> String {
    format!("msg_{round:03}x{number:03}")
}

/// Posts so many messages one after the other; each must be answered.
fn post_each(port: u16, ids: impl Iterator<Item = String>) {
    for id in ids {
        let answer = post(port, "/", &[("svix-id", &id)], br#"{"type":"user.created"}"#);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn kept(machine: &Machine) -> Vec<String> {
    let listed = machine.run("events -n 100000 --brief --json").expect_code(0).of_type("delivery");
    listed.iter().map(|line| line["message_id"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Ends it as Ctrl-C does, which is a clean end.
fn ended(running: Running) -> Output {
    running.signal("INT");
    running.finish().expect_code(0)
}

fn rounds() -> usize {
    let wished = std::env::var("CLERKHOOK_HISTORY_KILLS").ok();
    wished.map_or(ROUNDS, |number| number.parse().expect("CLERKHOOK_HISTORY_KILLS is a number"))
}

/// How many rows the file holds, for a reader that is always there.
fn count(reader: &rusqlite::Connection) -> usize {
    let count: i64 = reader.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0)).expect("counted");
    usize::try_from(count).expect("few")
}

#[test]
fn what_is_killed_while_it_writes_loses_nothing_but_the_last() {
    let machine = with_one();
    let reader = rusqlite::Connection::open(history(&machine)).expect("opened");
    let mut before = count(&reader);
    for round in 0..rounds() {
        let (app, port) = serve(&machine, "");
        post_each(port, (0..3).map(|number| message(round, number)));
        until("they are kept", || count(&reader) == before + 3);
        // The kill comes while this one is written, sooner or later after its answer.
        post_each(port, std::iter::once(message(round, 3)));
        (0..round * 5000).for_each(|_| std::hint::spin_loop());
        app.signal("KILL");
        app.finish();
        let after = count(&reader);
        assert!((before + 3..=before + 4).contains(&after), "round {round}: {after} after {before} and 4");
        before = after;
    }
    let all = kept(&machine);
    assert_eq!(all.len(), before);
    for round in 0..rounds() {
        assert!((0..3).all(|number| all.contains(&message(round, number))), "round {round}: {all:?}");
    }
    let word: String = reader.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(word, "ok");
}

#[test]
fn two_set_ups_and_ten_readers_at_once_lock_nobody_out() {
    let sandbox = Sandbox::start("");
    let apps = [RawApp::answering(OK), RawApp::answering(OK)];
    // Two profiles, or the second would take the endpoint of the first.
    let machine = Machine::with(&sandbox).keep(sandbox).config("[profile.p0]\n[profile.p1]\n");
    let mut ups: Vec<(Running, u16)> = Vec::new();
    for (place, app) in apps.iter().enumerate() {
        let mut up = machine.start(&format!("up {} --profile p{place} --no-env --no-test --json", app.port));
        let ready = up.wait_for_type("ready");
        ups.push((up, port_of(ready["public_url"].as_str().expect("a URL"))));
    }
    let readers: Vec<Running> = (0..10).map(|_| machine.start("events --follow --json -n 0")).collect();
    let posting: Vec<_> = ups.iter().map(|(_, port)| *port).enumerate().collect();
    let posting: Vec<_> = posting
        .into_iter()
        .map(|(place, port)| std::thread::spawn(move || post_each(port, (0..50).map(|number| message(place, number)))))
        .collect();
    for _ in 0..10 {
        machine.run("events --json --brief").expect_code(0);
    }
    posting.into_iter().for_each(|each| each.join().expect("all were answered"));
    let mut expected: Vec<String> =
        (0..2).flat_map(|place| (0..50).map(move |number| message(place, number))).collect();
    expected.sort();
    until("all are kept", || kept(&machine).len() == expected.len());
    let mut all = kept(&machine);
    all.sort();
    assert_eq!(all, expected);
    for reader in readers {
        let mut reader = reader;
        let seen = std::cell::Cell::new(0);
        reader.wait_for("all", |line| {
            seen.set(seen.get() + usize::from(line.contains("\"delivery\"")));
            seen.get() == expected.len()
        });
        assert_eq!(ended(reader).stderr, "");
    }
    for (up, _) in ups {
        let output = ended(up);
        assert_eq!((output.of_type("delivery").len(), output.stderr.as_str()), (50, ""));
    }
}

/// Deliveries are shown whatever the history does; gives what was said of it, which must be one warning.
#[track_caller]
fn one_warning(machine: &Machine, break_it: impl FnOnce(u16)) -> String {
    let (mut app, port) = serve(machine, "");
    break_it(port);
    for number in 0..4 {
        post_each(port, std::iter::once(message(0, number)));
        app.wait_for(&message(0, number), |line| line.contains(&message(0, number)));
    }
    let output = ended(app);
    let warnings: Vec<Value> = output.stderr.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let [warning] = warnings.as_slice() else { panic!("not one warning: {}", output.stderr) };
    assert_eq!(warning["type"], "warning");
    warning["text"].as_str().expect("a text").to_owned()
}

/// A machine whose history holds one delivery.
fn with_one() -> Machine {
    let machine = Machine::new();
    let (app, port) = serve(&machine, "");
    post_each(port, std::iter::once("msg_first".to_owned()));
    ended(app);
    assert_eq!(kept(&machine), ["msg_first"]);
    machine
}

#[test]
fn a_history_of_a_newer_version_is_read_and_left_alone() {
    let machine = with_one();
    let raw = rusqlite::Connection::open(history(&machine)).expect("opened");
    raw.pragma_update(None, "user_version", 99).expect("changed");
    drop(raw);
    let told = one_warning(&machine, |_| ());
    assert!(told.contains("a newer clerkhook") && told.contains("`mv /") && told.contains("CH0013"), "{told}");
    assert_eq!(kept(&machine), ["msg_first"]);
    let error = machine.run("events clear --yes --json").expect_code(1).error();
    assert_eq!(error["code"], "CH0013");
}

/// What an error says can be typed, and works.
#[track_caller]
fn the_hint_works(machine: &Machine) {
    let error = machine.run("events --json").expect_code(1).error();
    assert_eq!(error["code"], "CH0013");
    let hint = error["hint"].as_str().expect("a hint");
    let line = hint.split('`').nth(1).expect("something to type");
    assert!(Command::new("sh").args(["-c", line]).status().expect("a shell").success(), "{line}");
    let (app, port) = serve(machine, "");
    post_each(port, std::iter::once("msg_again".to_owned()));
    assert_eq!(ended(app).stderr, "");
    assert_eq!(kept(machine), ["msg_again"]);
}

#[test]
fn a_history_of_another_owner_is_not_used() {
    let machine = with_one();
    if chown(history(&machine), Some(65_534), None).is_err() {
        // Only root may give files away.
        return;
    }
    let told = one_warning(&machine, |_| ());
    assert!(told.contains("it belongs to another user (65534"), "{told}");
    the_hint_works(&machine);
}

#[test]
fn a_full_disk_costs_one_warning_and_no_delivery() {
    let machine = with_one();
    let serve = machine.command(&["serve", "--port", "0", "--json"]);
    let words =
        [serve.get_program()].into_iter().chain(serve.get_args()).map(|word| word.to_string_lossy().into_owned());
    // No file may grow past this; the signal of it is left aside, so that a write fails as on a full disk.
    let line = format!("trap '' XFSZ; ulimit -f 200; exec {}", words.collect::<Vec<_>>().join(" "));
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).current_dir(machine.project());
    shell.env_clear().envs(serve.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut app = machine.watch(shell);
    let port = app.wait_for_type("serving")["port"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
    let body = "x".repeat(60_000);
    for number in 0..8 {
        post(port, "/", &[("svix-id", &message(0, number))], body.as_bytes());
        app.wait_for("it is shown", |line| line.contains(&message(0, number)));
    }
    let output = ended(app);
    assert_eq!(output.stderr.matches("\"warning\"").count(), 1, "{}", output.stderr);
    assert!(output.stderr.contains("deliveries are not kept in the history"), "{}", output.stderr);
    let kept = kept(&machine);
    assert!(kept.len() < 9 && kept[0] == "msg_first", "{kept:?}");
}

#[test]
fn a_history_that_is_deleted_while_it_is_open_is_begun_anew() {
    for whole in [true, false] {
        let machine = with_one();
        let told = one_warning(&machine, |port| {
            post_each(port, std::iter::once("msg_before".to_owned()));
            until("it is open", || kept(&machine).len() == 2);
            if whole {
                fs::remove_dir_all(machine.state()).expect("removed");
            } else {
                fs::remove_file(history(&machine)).expect("removed");
            }
        });
        assert!(told.contains("was deleted") && told.contains("a new one is begun"), "{told}");
        assert_eq!(kept(&machine), (0..4).map(|number| message(0, number)).collect::<Vec<_>>());
        let mode = fs::metadata(history(&machine)).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
