//! `register`: one endpoint for this machine, whatever else is there.

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox};

const URL: &str = "https://owl.example";

fn machine() -> Machine {
    let sandbox = Sandbox::start("");
    Machine::with(&sandbox).keep(sandbox)
}

/// Runs `register` with `--json` and gives its endpoint line.
fn register(machine: &Machine, args: &str) -> Value {
    let output = machine.run(&format!("register --json --no-env {args}")).expect_code(0);
    output.of_type("endpoint").remove(0)
}

#[test]
fn created_then_unchanged_then_updated_with_the_same_secret() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    let first = register(&machine, URL);
    let id = first["endpoint_id"].as_str().expect("an id").to_owned();
    let secret = account.secret(&id);
    assert_eq!((&first["action"], &first["url"]), (&json!("created"), &json!("https://owl.example/api/webhooks")));
    assert_eq!(first["events"], json!(["user.created", "user.deleted", "user.updated"]));
    let second = register(&machine, URL);
    assert_eq!((&second["action"], &second["endpoint_id"]), (&json!("unchanged"), &json!(id)));
    let third = register(&machine, "https://fox.example");
    assert_eq!((&third["action"], &third["endpoint_id"]), (&json!("updated"), &json!(id)));
    assert_eq!(third["url"], "https://fox.example/api/webhooks");
    assert_eq!((account.list("endpoint").len(), account.secret(&id)), (1, secret));
}

#[test]
fn what_changed_is_said() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    assert_data_eq!(
        machine.run(&format!("register {URL} --no-env")).snapshot(),
        str![[r#"
exit 0
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; no env file written (`--no-env`)

"#]]
    );
    let id = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
    account.patch(&id, json!({"disabled": true}));
    assert_data_eq!(
        machine.run("register https://fox.example --no-env --events user.created,session.created").snapshot(),
        str![[r#"
exit 0
--- stdout
ep_[ID] updated https://fox.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] updated: URL changed, events changed, enabled again; session.created, user.created
  - secret    known; no env file written (`--no-env`)

"#]]
    );
    let endpoint = account.endpoint(&id);
    assert_eq!(endpoint["disabled"], false);
    assert_eq!(endpoint["filterTypes"], json!(["session.created", "user.created"]));
}

#[test]
fn events_are_taken_as_a_person_writes_them() {
    let machine = machine();
    let twice = register(&machine, &format!("{URL} --events user.created,user.created,user.deleted"));
    assert_eq!(twice["events"], json!(["user.created", "user.deleted"]));
    let misspelt = machine.run(&format!("register {URL} --no-env --events user.creatd")).expect_code(4);
    assert_eq!(
        misspelt.stderr.lines().find(|line| line.contains("warning")),
        Some("  warning: Clerk documents no event `user.creatd`; did you mean `user.created`?")
    );
    assert!(misspelt.stderr.contains("The following type names don't exist"), "{}", misspelt.stderr);
    for none in ["--events=", "--events=user.created,", "--events=user\u{a0}created"] {
        machine.run(&format!("register {URL} --no-env {none}")).expect_code(2);
    }
}

#[test]
fn groups_and_all_stand_for_their_events() {
    let machine = machine();
    let group = register(&machine, &format!("{URL} --events user.*,session.created"));
    assert_eq!(group["events"], json!(["session.created", "user.created", "user.deleted", "user.updated"]));
    let all = register(&machine, &format!("{URL} --events all"));
    assert_eq!(all["events"].as_array().map(Vec::len), Some(46));
    let unknown = machine.run(&format!("register {URL} --no-env --events users.*")).expect_code(2);
    assert!(unknown.stderr.contains("no such group of events"), "{}", unknown.stderr);
    let check = machine.run("check --list --only accepts --events role.*").expect_code(0);
    assert!(check.stdout.contains("role.deleted") && !check.stdout.contains("user.created"), "{}", check.stdout);
    let up = Machine::new().run("up --sandbox --serve --once --json --events role.*").expect_code(0);
    assert_eq!(up.of_type("endpoint")[0]["events"], json!(["role.created", "role.deleted", "role.updated"]));
}

#[test]
fn three_hundred_others_are_passed_over_and_left_alone() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    let ours = register(&machine, URL)["endpoint_id"].clone();
    for number in 0..300 {
        account.add_endpoint(&format!("https://other.example/{number}"));
    }
    // Svix lists the newest first, so ours is on the last page.
    assert!(account.list("endpoint?limit=250").iter().all(|endpoint| endpoint["id"] != ours));
    let again = register(&machine, "https://fox.example");
    assert_eq!((&again["action"], &again["endpoint_id"]), (&json!("updated"), &ours));
    let plan = machine.run("register https://cat.example --dry-run --no-env").expect_code(0);
    assert!(plan.stdout.contains("; 300 endpoints of others are left alone"), "{}", plan.stdout);
}

#[test]
fn somebody_s_endpoint_with_the_same_url_is_left_alone_until_it_is_adopted() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    let theirs = account.add_endpoint("https://owl.example/api/webhooks");
    let before = account.endpoint(&theirs);
    let output = machine.run(&format!("register {URL} --no-env"));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  warning: endpoint `ep_[ID]` of somebody else has the same URL, so events arrive twice, once with its signature: take it over with `clerkhook register --adopt ep_[ID]`, or delete it in the Clerk dashboard
  - secret    known; no env file written (`--no-env`)

"#]]
    );
    assert_eq!(account.endpoint(&theirs), before);
    assert!(
        output.stderr.contains(&format!("take it over with `clerkhook register --adopt {theirs}`")),
        "{}",
        output.stderr
    );
}

#[test]
fn adopting_is_by_name_and_keeps_the_secret() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    let theirs = account.add_endpoint("https://owl.example/api/webhooks");
    let secret = account.secret(&theirs);
    let adopted = register(&machine, &format!("{URL} --adopt {theirs}"));
    assert_eq!((&adopted["action"], &adopted["endpoint_id"]), (&json!("updated"), &json!(theirs)));
    assert_eq!((account.list("endpoint").len(), account.secret(&theirs)), (1, secret));
    assert_eq!(register(&machine, URL)["action"], "unchanged");
    assert_data_eq!(
        machine.run(&format!("register {URL} --no-env --adopt ep_absent")).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  there is no endpoint `ep_absent` to adopt
              CH0601

  → copy the id from the endpoint's page in the Clerk dashboard

"#]]
    );
}

#[test]
fn adopting_beside_an_endpoint_of_our_own_moves_the_mark() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    let ours = register(&machine, "https://fox.example")["endpoint_id"].as_str().expect("an id").to_owned();
    let theirs = account.add_endpoint("https://owl.example/api/webhooks");
    let output = machine.run(&format!("register {URL} --no-env --adopt {theirs}")).expect_code(0);
    let note = format!("endpoint `{ours}` was this machine's until now; it is disabled and may be deleted");
    assert!(output.stderr.contains(&note), "{}", output.stderr);
    assert_eq!(account.endpoint(&ours)["disabled"], true);
    let next = register(&machine, URL);
    assert_eq!((&next["action"], &next["endpoint_id"]), (&json!("unchanged"), &json!(theirs)));
}

#[test]
fn a_dry_run_says_the_plan_and_changes_nothing() {
    let machine = machine();
    let account = Account::at(machine.sandbox());
    account.add_endpoint("https://other.example/hooks");
    let plan = |url: &str| machine.run(&format!("register {url} --dry-run")).snapshot();
    assert_data_eq!(
        plan(URL),
        str![[r#"
exit 0
--- stdout
  endpoint  create  an endpoint for https://owl.example/api/webhooks with user.created, user.deleted, user.updated; 1 endpoint of others is left alone
  secret    create  CLERK_WEBHOOK_SIGNING_SECRET in [PROJECT]/.env.local with the endpoint's signing secret

"#]]
    );
    assert_eq!(account.list("endpoint").len(), 1);
    let id = register(&machine, URL)["endpoint_id"].as_str().expect("an id").to_owned();
    let before = account.endpoint(&id);
    assert_data_eq!(
        plan(URL),
        str![[r#"
exit 0
--- stdout
  endpoint  keep    ep_[ID] as it is; 1 endpoint of others is left alone
  secret    create  CLERK_WEBHOOK_SIGNING_SECRET in [PROJECT]/.env.local with the endpoint's signing secret

"#]]
    );
    assert_data_eq!(
        plan("https://fox.example"),
        str![[r#"
exit 0
--- stdout
  endpoint  change  ep_[ID] (URL changed) to https://fox.example/api/webhooks with user.created, user.deleted, user.updated; 1 endpoint of others is left alone
  secret    create  CLERK_WEBHOOK_SIGNING_SECRET in [PROJECT]/.env.local with the endpoint's signing secret

"#]]
    );
    assert_eq!(account.endpoint(&id), before);
    assert_eq!(machine.read(".env.local"), "");
}

#[test]
fn a_url_gets_the_webhook_path_unless_it_has_one() {
    let machine = machine();
    for (args, url) in [
        ("https://owl.example", "https://owl.example/api/webhooks"),
        ("https://owl.example/", "https://owl.example/api/webhooks"),
        ("https://owl.example --path /hooks/clerk", "https://owl.example/hooks/clerk"),
        ("https://owl.example --path hooks", "https://owl.example/hooks"),
        ("https://owl.example/mine --path /hooks", "https://owl.example/mine"),
        ("https://owl.example/mine?tenant=1", "https://owl.example/mine?tenant=1"),
        ("http://localhost:3000", "http://localhost:3000/api/webhooks"),
    ] {
        assert_eq!(register(&machine, args)["url"], url, "{args}");
    }
}

#[test]
fn what_is_no_url_is_refused_before_anybody_is_asked() {
    let machine = Machine::new();
    assert_data_eq!(
        machine.run("register ftp://owl.example").snapshot(),
        str![[r#"
exit 2
--- stderr
error: `ftp://owl.example/` cannot be the endpoint's URL: it begins with neither http:// nor https:// CH0605

  → give the public URL, for example `clerkhook register https://quiet-owl.ngrok-free.dev`

"#]]
    );
    assert_data_eq!(
        machine.run("register owl").snapshot(),
        str![[r#"
exit 2
--- stderr
error: invalid value 'owl' for '[URL]': relative URL without a base

For more information, try '--help'.

"#]]
    );
    let mut machine = machine;
    machine.hide("hunter2");
    let output = machine.run("register https://ann:hunter2@owl.example/hooks --json").expect_code(2);
    assert_eq!(
        output.error()["message"],
        "`https://owl.example/hooks` cannot be the endpoint's URL: it holds credentials"
    );
}
