//! `${name}` in the values of a step; `$${` stands for `${`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Values by the names under which they were saved.
pub type Saved = BTreeMap<String, Value>;

#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// The names that a value refers to, in their order.
pub fn names(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => {
            let name = |piece| if let Piece::Name(name) = piece { Some(name) } else { None };
            pieces(text).into_iter().filter_map(name).collect()
        }
        Value::Array(values) => values.iter().flat_map(names).collect(),
        Value::Object(fields) => fields.values().flat_map(names).collect(),
        _ => Vec::new(),
    }
}

/// The value with what was saved in place of its references. A text that is one reference becomes the saved value, a
/// number staying one; within a longer text it becomes text. A name that was not saved stays as it is.
pub fn fill(value: &Value, saved: &Saved) -> Value {
    match value {
        Value::String(text) => match pieces(text).as_slice() {
            [Piece::Name(name)] => saved.get(*name).unwrap_or(value).clone(),
            pieces => Value::String(pieces.iter().map(|piece| shown(piece, saved)).collect()),
        },
        Value::Array(values) => values.iter().map(|value| fill(value, saved)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), fill(value, saved))).collect(),
        other => other.clone(),
    }
}

fn shown(piece: &Piece, saved: &Saved) -> String {
    match piece {
        Piece::Text(text) => (*text).to_owned(),
        Piece::Name(name) => match saved.get(*name) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => format!("${{{name}}}"),
        },
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some(start) = rest.find("${") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        if let Some(plain) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(plain), Piece::Text("${")]);
            rest = after;
            continue;
        }
        let Some((name, behind)) = after.split_once('}') else { break };
        pieces.extend([Piece::Text(before), Piece::Name(name)]);
        rest = behind;
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_keeps_its_kind_and_text_stays_text() {
        let saved = Saved::from([("id".to_owned(), json!("user_1")), ("n".to_owned(), json!(7))]);
        for (value, filled, named) in [
            (json!("${id}"), json!("user_1"), vec!["id"]),
            (json!("${n}"), json!(7), vec!["n"]),
            (json!("${id}-${n}"), json!("user_1-7"), vec!["id", "n"]),
            (json!({"a": ["${n}", 1]}), json!({"a": [7, 1]}), vec!["n"]),
            (json!("$${id} costs $5"), json!("${id} costs $5"), vec![]),
            (json!("${open"), json!("${open"), vec![]),
            (json!(null), json!(null), vec![]),
        ] {
            assert_eq!((fill(&value, &saved), names(&value)), (filled, named), "{value}");
        }
    }

    proptest! {
        #[test]
        fn text_without_references_stays(text in "[^$]{0,40}") {
            prop_assert_eq!(fill(&json!(text), &Saved::new()), json!(text));
        }
    }
}
