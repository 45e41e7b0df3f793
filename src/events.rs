//! The catalogue of Clerk's webhook events: every type, and example payloads of the three user events.

use serde_json::Value;

/// The event types that `up` and `register` subscribe to unless told otherwise.
pub const DEFAULT: [&str; 3] = ["user.created", "user.deleted", "user.updated"];

/// Sorted. The 45 of Clerk's webhook specification of 2025-04-15, and `subscriptionItem.created`, which Clerk's
/// SDK knows besides.
const TYPES: [&str; 46] = [
    "email.created",
    "organization.created",
    "organization.deleted",
    "organization.updated",
    "organizationDomain.created",
    "organizationDomain.deleted",
    "organizationDomain.updated",
    "organizationInvitation.accepted",
    "organizationInvitation.created",
    "organizationInvitation.revoked",
    "organizationMembership.created",
    "organizationMembership.deleted",
    "organizationMembership.updated",
    "paymentAttempt.created",
    "paymentAttempt.updated",
    "permission.created",
    "permission.deleted",
    "permission.updated",
    "role.created",
    "role.deleted",
    "role.updated",
    "session.created",
    "session.ended",
    "session.pending",
    "session.removed",
    "session.revoked",
    "sms.created",
    "subscription.active",
    "subscription.created",
    "subscription.pastDue",
    "subscription.updated",
    "subscriptionItem.abandoned",
    "subscriptionItem.active",
    "subscriptionItem.canceled",
    "subscriptionItem.created",
    "subscriptionItem.ended",
    "subscriptionItem.freeTrialEnding",
    "subscriptionItem.incomplete",
    "subscriptionItem.pastDue",
    "subscriptionItem.upcoming",
    "subscriptionItem.updated",
    "user.created",
    "user.deleted",
    "user.updated",
    "waitlistEntry.created",
    "waitlistEntry.updated",
];

/// More differing letters than this are another name, not a misspelt one.
const FARTHEST: usize = 3;

/// Every event type, sorted. New ones appear at Clerk first, so an unknown name is a reason to warn, not to refuse.
pub fn types() -> &'static [&'static str] {
    &TYPES
}

/// The event type that a misspelt name most likely means; case and separators do not count.
pub fn nearest(name: &str) -> Option<&'static str> {
    let wanted = letters(name);
    let distances = TYPES.iter().map(|kind| (distance(&wanted, &letters(kind)), *kind));
    let (distance, kind) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= FARTHEST.min(wanted.len() / 3)).then_some(kind)
}

/// The whole envelope of an event as compact JSON, byte for byte as JavaScript's `JSON.stringify` writes it, with
/// its times moved so that the event is sent at `now_ms` (Unix milliseconds). `None` where there is no example.
pub fn example(event_type: &str, now_ms: i64) -> Option<String> {
    let template = match event_type {
        "user.created" => include_str!("events/user.created.json"),
        "user.updated" => include_str!("events/user.updated.json"),
        "user.deleted" => include_str!("events/user.deleted.json"),
        _ => return None,
    };
    let mut event: Value = serde_json::from_str(template).expect("the tests parse every template");
    let sent = event["timestamp"].as_i64().expect("the tests find a timestamp in every template");
    shift(&mut event, now_ms - sent);
    Some(event.to_string())
}

/// Moves every time in a payload by `milliseconds`.
fn shift(value: &mut Value, milliseconds: i64) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field.as_i64() {
                    Some(time) if is_time(name) => *field = (time + milliseconds).into(),
                    _ => shift(field, milliseconds),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shift(item, milliseconds)),
        _ => {}
    }
}

fn is_time(name: &str) -> bool {
    name == "timestamp" || name.ends_with("_at")
}

fn letters(name: &str) -> Vec<char> {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Levenshtein's distance, one row at a time.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, left) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000_123;

    /// What Clerk's specification of 2025-04-15 lists as required.
    const ENVELOPE: &str = "object type data timestamp instance_id";
    const USER: &str = "id object external_id primary_email_address_id primary_phone_number_id primary_web3_wallet_id \
        username first_name last_name has_image public_metadata email_addresses phone_numbers web3_wallets passkeys \
        password_enabled two_factor_enabled totp_enabled backup_code_enabled mfa_enabled_at mfa_disabled_at \
        external_accounts saml_accounts enterprise_accounts last_sign_in_at banned locked lockout_expires_in_seconds \
        verification_attempts_remaining updated_at created_at delete_self_enabled create_organization_enabled \
        last_active_at legal_accepted_at";
    const EMAIL_ADDRESS: &str = "object email_address reserved verification linked_to created_at updated_at";
    const PHONE_NUMBER: &str = "object phone_number reserved verification linked_to created_at updated_at";
    const EXTERNAL_ACCOUNT: &str = "object id provider identification_id provider_user_id approved_scopes \
        email_address first_name last_name public_metadata created_at updated_at verification";
    const VERIFICATION: &str = "object status strategy attempts expire_at";
    const DELETED: &str = "object deleted id";

    fn parsed(kind: &str) -> Value {
        serde_json::from_str(&example(kind, NOW).expect("an example")).expect("JSON")
    }

    fn has(value: &Value, fields: &str) {
        for field in fields.split_whitespace() {
            assert!(value.get(field).is_some(), "`{field}` is missing in {value}");
        }
    }

    fn each(values: &Value, fields: &str) {
        for value in values.as_array().expect("a list") {
            has(value, fields);
            has(&value["verification"], VERIFICATION);
        }
    }

    fn walk(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(name, field)| {
                visit(name, field);
                walk(field, visit);
            }),
            Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
            _ => {}
        }
    }

    #[test]
    fn types_are_sorted_and_distinct() {
        assert!(TYPES.is_sorted_by(|left, right| left < right));
        assert!(DEFAULT.iter().all(|kind| TYPES.contains(kind)));
    }

    #[test]
    fn examples_carry_what_clerk_requires() {
        for kind in DEFAULT {
            let event = parsed(kind);
            has(&event, ENVELOPE);
            assert_eq!((&event["type"], &event["object"]), (&kind.into(), &"event".into()));
            assert_eq!(event["data"]["object"], "user");
        }
        for kind in ["user.created", "user.updated"] {
            let user = &parsed(kind)["data"];
            has(user, USER);
            each(&user["email_addresses"], EMAIL_ADDRESS);
            each(&user["phone_numbers"], PHONE_NUMBER);
            each(&user["external_accounts"], EXTERNAL_ACCOUNT);
        }
        let deleted = &parsed("user.deleted")["data"];
        has(deleted, DELETED);
        assert_eq!(deleted["deleted"], true);
    }

    #[test]
    fn the_three_events_tell_of_one_user() {
        let [created, deleted, updated] = DEFAULT.map(parsed);
        for later in [&updated, &deleted] {
            assert_eq!(later["data"]["id"], created["data"]["id"]);
            assert_eq!(later["instance_id"], created["instance_id"]);
        }
        for event in [&created, &updated] {
            let user = &event["data"];
            assert_eq!(user["primary_email_address_id"], user["email_addresses"][0]["id"]);
            assert_eq!(
                user["email_addresses"][0]["linked_to"][0]["id"],
                user["external_accounts"][0]["identification_id"]
            );
            assert_eq!(user["primary_phone_number_id"], user["phone_numbers"][0]["id"]);
        }
    }

    #[test]
    fn ids_and_addresses_belong_to_nobody() {
        for kind in DEFAULT {
            walk(&parsed(kind), &mut |name, field| {
                let Some(text) = field.as_str() else { return };
                if name == "id" || name.ends_with("_id") && name != "provider_user_id" {
                    let (prefix, random) = text.split_once('_').expect("a prefix");
                    assert!(["user", "idn", "eac", "ins"].contains(&prefix), "{text}");
                    assert!(random.len() == 27 && random.chars().all(|c| c.is_ascii_alphanumeric()), "{text}");
                }
                if text.contains('@') {
                    assert!(text.ends_with("@example.com") || text.ends_with("@example.org"), "{text}");
                }
            });
        }
    }

    #[test]
    fn times_end_at_the_sending() {
        for kind in DEFAULT {
            let event = parsed(kind);
            assert_eq!(event["timestamp"], NOW);
            walk(&event, &mut |name, field| {
                let Some(time) = field.as_i64().filter(|_| is_time(name)) else { return };
                assert!((NOW - 30 * 86_400_000..=NOW).contains(&time), "{kind}: {name} is {time}");
            });
        }
        let updated = &parsed("user.updated")["data"];
        assert!(updated["created_at"].as_i64() < updated["updated_at"].as_i64());
    }

    #[test]
    fn examples_are_written_as_javascript_writes_them() {
        for kind in DEFAULT {
            let text = example(kind, NOW).expect("an example");
            assert!(!text.contains('\n') && !text.contains("\\u") && !text.contains("\\/"));
            walk(&parsed(kind), &mut |name, field| {
                assert!(!field.is_f64(), "{name}");
                // JavaScript would move such a name to the front.
                assert!(name.parse::<u32>().is_err(), "{name}");
            });
        }
    }

    #[test]
    fn an_unknown_type_has_no_example() {
        assert_eq!(example("user.banned", NOW), None);
    }

    #[test]
    fn misspelt_names_are_recognised() {
        for (name, kind) in [
            ("user.created", Some("user.created")),
            ("user.create", Some("user.created")),
            ("User_Updated", Some("user.updated")),
            ("users.deleted", Some("user.deleted")),
            ("organization_membership.created", Some("organizationMembership.created")),
            ("subscription.past_due", Some("subscription.pastDue")),
            ("subscriptionItem.freeTrialEnds", Some("subscriptionItem.freeTrialEnding")),
            ("smscreated", Some("sms.created")),
            ("invoice.paid", None),
            ("user", None),
            ("created", None),
            ("", None),
            ("🦀", None),
        ] {
            assert_eq!(nearest(name), kind, "{name:?}");
        }
    }

    #[test]
    fn distance_counts_letters() {
        for (from, to, apart) in [("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(distance(&letters(from), &letters(to)), apart, "{from} {to}");
        }
    }
}
