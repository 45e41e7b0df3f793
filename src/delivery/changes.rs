//! What one body says otherwise than an earlier one, by path.

use serde_json::Value;

/// Changes with every event, and so tell nothing.
const ALWAYS: [&str; 2] = ["updated_at", "timestamp"];

/// One value that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `data.last_name`.
    pub path: String,
    /// Before, as JSON; `None` where there was none.
    pub before: Option<String>,
    /// Now.
    pub now: Option<String>,
}

/// The values that differ, in the order of the newer body; what is gone comes last.
pub fn between(before: &Value, now: &Value) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), Some(before), Some(now), &mut changes);
    changes
}

fn compare(path: String, before: Option<&Value>, now: Option<&Value>, changes: &mut Vec<Change>) {
    if before == now {
        return;
    }
    let joined = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, now) {
        (Some(Value::Object(before)), Some(Value::Object(now))) => {
            let names = now.keys().chain(before.keys().filter(|name| !now.contains_key(*name)));
            for name in names.filter(|name| !ALWAYS.contains(&name.as_str())) {
                compare(joined(name), before.get(name), now.get(name), changes);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(now))) => {
            for place in 0..before.len().max(now.len()) {
                compare(format!("{path}[{place}]"), before.get(place), now.get(place), changes);
            }
        }
        _ => {
            let text = |value: Option<&Value>| value.map(Value::to_string);
            changes.push(Change { path, before: text(before), now: text(now) });
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let before = json!({"a": 1, "b": {"c": "x", "gone": true}, "list": [1, 2], "updated_at": 1});
        let now = json!({"b": {"c": "y"}, "a": 1, "list": [1, 3, {"new": null}], "updated_at": 2});
        let told: Vec<String> = between(&before, &now)
            .into_iter()
            .map(|change| {
                format!("{} {} {}", change.path, change.before.unwrap_or_default(), change.now.unwrap_or_default())
            })
            .collect();
        assert_eq!(told, ["b.c \"x\" \"y\"", "b.gone true ", "list[1] 2 3", "list[2]  {\"new\":null}"]);
        assert!(between(&now, &now).is_empty());
    }
}
