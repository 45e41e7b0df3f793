//! An event as it goes over the wire: the example of its type, its times moved, its cast renewed.

use serde_json::Value;

use super::renew::Cast;
use super::times::shift;
use super::types;

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
    /// By so many milliseconds from where [`told_at`] has it: events that are moved alike tell one story, in which a
    /// user has the same birth in each.
    Moved(i64),
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
        Time::Moved(milliseconds) => shift(&mut event, milliseconds),
        Time::OfSeed => shift(&mut event, days_of(cast) * DAY),
    }
    cast.renew(&mut event);
    Some(event.to_string())
}

/// When the story of the examples has an event, in Unix milliseconds. `None` where there is no example.
pub fn told_at(event_type: &str) -> Option<i64> {
    template(event_type)?["timestamp"].as_i64()
}

/// The id of a message, `msg_` and 27 characters: the same for the same seed, so two events of one seed that are
/// sent as two messages need another seed here.
pub fn message_id(seed: u64) -> String {
    Cast { seed, mark: None }.id("msg", "message", 27)
}

/// The examples' story begins in the last days of 2025 and lasts 80 days.
fn days_of(cast: Cast) -> i64 {
    let days = 5 + cast.number("day") % 270;
    i64::try_from(days).expect("below 275")
}

/// Moves the times so that the event is sent at `now_ms`.
fn end(event: &mut Value, now_ms: i64) {
    let sent = event["timestamp"].as_i64().expect("the tests find a timestamp in every template");
    shift(event, now_ms - sent);
}

fn template(event_type: &str) -> Option<Value> {
    let template = types::template(event_type)?;
    Some(serde_json::from_str(template).expect("the tests parse every template"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::catalogue::renew::{NAMES, id_parts};
    use crate::catalogue::{DEFAULT, types};

    const NOW: i64 = 1_800_000_000_123;

    fn recipe(seed: u64) -> Recipe {
        Recipe { seed, mark: None, time: Time::OfSeed }
    }

    fn built(kind: &str, recipe: &Recipe) -> Value {
        serde_json::from_str(&build(kind, recipe).expect("a known type")).expect("JSON")
    }

    /// Every text of a payload with its path, in order.
    fn texts(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(name, field)| texts(field, &format!("{path}.{name}"), found));
            }
            Value::Array(items) => items.iter().for_each(|item| texts(item, path, found)),
            Value::String(text) => found.push((path.to_owned(), text.clone())),
            _ => found.push((path.to_owned(), String::new())),
        }
    }

    fn texts_of(event: &Value) -> Vec<(String, String)> {
        let mut found = Vec::new();
        texts(event, "", &mut found);
        found
    }

    /// What must be another for another seed, old and new, in order.
    fn own(kind: &str, recipe: &Recipe) -> Vec<(String, String)> {
        let old = texts_of(&template(kind).expect("a known type"));
        let new = texts_of(&built(kind, recipe));
        assert!(old.iter().map(|(path, _)| path).eq(new.iter().map(|(path, _)| path)), "the keys moved");
        let pairs = old.into_iter().zip(new).map(|((_, old), (_, new))| (old, new));
        let is_own = |text: &str| {
            id_parts(text).is_some() || text.contains('@') || text.starts_with("+1") || NAMES.contains(&text)
        };
        pairs.filter(|(old, _)| is_own(old)).collect()
    }

    fn kind() -> impl Strategy<Value = &'static str> {
        proptest::sample::select(types())
    }

    proptest! {
        #[test]
        fn equal_recipes_give_equal_bytes(kind in kind(), seed: u64) {
            prop_assert_eq!(build(kind, &recipe(seed)), build(kind, &recipe(seed)));
            prop_assert_eq!(message_id(seed), message_id(seed));
        }

        #[test]
        fn another_seed_is_another_cast(kind in kind(), seed: u64, apart in 1..50_000_u64) {
            let (one, other) = (own(kind, &recipe(seed)), own(kind, &recipe(seed.wrapping_add(apart))));
            prop_assert!(!one.is_empty());
            for ((old, new), (_, other)) in one.iter().zip(&other) {
                prop_assert!(new != old && new != other, "{} became {}", old, new);
            }
            prop_assert_ne!(message_id(seed), message_id(seed.wrapping_add(apart)));
        }

        #[test]
        fn relations_hold_across_types(one in kind(), other in kind(), seed: u64) {
            let mut pairs = own(one, &recipe(seed));
            pairs.extend(own(other, &recipe(seed)));
            for (old, new) in &pairs {
                for (old_too, new_too) in &pairs {
                    prop_assert_eq!(old == old_too, new == new_too, "{} and {}", old, old_too);
                }
            }
        }

        #[test]
        fn ids_keep_their_form(kind in kind(), seed: u64, marked: bool) {
            let mark = marked.then_some("clerkhook");
            for (old, new) in own(kind, &Recipe { mark, ..recipe(seed) }) {
                let Some((prefix, random)) = id_parts(&old) else { continue };
                let (new_prefix, new_random) = id_parts(&new).expect("an id");
                prop_assert_eq!((prefix, random.len()), (new_prefix, new_random.len()));
                prop_assert!(new_random.starts_with(mark.unwrap_or("3")), "{}", new);
            }
        }

        #[test]
        fn javascript_would_write_the_same(kind in kind(), seed: u64) {
            let text = build(kind, &recipe(seed)).expect("a known type");
            let event: Value = serde_json::from_str(&text).expect("JSON");
            // V8 writes what serde_json writes but for floats and for names that are numbers.
            prop_assert_eq!(&event.to_string(), &text);
            prop_assert!(!text.contains("\\u") && !text.contains("\\/"), "{}", text);
            let mut pending = vec![&event];
            while let Some(value) = pending.pop() {
                prop_assert!(!value.is_f64(), "{}", value);
                if let Value::Object(fields) = value {
                    prop_assert!(fields.keys().all(|name| name.parse::<u32>().is_err()));
                    pending.extend(fields.values());
                }
                pending.extend(value.as_array().into_iter().flatten());
            }
        }
    }

    #[test]
    fn keys_come_as_clerk_sends_them() {
        for kind in types() {
            let event = built(kind, &recipe(1));
            let keys: Vec<_> = event.as_object().expect("an object").keys().collect();
            assert_eq!(keys, ["data", "event_attributes", "instance_id", "object", "timestamp", "type"]);
        }
    }

    #[test]
    fn a_seed_gives_these_names() {
        let event = built("user.updated", &Recipe { mark: Some("clerkhook"), ..recipe(7) });
        let user = &event["data"];
        let address = &user["email_addresses"][0]["email_address"];
        let number = &user["phone_numbers"][0]["phone_number"];
        let found = [&user["id"], &user["username"], address, number, &event["timestamp"]].map(Value::to_string);
        assert_data_eq!(
            format!("{}\n{}\n", found.join("\n"), message_id(7)),
            str![[r#"
"user_clerkhookNeI8eBc2bXnoNT8fn5"
"mira_okafor-xv9kyiie"
"mira.okafor.y2fbrmsj@example.com"
"+17635550113"
1782904619723
msg_3epjRwBkcSaIfFVL5Q4d5yFurDf

"#]]
        );
    }

    #[test]
    fn events_of_one_seed_stand_in_the_order_of_their_story() {
        let told = DEFAULT.map(|kind| built(kind, &recipe(3)));
        let [created, deleted, updated] = &told;
        assert_eq!(created["data"]["created_at"], updated["data"]["created_at"]);
        let sent = [created, updated, deleted].map(|event| event["timestamp"].as_i64().expect("a time"));
        assert!(sent.is_sorted(), "{sent:?}");
        for seed in 0..200 {
            let year = 1_767_225_600_000..1_798_761_600_000;
            let sent = ["waitlistEntry.created", "user.deleted"].map(|kind| built(kind, &recipe(seed)));
            assert!(sent.iter().all(|event| year.contains(&event["timestamp"].as_i64().expect("a time"))), "{seed}");
        }
    }

    #[test]
    fn times_end_at_the_sending() {
        for kind in types() {
            let ending = Recipe { time: Time::Ending(NOW), ..recipe(0) };
            let sent: Value = serde_json::from_str(&example(kind, NOW).expect("an example")).expect("JSON");
            assert_eq!((&sent["timestamp"], &built(kind, &ending)["timestamp"]), (&NOW.into(), &NOW.into()));
        }
    }

    #[test]
    fn an_unknown_type_has_no_example() {
        assert_eq!(example("user.banned", NOW), None);
        assert_eq!(build("user.banned", &recipe(0)), None);
    }
}
