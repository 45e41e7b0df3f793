//! `register --list` and `prune`: whose the endpoints are, and only what nobody serves goes.

use serde_json::{Value, json};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox};
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

fn listed(machine: &Machine) -> Vec<Value> {
    machine.run("register --list --json").expect_code(0).of_type("listing")
}

fn of<'a>(listings: &'a [Value], id: &str) -> &'a Value {
    listings.iter().find(|line| line["endpoint_id"] == id).expect("listed")
}

/// An endpoint of another machine.
fn elsewhere(account: &Account, url: &str, disabled: bool) -> String {
    let id = account.add_endpoint(url);
    account.patch(&id, json!({"uid": format!("clerkhook-{id}"), "disabled": disabled}));
    id
}

#[test]
fn each_endpoint_is_listed_with_whose_it_is_and_nothing_changes() {
    let stand = Stand::with(|sandbox| Machine::with(sandbox).config("[profile.old]\n"), RawApp::answering(OK), "");
    stand.run("register https://quiet-owl.ngrok-free.dev --no-env --profile old").expect_code(0);
    let account = Account::at(stand.machine.sandbox());
    let theirs = account.add_endpoint("https://shop.example.com/api/webhooks");
    let other = elsewhere(&account, "https://play.svix.com/in/c_1/", true);
    let before = account.list("endpoint");
    let listings = listed(&stand.machine);
    assert_eq!((listings.len(), &before), (4, &account.list("endpoint")));
    let running = of(&listings, stand.ready["endpoint_id"].as_str().expect("an id"));
    assert_eq!(
        (&running["owner"], &running["profile"], &running["served"]),
        (&"here".into(), &"default".into(), &true.into())
    );
    let old = listings.iter().find(|line| line["profile"] == "old").expect("listed");
    assert_eq!((&old["kind"], &old["served"]), (&"ngrok".into(), &false.into()));
    assert_eq!((&of(&listings, &theirs)["owner"], &of(&listings, &theirs)["kind"]), (&"other".into(), &"host".into()));
    let other = of(&listings, &other);
    assert_eq!(
        (&other["owner"], &other["disabled"], &other["kind"]),
        (&"clerkhook".into(), &true.into(), &"relay".into())
    );
    assert!(other["updated_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{other}");
    let person = stand.run("register --list").expect_code(0);
    assert!(
        person.stdout.contains("profile default, runs") && person.stdout.contains("somebody else's"),
        "{}",
        person.stdout
    );
}

#[test]
fn only_what_nobody_serves_goes_and_only_after_a_yes() {
    let stand = Stand::with(|sandbox| Machine::with(sandbox).config("[profile.old]\n"), RawApp::answering(OK), "");
    stand.run("register https://quiet-owl.ngrok-free.dev --no-env --profile old").expect_code(0);
    let account = Account::at(stand.machine.sandbox());
    let theirs = account.add_endpoint("https://shop.example.com/api/webhooks");
    let (held, live) =
        (elsewhere(&account, "https://a.example/", true), elsewhere(&account, "https://b.example/", false));
    let young = stand.run("prune --yes").expect_code(0);
    assert!(young.stderr.contains("no endpoint is left over"), "{}", young.stderr);
    let planned = stand.run("prune --older-than 1ms --dry-run --json").expect_code(0).of_type("plan");
    assert_eq!(planned.len(), 1, "{planned:?}");
    let unasked = stand.run("prune --older-than 1ms --json").expect_code(3);
    assert_eq!((unasked.error()["code"].as_str(), account.list("endpoint").len()), (Some("CH0107"), 5));
    let pruned = stand.run("prune --older-than 1ms --yes --json").expect_code(0).of_type("endpoint");
    assert!(pruned.len() == 1 && pruned[0]["action"] == "deleted", "{pruned:?}");
    let everywhere = stand.run("prune --older-than 1ms --all-machines --yes --json").expect_code(0).of_type("endpoint");
    assert!(everywhere.len() == 1 && everywhere[0]["endpoint_id"] == held.as_str(), "{everywhere:?}");
    let left: Vec<Value> = account.list("endpoint").into_iter().map(|endpoint| endpoint["id"].clone()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
    for id in [theirs.as_str(), live.as_str(), stand.ready["endpoint_id"].as_str().expect("an id")] {
        assert!(left.contains(&id.into()), "{id} of {left:?}");
    }
    stand.run("prune --older-than 0d").expect_code(2);
}

#[test]
fn a_production_instance_is_left_alone_without_live() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox).without("CLERK_SECRET_KEY");
    let machine = machine.secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
    assert_eq!(machine.run("prune --older-than 1ms --yes --json").expect_code(3).error()["code"], "CH0104");
}
