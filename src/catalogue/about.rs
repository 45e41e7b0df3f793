//! Whom an event concerns, in one short phrase: an address, a name, an organization and a role, a plan and its price.
//! What stands where is data, in `about.txt`.

use std::sync::LazyLock;

use serde_json::Value;

use crate::delivery::changes;
use crate::payload::Path;

/// Between the parts of a phrase.
const BETWEEN: &str = " · ";

/// Currencies without a smaller unit (ISO 4217).
const WHOLE: [&str; 16] =
    ["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"];

/// How many changed names are told before they are counted.
const NAMED: usize = 2;

/// Changes of a user that come with everything else, and tell something only where they are all.
const BESIDE: [&str; 3] = ["last_active_at", "last_sign_in_at", "updated_at"];

static TABLE: LazyLock<Table> = LazyLock::new(|| Table::read(include_str!("about.txt")));

/// The lines of `about.txt`: what is named by `@`, and the template of each type and group.
struct Table {
    ways: Vec<(&'static str, &'static str)>,
    templates: Vec<(&'static str, &'static str)>,
}

impl Table {
    fn read(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(' ')).map(|(name, rest)| (name, rest.trim_start()));
        let (ways, templates) = pairs.partition(|(name, _)| name.starts_with('@'));
        Self { ways, templates }
    }

    /// The first that is meant: a type stands before its group, and `*` last.
    fn template(&self, event_type: &str) -> Option<&'static str> {
        let admits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(beginning) => event_type.starts_with(beginning),
            None => event_type == pattern,
        };
        self.templates.iter().find(|(pattern, _)| admits(pattern)).map(|(_, template)| *template)
    }

    /// A part of a template: the first of its ways that leads somewhere.
    fn part(&self, part: &str, body: &Value) -> Option<String> {
        let ways = match self.ways.iter().find(|(name, _)| *name == part) {
            Some((_, ways)) => ways,
            None => part,
        };
        ways.split('|').find_map(|way| filled(way, body))
    }
}

/// Whom an event concerns; `None` for a body that says nothing of it.
pub fn about(event_type: &str, body: &Value) -> Option<String> {
    let template = TABLE.template(event_type)?;
    let parts: Vec<String> = template.split(BETWEEN).filter_map(|part| TABLE.part(part, body)).collect();
    (!parts.is_empty()).then(|| parts.join(BETWEEN))
}

/// What an event says otherwise than an earlier one of the same user or organization: `last_name changed`.
pub fn changed(before: &Value, now: &Value) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for change in changes::between(before.get("data")?, now.get("data")?) {
        let name = change.path.split(['.', '[']).next().unwrap_or_default().to_owned();
        if !names.contains(&name) && !BESIDE.contains(&name.as_str()) {
            names.push(name);
        }
    }
    match names.len() {
        0 => None,
        count if count > NAMED => Some(format!("{}, {} more changed", names[0], count - 1)),
        _ => Some(format!("{} changed", names.join(", "))),
    }
}

/// A way with its places filled; `None` where one of them is empty.
fn filled(way: &str, body: &Value) -> Option<String> {
    let mut text = String::new();
    let mut rest = way;
    while let Some((before, after)) = rest.split_once('{') {
        let (place, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&said(place, body)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

/// What stands at a place, as a person reads it.
fn said(place: &str, body: &Value) -> Option<String> {
    let (path, form) = place.split_once('!').unwrap_or((place, ""));
    let value = found(path, body)?;
    match form.split_once(':').unwrap_or((form, "")) {
        ("money", currency) => Some(money(value.as_i64()?, found(currency, body)?.as_str()?)),
        ("words", _) => text(value).map(|text| text.replace('_', " ")),
        _ => text(value),
    }
}

/// A value as text; what is empty is as good as missing.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn found<'a>(path: &str, body: &'a Value) -> Option<&'a Value> {
    let at = |path: &str, value: &'a Value| path.parse::<Path>().ok()?.find(value);
    let Some((list, rest)) = path.split_once("[=") else { return at(path, body) };
    let (of, rest) = rest.split_once("].")?;
    let meant = at(of, body)?;
    let element = at(list, body)?.as_array()?.iter().find(|element| element.get("id") == Some(meant))?;
    at(rest, element)
}

/// `2400`, `USD` → `24.00 USD`.
fn money(amount: i64, currency: &str) -> String {
    if WHOLE.contains(&currency.to_ascii_uppercase().as_str()) {
        return format!("{amount} {currency}");
    }
    let sign = if amount < 0 { "-" } else { "" };
    let amount = amount.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", amount / 100, amount % 100)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::types::{template, types};
    use super::*;

    const ADDRESS: &str = "mira.okafor@example.com";
    const USER: &str = "user_37TfKoR4hCtSj8PdXvMz5WbLqEn";

    /// What each example is about.
    fn told() -> Vec<(&'static str, String)> {
        let example = |kind: &str| serde_json::from_str::<Value>(template(kind).expect(kind)).expect("JSON");
        types().iter().map(|kind| (*kind, about(kind, &example(kind)).expect(kind))).collect()
    }

    #[test]
    fn each_example_says_whom_it_concerns() {
        let lines = told().iter().map(|(kind, about)| format!("{kind:<33}{about}\n")).collect::<String>();
        snapbox::assert_data_eq!(lines, snapbox::file!["about.examples.txt"].raw());
    }

    #[test]
    fn each_type_has_a_line_of_its_own_and_each_line_a_type() {
        for kind in types() {
            assert_ne!(TABLE.template(kind), TABLE.template("unheard.of"), "{kind}");
        }
        for (pattern, _) in &TABLE.templates {
            let group = pattern.trim_end_matches('*');
            assert!(types().iter().any(|kind| kind.starts_with(group)), "{pattern}");
        }
        for (_, template) in &TABLE.templates {
            for part in template.split(BETWEEN).filter(|part| part.starts_with('@')) {
                assert!(TABLE.ways.iter().any(|(name, _)| *name == part), "{part}");
            }
        }
    }

    #[test]
    fn the_primary_address_counts_and_others_stand_in_for_it() {
        let user = |data: Value| about("user.created", &json!({"data": data}));
        let addresses =
            json!([{"id": "idn_1", "email_address": "old@example.com"}, {"id": "idn_2", "email_address": ADDRESS}]);
        let both = json!({"primary_email_address_id": "idn_2", "email_addresses": addresses});
        assert_eq!(user(both).as_deref(), Some(ADDRESS));
        assert_eq!(user(json!({"email_addresses": addresses})).as_deref(), Some("old@example.com"));
        assert_eq!(user(json!({"first_name": "Ada", "last_name": "Quay"})).as_deref(), Some("Ada Quay"));
        assert_eq!(user(json!({"username": "", "id": USER})).as_deref(), Some(USER));
        assert_eq!(user(json!([])), None);
        assert_eq!(about("user.banned", &json!({"data": {"id": USER}})).as_deref(), Some(USER));
        assert_eq!(about("passkey.created", &json!({"data": {"name": "blue"}})).as_deref(), Some("blue"));
    }

    #[test]
    fn what_changed_is_named_and_noise_is_not() {
        let user =
            |last: &str, active: u64| json!({"data": {"last_name": last, "last_active_at": active, "list": [active]}});
        assert_eq!(changed(&user("Quay", 1), &user("Lind", 1)).as_deref(), Some("last_name changed"));
        assert_eq!(changed(&user("Quay", 1), &user("Quay", 2)).as_deref(), Some("list changed"));
        assert_eq!(changed(&user("Quay", 1), &user("Quay", 1)), None);
        let many = json!({"data": {"a": 1, "b": 2, "c": {"d": 3, "e": 4}}});
        assert_eq!(changed(&json!({"data": {}}), &many).as_deref(), Some("a, 2 more changed"));
        assert_eq!(changed(&json!([]), &many), None);
    }

    #[test]
    fn amounts_have_the_places_of_their_currency() {
        assert_eq!(money(2400, "USD"), "24.00 USD");
        assert_eq!(money(-5, "EUR"), "-0.05 EUR");
        assert_eq!(money(500, "jpy"), "500 jpy");
    }

    proptest! {
        #[test]
        fn any_body_of_any_type_is_taken(kind in "[a-zA-Z.@*{}!]{0,20}", text in "[a-z{}@!|.·\\[\\]=]{0,40}") {
            let odd = json!({"data": {"email_addresses": text, "id": text, "primary_email_address_id": [text], "plan": 1}});
            let _ = (about(&kind, &odd), about("user.created", &odd), changed(&odd, &json!({"data": text})));
            // What a person is called is no template.
            prop_assert_eq!(about("user.deleted", &odd).unwrap_or_default(), text.trim());
        }
    }
}
