//! The examples against one another: they tell of one cast, and their times are those of one story.

use serde_json::Value;

use super::shape::{told, walk};
use super::times::is_time;
use super::types::types;

const DAY: i64 = 86_400_000;

fn time(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is no time"))
}

/// Fields that may lie ahead of the event.
fn lies_ahead(name: &str) -> bool {
    ["abandon_at", "expire_at", "expires_at", "period_end"].contains(&name)
}

#[test]
fn times_are_milliseconds_of_the_story() {
    for kind in types() {
        let event = told(kind);
        let sent = time(&event["timestamp"]);
        assert!((1_766_800_000_000..1_774_400_000_000).contains(&sent), "{kind}: {sent}");
        walk("", &event, &mut |name, field| {
            let Some(number) = field.as_i64() else { return };
            assert_eq!(is_time(name), number >= 100_000_000_000, "{kind}: {name} is {number}");
            let upcoming = name == "period_start" && ["upcoming", "abandoned"].iter().any(|end| kind.ends_with(end));
            let both = name == "period_start" && *kind == "subscription.updated";
            let past = (sent - 90 * DAY..=sent).contains(&number);
            assert!(!is_time(name) || past || upcoming || both || lies_ahead(name), "{kind}: {name} is {number}");
        });
    }
}

#[test]
fn things_are_created_before_they_change_and_end() {
    for kind in types() {
        walk("", &told(kind), &mut |_, value| {
            let [created, updated] = ["created_at", "updated_at"].map(|name| value[name].as_i64());
            assert!(created <= updated, "{kind}: {value}");
            for name in ["abandon_at", "expire_at", "expires_at"] {
                let end = value[name].as_i64().filter(|_| created.is_some());
                assert!(end.is_none_or(|end| Some(end) > created), "{kind}: {name} in {value}");
            }
            let [from, to] = ["period_start", "period_end"].map(|name| value[name].as_i64());
            assert!(from.is_none() || from < to, "{kind}: {value}");
        });
    }
}

#[test]
fn what_was_updated_differs() {
    for kind in types().iter().filter(|kind| kind.ends_with(".updated")) {
        let created = &told(&kind.replace("updated", "created"))["data"];
        let updated = &told(kind)["data"];
        assert_eq!(created["id"], updated["id"], "{kind}");
        assert!(time(&created["updated_at"]) < time(&updated["updated_at"]), "{kind}");
        assert_eq!(created["created_at"], updated["created_at"], "{kind}");
        let (before, after) = (created.as_object().expect("an object"), updated.as_object().expect("an object"));
        let changed = after.iter().filter(|(name, field)| before.get(*name) != Some(field) && !is_time(name));
        assert!(changed.count() > 0, "{kind} changes times only");
    }
}

#[test]
fn statuses_fit_their_types() {
    for (kind, status) in [
        ("organizationInvitation.accepted", "accepted"),
        ("organizationInvitation.created", "pending"),
        ("organizationInvitation.revoked", "revoked"),
        ("paymentAttempt.created", "pending"),
        ("paymentAttempt.updated", "paid"),
        ("session.created", "active"),
        ("session.ended", "ended"),
        // The specification's enumeration has no `pending`.
        ("session.pending", "active"),
        ("session.removed", "removed"),
        ("session.revoked", "revoked"),
        ("subscription.active", "active"),
        ("subscription.pastDue", "past_due"),
        ("subscriptionItem.abandoned", "abandoned"),
        ("subscriptionItem.active", "active"),
        ("subscriptionItem.canceled", "canceled"),
        ("subscriptionItem.ended", "ended"),
        ("subscriptionItem.freeTrialEnding", "active"),
        ("subscriptionItem.incomplete", "incomplete"),
        ("subscriptionItem.pastDue", "past_due"),
        ("subscriptionItem.upcoming", "upcoming"),
        ("waitlistEntry.created", "pending"),
        ("waitlistEntry.updated", "invited"),
    ] {
        assert_eq!(told(kind)["data"]["status"], status, "{kind}");
    }
    assert!(told("subscription.pastDue")["data"]["past_due_at"].is_i64());
    assert!(told("paymentAttempt.updated")["data"]["paid_at"].is_i64());
    let trial = &told("subscriptionItem.freeTrialEnding");
    assert_eq!(time(&trial["data"]["period_end"]) - time(&trial["timestamp"]), 3 * DAY);
    assert_eq!(trial["data"]["is_free_trial"], true);
}

#[test]
fn there_is_one_of_each() {
    let user = told("user.created")["data"]["id"].clone();
    let organization = told("organization.created")["data"]["id"].clone();
    let instance = told("user.created")["instance_id"].clone();
    for kind in types() {
        let event = told(kind);
        walk("", &event, &mut |name, value| {
            let object = value["object"].as_str().unwrap_or(name);
            match object {
                "user" if value["object"] == "user" => assert_eq!(value["id"], user, "{kind}"),
                "organization" | "public_organization_data" => assert_eq!(value["id"], organization, "{kind}"),
                "public_user_data" | "public_inviter_data" | "commerce_payer" | "session" => {
                    assert_eq!(value["user_id"], user, "{kind}");
                }
                "organization_id" if value != "" => assert_eq!(*value, organization, "{kind}"),
                "instance_id" => assert_eq!(*value, instance, "{kind}"),
                _ => {}
            }
        });
        // A plan that is to start later is an item of its own.
        let about = kind.split('.').next().filter(|about| *about != "subscriptionItem");
        let first = about.and_then(|about| types().iter().find(|kind| kind.split('.').next() == Some(about)));
        if let Some(first) = first {
            assert_eq!(event["data"]["id"], told(first)["data"]["id"], "{kind} and {first}");
        }
    }
}

#[test]
fn what_is_named_is_there() {
    for kind in ["user.created", "user.updated", "session.created", "session.ended"] {
        let event = told(kind);
        let data = &event["data"];
        let user = if data["object"] == "session" { &data["user"] } else { data };
        assert_eq!(user["primary_email_address_id"], user["email_addresses"][0]["id"], "{kind}");
        assert_eq!(user["primary_phone_number_id"], user["phone_numbers"][0]["id"], "{kind}");
        let link = &user["email_addresses"][0]["linked_to"][0]["id"];
        assert_eq!(*link, user["external_accounts"][0]["identification_id"], "{kind}");
    }
    let updated = &told("user.updated")["data"];
    assert_eq!(told("sms.created")["data"]["phone_number_id"], updated["primary_phone_number_id"]);
    assert_eq!(told("email.created")["data"]["email_address_id"], updated["primary_email_address_id"]);
    let subscription = &told("subscription.created")["data"];
    assert_eq!(subscription["payer_id"], subscription["payer"]["id"]);
    for kind in types().iter().filter(|kind| kind.starts_with("subscriptionItem.")) {
        let item = &told(kind)["data"];
        assert_eq!(item["subscription_id"], subscription["id"], "{kind}");
        assert_eq!(item["plan_id"], item["plan"]["id"], "{kind}");
        assert_eq!(item["payer"], subscription["payer"], "{kind}");
    }
    let payment = &told("paymentAttempt.updated")["data"];
    assert_eq!(payment["subscription_items"][0]["subscription_id"], subscription["id"]);
    assert_eq!(payment["payment_id"], told("subscription.active")["data"]["latest_payment_id"]);
    assert_eq!(payment["payment_source"]["id"], subscription["payment_source_id"]);
    assert_eq!(told("role.created")["data"]["permissions"][0], told("permission.created")["data"]);
    assert_eq!(told("organizationMembership.updated")["data"]["role"], told("role.created")["data"]["key"]);
}
