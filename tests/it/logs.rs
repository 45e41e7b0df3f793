//! `logs`: what Svix keeps of the endpoint, joined with what was seen here.

use reqwest::Method;
use serde_json::Value;

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox, until};
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 8\r\nconnection: close\r\n\r\nno table";

/// A set-up whose app fails for Zoe.
fn failing_for_zoe() -> (Stand, Account, String) {
    let app = RawApp::deciding(|request| if request.contains("zoe@") { BROKEN } else { OK }.to_owned());
    let stand = Stand::with(Machine::with, app, "");
    let account = Account::at(stand.machine.sandbox());
    let endpoint = stand.ready["endpoint_id"].as_str().expect("an id").to_owned();
    (stand, account, endpoint)
}

/// The id of the newest message.
fn newest(account: &Account) -> String {
    account.list("msg?limit=1")[0]["id"].as_str().expect("an id").to_owned()
}

fn messages(machine: &Machine, flags: &str) -> Vec<Value> {
    machine.run(&format!("logs {flags} --json")).expect_code(0).of_type("message")
}

/// Waits until as many attempts as these are in Svix's log.
fn tried(account: &Account, endpoint: &str, count: usize) {
    let list = format!("attempt/endpoint/{endpoint}?limit=250");
    until("Svix tried", || account.list(&list).len() >= count);
}

#[test]
fn what_never_came_and_what_came_twice_stands_out() {
    let (stand, account, endpoint) = failing_for_zoe();
    let machine = &stand.machine;
    account.add_person("ada@example.com");
    let ada = newest(&account);
    tried(&account, &endpoint, 1);
    account.add_person("zoe@example.com");
    let zoe = newest(&account);
    tried(&account, &endpoint, 2);
    account.svix(Method::POST, &format!("msg/{ada}/endpoint/{endpoint}/resend"), None);
    tried(&account, &endpoint, 3);
    account.patch(&endpoint, serde_json::json!({ "disabled": true }));
    account.add_person("jo@example.com");
    let jo = newest(&account);
    // Somebody else's example is no message that this endpoint missed.
    let other = account.add_endpoint("http://127.0.0.1:1/");
    let example = Some(serde_json::json!({ "eventType": "user.created" }));
    account.svix(Method::POST, &format!("endpoint/{other}/send-example"), example);
    let events = || machine.run("events --json").expect_code(0).of_type("delivery").len();
    until("all are kept", || events() == 3);

    let all = messages(machine, "");
    let ids: Vec<&str> = all.iter().map(|line| line["message_id"].as_str().expect("an id")).collect();
    assert_eq!(ids, [&ada, &zoe, &jo]);
    let remark = |line: &Value| line["remark"].as_str().unwrap_or_default().to_owned();
    assert_eq!((&all[0]["status"], &all[0]["accepted"]), (&"delivered".into(), &2.into()), "{all:?}");
    assert_eq!(remark(&all[0]), "the app took it 2 times");
    assert_eq!((&all[1]["status"], &all[1]["status_code"]), (&"retrying".into(), &500.into()), "{all:?}");
    assert!(all[1]["next_attempt"].is_string() && all[1]["arrived"] == 1, "{all:?}");
    assert_eq!((&all[2]["status"], &all[2]["attempts"]), (&"not_sent".into(), &0.into()), "{all:?}");
    assert!(remark(&all[2]).starts_with("never sent"), "{all:?}");

    for (flags, expected) in [
        ("--failed", vec![&zoe, &jo]),
        ("-n 1", vec![&jo]),
        ("--status 5xx", vec![&zoe]),
        ("--match table", vec![&zoe]),
        ("--where data.email_addresses[*].email_address~ada", vec![&ada]),
        ("--type user.deleted", vec![]),
        ("--since 1h --origin clerk", vec![&ada, &zoe]),
        ("list --until 2020-01-01T00:00:00Z", vec![]),
    ] {
        let found: Vec<String> = messages(machine, flags)
            .iter()
            .map(|line| line["message_id"].as_str().expect("an id").to_owned())
            .collect();
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{flags}");
    }
    // While the endpoint is enabled, it may be on its way for the first time.
    account.patch(&endpoint, serde_json::json!({ "disabled": false }));
    assert_eq!(messages(machine, "-n 1")[0]["status"], "pending");
    account.patch(&endpoint, serde_json::json!({ "disabled": true }));
    let told = machine.run("logs").expect_code(0).stdout;
    assert!(told.contains("the app took it 2 times") && told.contains("never sent"), "{told}");
    shows_each_attempt(machine, &zoe, &endpoint);
    let elsewhere = messages(machine, &format!("--endpoint {other}"));
    assert_eq!(elsewhere.len(), 1, "{elsewhere:?}");
    stand.end();
}

fn shows_each_attempt(machine: &Machine, zoe: &str, endpoint: &str) {
    let shown = machine.run(&format!("logs show {zoe} --json")).expect_code(0);
    let attempts = shown.of_type("attempt");
    assert_eq!((&attempts[0]["status_code"], &attempts[0]["answer"]), (&500.into(), &"no table".into()));
    assert_eq!(
        (&attempts[0]["cause"], &shown.of_type("message")[0]["status"]),
        (&"schedule".into(), &"retrying".into())
    );
    // A delivery's own id leads to its message.
    let id = machine.run("events --status 5xx --json").expect_code(0).of_type("delivery")[0]["id"].clone();
    let by_id = machine.run(&format!("logs show {} --json", id.as_str().expect("an id"))).expect_code(0);
    assert_eq!(by_id.of_type("message")[0]["message_id"], zoe);
    for (line, code) in [("logs show msg_nobody", "CH0607"), ("logs --endpoint ep_gone", "CH0606")] {
        let error = machine.run(&format!("{line} --json")).expect_code(4).error();
        assert_eq!(error["code"], code, "{error}");
    }
    assert!(machine.run("logs --endpoint ep_gone").stderr.contains(endpoint));
}

#[test]
fn one_that_follows_sees_what_comes_and_what_changes() {
    let (stand, account, endpoint) = failing_for_zoe();
    account.add_person("bob@example.com");
    tried(&account, &endpoint, 1);
    let mut following = stand.machine.start("logs --follow -n 1 --json");
    let status = |running: &mut Running, id: &str, status: &str| {
        running.wait_for(status, |line| line.contains(id) && line.contains(&format!("\"status\":\"{status}\"")));
    };
    let bob = newest(&account);
    status(&mut following, &bob, "delivered");
    account.svix(Method::POST, &format!("msg/{bob}/endpoint/{endpoint}/resend"), None);
    following.wait_for("the second try", |line| line.contains(&bob) && line.contains("\"attempts\":2"));
    account.add_person("zoe@example.com");
    let zoe = newest(&account);
    status(&mut following, &zoe, "retrying");
    following.signal("INT");
    following.finish().expect_code(0);
    stand.end();
}

#[test]
fn where_there_is_no_endpoint_any_more_that_is_said() {
    let (stand, account, endpoint) = failing_for_zoe();
    assert_eq!(account.svix(Method::DELETE, &format!("endpoint/{endpoint}"), None).0, 204);
    assert_eq!(stand.run("logs --json").expect_code(4).error()["code"], "CH0602");
    let sandbox = Sandbox::start("--fault svix=403@/attempt/endpoint");
    let machine = Machine::with(&sandbox);
    machine.run("up --serve --once --no-env --no-test --on-exit keep").expect_code(0);
    let account = Account::at(&sandbox);
    account.add_person("ada@example.com");
    assert_eq!(machine.run("logs --json").expect_code(4).error()["code"], "CH0502");
    stand.end();
}
