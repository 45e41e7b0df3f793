//! `backfill`: whoever the instance has already comes to the app's own handler as a signed event, and a second run repeats
//! nothing.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use reqwest::Method;
use serde_json::{Value, json};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox};
use crate::serve::SECRET;
use crate::wire::RawApp;

const GOOD: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const BROKEN: &str = "HTTP/1.1 500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// An instance with these people, and a machine whose app knows the secret.
fn people(names: &[&str]) -> (Machine, Account) {
    let sandbox = Sandbox::start("");
    let account = Account::at(&sandbox);
    for name in names {
        account.add_person(&format!("{name}@example.com"));
    }
    (Machine::with(&sandbox).keep(sandbox).secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET), account)
}

/// The events that an app got.
fn events(app: &RawApp) -> Vec<Value> {
    app.bodies().iter().map(|body| serde_json::from_str(body).expect("JSON")).collect()
}

fn ids(app: &RawApp) -> Vec<String> {
    events(app).iter().map(|event| event["data"]["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn each_comes_signed_and_with_the_same_id_at_each_run() {
    let (machine, account) = people(&["ada", "bob", "cyd"]);
    let app = RawApp::verifying(SECRET);
    let line = format!("backfill users --to {}", app.port);
    let planned = machine.run(&format!("{line} --dry-run")).expect_code(0).stdout;
    assert!(planned.contains("3 users as `user.created`") && app.bodies().is_empty(), "{planned}");
    let output = machine.run(&format!("{line} --json")).expect_code(0);
    assert_eq!(output.of_type("summary")[0]["ok"], 3);
    assert_eq!(output.of_type("backfill")[0]["status_code"], 200);
    let mut made = account.users();
    made.reverse();
    assert_eq!(ids(&app), made, "the oldest first");
    let first = &events(&app)[0];
    assert_eq!((&first["type"], &first["object"]), (&"user.created".into(), &"event".into()));
    assert_eq!(first["timestamp"], first["data"]["created_at"]);
    assert!(first["data"]["email_addresses"][0]["email_address"] == "ada@example.com", "{first}");
    machine.run(&line).expect_code(0);
    let sent = app.header("svix-id");
    assert!(sent.len() == 6 && sent[..3] == sent[3..] && sent[0] != sent[1], "{sent:?}");
    let kept = machine.run("events --origin trigger --json").expect_code(0).of_type("delivery");
    assert_eq!((kept.len(), &kept[0]["signature"]), (6, &"valid".into()));

    account.clerk(Method::POST, "organizations", Some(json!({ "name": "Fen and Ferry" })));
    machine.run(&format!("backfill organizations --to {}", app.port)).expect_code(0);
    let last = events(&app).pop().expect("an event");
    assert_eq!((&last["type"], &last["data"]["name"]), (&"organization.created".into(), &"Fen and Ferry".into()));
    let none = machine.run(&format!("{line} --since 2999-01-01T00:00:00Z --json")).expect_code(0);
    assert_eq!(none.of_type("summary")[0]["sent"], 0);
}

#[test]
fn an_interrupted_one_goes_on_where_it_ended() {
    let (machine, _account) = people(&["ada", "bob", "cyd", "dan", "eve"]);
    let app = RawApp::answering(GOOD);
    let line = format!("backfill users --to {} --json", app.port);
    let mut running = machine.start(&format!("{line} --rate 0.5"));
    running.wait_for_type("backfill");
    running.signal("INT");
    running.finish().expect_code(130);
    assert_eq!(app.bodies().len(), 1);
    let output = machine.run(&format!("{line} --limit 2")).expect_code(0);
    assert!(output.stderr.contains("after 1 that"), "{}", output.stderr);
    machine.run(&line).expect_code(0);
    let seen = ids(&app);
    assert_eq!(seen.len(), 5);
    assert_eq!(seen.iter().collect::<std::collections::BTreeSet<_>>().len(), 5, "each once: {seen:?}");
    machine.run(&format!("{line} --limit 1")).expect_code(0);
    machine.run(&format!("{line} --restart --limit 1")).expect_code(0);
    assert_eq!(ids(&app)[5], ids(&app)[6], "from the beginning");
}

#[test]
fn what_the_app_refuses_is_told_and_comes_again() {
    let (machine, account) = people(&["ada", "zoe", "yan", "bob"]);
    let mended = Arc::new(AtomicBool::new(false));
    let is_mended = Arc::clone(&mended);
    let app = RawApp::deciding(move |request| {
        let refuses = request.contains("zoe@") || request.contains("yan@");
        if refuses && !is_mended.load(Ordering::SeqCst) { BROKEN } else { GOOD }.to_owned()
    });
    let line = format!("backfill users --to {} --json", app.port);
    let error = machine.run(&line).expect_code(6).error();
    assert_eq!((&error["code"], app.bodies().len()), (&"CH0823".into(), 4), "{error}");
    let users = account.users();
    assert_eq!(account.clerk(Method::DELETE, &format!("users/{}", users[1]), None).0, 200);
    mended.store(true, Ordering::SeqCst);
    let output = machine.run(&line).expect_code(0);
    assert!(output.stderr.contains("is gone meanwhile"), "{}", output.stderr);
    let last = events(&app).pop().expect("an event");
    assert_eq!((app.bodies().len(), last["data"]["id"].as_str()), (5, Some(users[2].as_str())));
    // An app that is not there is not asked a hundred times.
    let error = machine.run("backfill users --to 1 --json").expect_code(6).error();
    assert!(error["message"].as_str().is_some_and(|words| words.contains("1 of 1")), "{error}");
}

/// Clerk with so many users, of whom some are deleted after the first page; its first answer is that one asks too much.
fn clerk(count: usize, deleted: usize) -> RawApp {
    let users: Vec<String> = (0..count).map(|number| format!("user_{number:05}")).collect();
    let (users, asked) = (Mutex::new(users), AtomicUsize::new(0));
    RawApp::deciding(move |request| {
        let target = request.split(' ').nth(1).expect("a target").to_owned();
        let body = if target.starts_with("/v1/instance") {
            json!({ "object": "instance", "id": "ins_1", "environment_type": "development" })
        } else {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            if number == 0 {
                return "HTTP/1.1 429 x\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
            }
            let parameter = |name: &str| {
                let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(&format!("{name}=")));
                value.and_then(|value| value.parse::<usize>().ok()).expect("a number")
            };
            assert!(target.contains("order_by=%2Bcreated_at"), "{target}");
            let mut users = users.lock().expect("no panic");
            if number == 2 {
                users.drain(..deleted);
            }
            let page = users.iter().skip(parameter("offset")).take(parameter("limit"));
            page.map(|id| json!({ "id": id, "object": "user", "created_at": 1_767_878_096_657_i64 })).collect()
        };
        let body = body.to_string();
        format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
    })
}

#[test]
fn nobody_is_left_out_when_others_are_deleted_meanwhile() {
    for deleted in [0, 1, 60] {
        let (clerk, app) = (clerk(1100, deleted), RawApp::answering(GOOD));
        let machine = Machine::new()
            .secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnop")
            .set("CLERK_API_URL", &format!("http://127.0.0.1:{}", clerk.port))
            .secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
        machine.run(&format!("backfill users --to {} --json --no-history", app.port)).expect_code(0);
        let expected: Vec<String> = (0..1100).map(|number| format!("user_{number:05}")).collect();
        assert_eq!(ids(&app), expected, "{deleted} of the first page were deleted after it was read");
    }
}

#[test]
fn elsewhere_it_needs_the_secret_of_an_endpoint_and_a_yes() {
    let (machine, account) = people(&["ada"]);
    let url = "http://192.0.2.1/api/webhooks";
    let line = format!("backfill users --to {url} --json");
    assert_eq!(machine.run(&line).expect_code(3).error()["code"], "CH0107");
    let machine = machine.without("CLERK_WEBHOOK_SIGNING_SECRET");
    assert_eq!(machine.run(&line).expect_code(4).error()["code"], "CH0608");
    account.add_endpoint(url);
    assert_eq!(machine.run(&line).expect_code(3).error()["code"], "CH0107");
    let live = machine.without("CLERK_SECRET_KEY").secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
    assert_eq!(live.run(&format!("{line} --yes")).expect_code(3).error()["code"], "CH0104");
}
