//! Setting and removing a value by splicing its bytes.

use std::ops::Range;

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::scan::{Member, Shape, look, whole};
use super::{Fault, Part, Path};

/// A body after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edited {
    /// The new bytes.
    pub body: Vec<u8>,
    /// The value was not there before.
    pub created: bool,
}

/// How far a path leads into a body.
struct Reached {
    /// The value that was reached.
    at: Range<usize>,
    /// How many steps it took.
    steps: usize,
}

/// Sets the value at a path; missing members are made, an element may be added at an array's end.
///
/// # Errors
/// `Json`, `Scalar` when the path goes through a value without parts, `PastEnd`.
pub fn set(body: &[u8], path: &Path, value: &Value) -> Result<Edited, Fault> {
    let reached = walk(body, path)?;
    let left = &path.parts[reached.steps..];
    let Some((first, deeper)) = left.split_first() else {
        return Ok(Edited { body: splice(body, reached.at, &value.to_string()), created: false });
    };
    let value = nest(deeper, value).map_err(|length| past_end(path, path.parts.len() - 1, length))?;
    match (look(body, &reached.at), first) {
        (Shape::Object(members), Part::Name(name)) => {
            let text = format!("{}:{value}", Value::from(name.as_str()));
            let last = members.last().map(|member| member.whole.end);
            Ok(Edited { body: append(body, &reached.at, last, &text), created: true })
        }
        (Shape::Array(elements), Part::Index(index)) if *index == elements.len() => {
            let last = elements.last().map(|element| element.end);
            Ok(Edited { body: append(body, &reached.at, last, &value.to_string()), created: true })
        }
        (Shape::Array(elements), Part::Index(_)) => Err(past_end(path, reached.steps, elements.len())),
        (shape, _) => Err(scalar(path, reached.steps, &shape)),
    }
}

/// Removes the value at a path with its name and one comma.
///
/// # Errors
/// `Json`, `Missing`, `Scalar`.
pub fn unset(body: &[u8], path: &Path) -> Result<Edited, Fault> {
    let mut parent = path.clone();
    let last = parent.parts.pop();
    let missing = || Fault::Missing { path: path.to_string() };
    let reached = walk(body, &parent)?;
    if reached.steps < parent.parts.len() {
        return Err(missing());
    }
    let places: Vec<Range<usize>> = match look(body, &reached.at) {
        Shape::Object(members) => members.into_iter().map(|member| member.whole).collect(),
        Shape::Array(elements) => elements,
        shape @ Shape::Scalar(_) => return Err(scalar(path, reached.steps, &shape)),
    };
    let index = match (look(body, &reached.at), &last) {
        (Shape::Object(members), Some(Part::Name(name))) => find(&members, name),
        (Shape::Array(elements), Some(Part::Index(index))) => (*index < elements.len()).then_some(*index),
        _ => None,
    };
    let index = index.ok_or_else(missing)?;
    // With its comma: the one before, or for the first the one behind.
    let gone = match (index.checked_sub(1), places.get(index + 1)) {
        (Some(before), _) => places[before].end..places[index].end,
        (None, Some(next)) => places[0].start..next.start,
        (None, None) => places[0].clone(),
    };
    Ok(Edited { body: splice(body, gone, ""), created: false })
}

fn walk(body: &[u8], path: &Path) -> Result<Reached, Fault> {
    serde_json::from_slice::<IgnoredAny>(body).map_err(|error| Fault::Json(error.to_string()))?;
    let mut at = whole(body);
    for (steps, part) in path.parts.iter().enumerate() {
        let next = match (look(body, &at), part) {
            (Shape::Object(members), Part::Name(name)) => {
                find(&members, name).map(|place| members[place].value.clone())
            }
            (Shape::Array(elements), Part::Index(index)) => elements.get(*index).cloned(),
            (shape, _) => return Err(scalar(path, steps, &shape)),
        };
        match next {
            Some(next) => at = next,
            None => return Ok(Reached { at, steps }),
        }
    }
    Ok(Reached { at, steps: path.parts.len() })
}

/// The last member of a name counts, as it does for JavaScript.
fn find(members: &[Member], name: &str) -> Option<usize> {
    members.iter().rposition(|member| member.name == name)
}

/// The value wrapped in what its path still lacks; `Err` with the length of the array that is too short.
fn nest(parts: &[Part], value: &Value) -> Result<Value, usize> {
    let Some((first, deeper)) = parts.split_first() else { return Ok(value.clone()) };
    let inner = nest(deeper, value)?;
    match first {
        Part::Name(name) => Ok(Value::Object(Map::from_iter([(name.clone(), inner)]))),
        Part::Index(0) => Ok(Value::Array(vec![inner])),
        Part::Index(_) => Err(0),
    }
}

fn append(body: &[u8], container: &Range<usize>, last: Option<usize>, text: &str) -> Vec<u8> {
    match last {
        Some(end) => splice(body, end..end, &format!(",{text}")),
        None => splice(body, container.start + 1..container.start + 1, text),
    }
}

fn splice(body: &[u8], gone: Range<usize>, text: &str) -> Vec<u8> {
    [&body[..gone.start], text.as_bytes(), &body[gone.end..]].concat()
}

fn past_end(path: &Path, steps: usize, length: usize) -> Fault {
    Fault::PastEnd { path: path.to_string(), place: path.prefix(steps), length }
}

fn scalar(path: &Path, steps: usize, shape: &Shape) -> Fault {
    let kind = match shape {
        Shape::Object(_) => "an object, which has names and no indexes",
        Shape::Array(_) => "an array, which has indexes and no names",
        Shape::Scalar(kind) => kind,
    };
    Fault::Scalar { path: path.to_string(), place: path.prefix(steps), kind }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn path(text: &str) -> Path {
        text.parse().expect("a path")
    }

    fn after_set(body: &str, at: &str, value: Value) -> Result<String, Fault> {
        set(body.as_bytes(), &path(at), &value).map(|edited| String::from_utf8(edited.body).expect("text"))
    }

    fn after_unset(body: &str, at: &str) -> Result<String, Fault> {
        unset(body.as_bytes(), &path(at)).map(|edited| String::from_utf8(edited.body).expect("text"))
    }

    #[test]
    fn only_the_value_changes() {
        let body = " {\"b\" : 1.50, \"a\":[ {\"x\":\"\\u00e9]}\"} , 1e3 ],\n\"c\":{}, \"d\":[]}\n";
        for (at, value, expected) in [
            ("b", json!(2), body.replace("1.50", "2")),
            ("a[0].x", json!("y"), body.replace("\"\\u00e9]}\"", "\"y\"")),
            ("a[1]", json!(null), body.replace("1e3", "null")),
            ("a[2]", json!(true), body.replace("1e3 ]", "1e3,true ]")),
            ("a[0].new", json!(1), body.replace("]}\"}", "]}\",\"new\":1}")),
            ("c.n.m", json!("v"), body.replace("{}", "{\"n\":{\"m\":\"v\"}}")),
            ("d[0].k", json!(0), body.replace("[]", "[{\"k\":0}]")),
            ("e", json!([1]), body.replace("[]}", "[],\"e\":[1]}")),
        ] {
            assert_eq!(after_set(body, at, value), Ok(expected), "{at}");
        }
    }

    #[test]
    fn removing_takes_one_comma_along() {
        let body = "{\"a\": 1, \"b\": [1, 2 , 3], \"c\": {\"d\": 0}}";
        for (at, expected) in [
            ("a", "{\"b\": [1, 2 , 3], \"c\": {\"d\": 0}}"),
            ("c", "{\"a\": 1, \"b\": [1, 2 , 3]}"),
            ("b[0]", "{\"a\": 1, \"b\": [2 , 3], \"c\": {\"d\": 0}}"),
            ("b[1]", "{\"a\": 1, \"b\": [1 , 3], \"c\": {\"d\": 0}}"),
            ("c.d", "{\"a\": 1, \"b\": [1, 2 , 3], \"c\": {}}"),
        ] {
            assert_eq!(after_unset(body, at).as_deref(), Ok(expected), "{at}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_the_place() {
        let body = r#"{"a":{"s":"text"},"l":[1]}"#;
        for (result, words) in [
            (after_set(body, "a.s.x", json!(1)), "`a.s.x` cannot be reached: `a.s` is a string"),
            (after_set(body, "l.x", json!(1)), "`l` is an array, which has indexes and no names"),
            (after_set(body, "a[0]", json!(1)), "`a` is an object, which has names and no indexes"),
            (after_set("{\"l\":[1,2]}", "l[5]", json!(1)), "`l[5]` is past the end: `l` has 2 elements"),
            (after_set("{\"a\":", "a", json!(1)), "the body is no JSON: EOF"),
            (after_unset(body, "a.t"), "there is no `a.t`"),
            (after_unset(body, "z.t"), "there is no `z.t`"),
            (after_unset(body, "a.s.x"), "`a.s` is a string"),
        ] {
            let fault = result.expect_err(words).to_string();
            assert!(fault.contains(words), "{fault}");
        }
        let fault = after_set(body, "l[5]", json!(1)).expect_err("past the end").to_string();
        assert!(fault.ends_with("`l` has 1 element"), "{fault}");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[a-c]{1,2}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The pointer of a random place in a value, as a path.
    fn places(value: &Value, at: &Path, all: &mut Vec<Path>) {
        if !at.parts.is_empty() {
            all.push(at.clone());
        }
        let mut step = |part: Part, value: &Value| {
            let parts = at.parts.iter().cloned().chain([part]).collect();
            places(value, &Path { parts }, all);
        };
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| step(Part::Name(name.clone()), value)),
            Value::Array(elements) => elements.iter().enumerate().for_each(|(i, value)| step(Part::Index(i), value)),
            _ => {}
        }
    }

    fn pointer(path: &Path) -> String {
        let part = |part: &Part| match part {
            Part::Name(name) => format!("/{name}"),
            Part::Index(index) => format!("/{index}"),
        };
        path.parts.iter().map(part).collect()
    }

    proptest! {
        #[test]
        fn setting_is_what_a_parser_would_see(
            value in any_json(), new in any_json(), pretty in any::<bool>(), choice in any::<prop::sample::Index>()
        ) {
            let body = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) };
            let body = body.expect("JSON");
            let mut all = Vec::new();
            places(&value, &Path { parts: Vec::new() }, &mut all);
            prop_assume!(!all.is_empty());
            let at = choice.get(&all);
            let edited = set(&body, at, &new).expect("the place is there");
            let mut expected = value.clone();
            *expected.pointer_mut(&pointer(at)).expect("there") = new;
            prop_assert_eq!(serde_json::from_slice::<Value>(&edited.body).expect("JSON"), expected);
            let removed = unset(&body, at).expect("the place is there");
            let removed: Value = serde_json::from_slice(&removed.body).expect("JSON");
            prop_assert!(removed != value);
        }
    }
}
