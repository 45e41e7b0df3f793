//! An event as it goes over the wire: the example of its type, its times moved, its cast renewed.

use serde_json::Value;

use super::renew::Cast;
use super::times::shift;

/// What one event is made from: equal recipes give equal bytes, and events of one seed tell of one user, one
/// organization and one subscription.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Every id, address and unique name follows from it.
    pub seed: u64,
    /// A word of letters and digits, at most 16, with which the random part of each id begins.
    pub mark: Option<&'static str>,
    /// When it is said to be sent.
    pub time: Time,
}

/// When an event is said to be sent. Times move together, so what was an hour apart stays so.
#[derive(Clone, Copy, Debug)]
pub enum Time {
    /// At this Unix millisecond.
    Ending(i64),
    /// At some time of 2026 that follows from the seed; events of one seed stand in the order of their story.
    OfSeed,
}

const DAY: i64 = 86_400_000;

/// The whole envelope of an event as compact JSON, byte for byte as JavaScript's `JSON.stringify` writes it, with
/// its times moved so that the event is sent at `now_ms` (Unix milliseconds) and the ids of the example. `None`
/// where there is no example.
pub fn example(event_type: &str, now_ms: i64) -> Option<String> {
    let mut event = template(event_type)?;
    end(&mut event, now_ms);
    Some(event.to_string())
}

/// The envelope of an event of a recipe, written as [`example`] writes it. `None` where there is no example.
pub fn build(event_type: &str, recipe: &Recipe) -> Option<String> {
    let mut event = template(event_type)?;
    let cast = Cast { seed: recipe.seed, mark: recipe.mark };
    match recipe.time {
        Time::Ending(now_ms) => end(&mut event, now_ms),
        Time::OfSeed => shift(&mut event, days_of(cast) * DAY),
    }
    cast.renew(&mut event);
    Some(event.to_string())
}

/// The id of a message, `msg_` and 27 characters: the same for the same seed, so two events of one seed that are
/// sent as two messages need another seed here.
pub fn message_id(seed: u64) -> String {
    Cast { seed, mark: None }.id("msg", "message", 27)
}

/// Between 0 and 299, so that a month's story stays in its year.
fn days_of(cast: Cast) -> i64 {
    let days = cast.number("day") % 300;
    i64::try_from(days).expect("below 300")
}

/// Moves the times so that the event is sent at `now_ms`.
fn end(event: &mut Value, now_ms: i64) {
    let sent = event["timestamp"].as_i64().expect("the tests find a timestamp in every template");
    shift(event, now_ms - sent);
}

fn template(event_type: &str) -> Option<Value> {
    let template = match event_type {
        "user.created" => include_str!("examples/user.created.json"),
        "user.updated" => include_str!("examples/user.updated.json"),
        "user.deleted" => include_str!("examples/user.deleted.json"),
        _ => return None,
    };
    Some(serde_json::from_str(template).expect("the tests parse every template"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::DEFAULT;
    use crate::events::times::is_time;

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
}
