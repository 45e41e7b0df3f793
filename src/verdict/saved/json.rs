//! Deliveries as JSON: our own line, that of the Clerk CLI, and whatever else has headers and a body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{Saved, Unreadable};
use crate::signature::{HEADERS, STANDARD_HEADERS};

/// Under which a line may hold the delivery. The Clerk CLI's `event` line was not seen: its field names are assumed.
const WRAPPERS: [&str; 6] = ["data", "event", "delivery", "request", "message", "payload"];

/// Under which the bytes may stand; those that keep them best first.
const BODIES: [&str; 7] = ["body_base64", "bodyBase64", "rawBody", "raw_body", "raw", "body", "payload"];

/// Reads one JSON value over several lines, or one a line. Lines of other types are passed over.
pub fn read(text: &[u8]) -> Result<Vec<Saved>, Unreadable> {
    if let Ok(value) = serde_json::from_slice::<Value>(text) {
        let values = if let Value::Array(values) = value { values } else { vec![value] };
        return collect(values.iter().map(|value| (1, Some(value))));
    }
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let values: Vec<(usize, Option<Value>)> =
        lines.map(|(at, line)| (at + 1, serde_json::from_slice(line).ok())).collect();
    collect(values.iter().map(|(line, value)| (*line, value.as_ref())))
}

fn collect<'a>(values: impl Iterator<Item = (usize, Option<&'a Value>)>) -> Result<Vec<Saved>, Unreadable> {
    let (mut found, mut first) = (Vec::new(), None);
    for (line, value) in values {
        let value = value.ok_or(Unreadable::Line { line, why: "it is broken JSON" })?;
        match delivery(value) {
            Some(saved) => found.push(saved),
            None if is_delivery(value) => return Err(Unreadable::Line { line, why: lacking(value) }),
            None => first = first.or(Some(Unreadable::Line { line, why: lacking(value) })),
        }
    }
    if found.is_empty() { Err(first.unwrap_or(Unreadable::Empty)) } else { Ok(found) }
}

fn is_delivery(value: &Value) -> bool {
    value["type"] == "delivery"
}

/// What keeps it from being one.
fn lacking(value: &Value) -> &'static str {
    match value {
        _ if is_delivery(value) => "this `delivery` line has no `headers` and no `body`, which a signature is made of",
        Value::Object(fields) if fields.contains_key("data") && fields.contains_key("type") => {
            "it is an event without its headers"
        }
        _ => "it has no `headers` and no `body`",
    }
}

/// The delivery that a value is, or has inside.
fn delivery(value: &Value) -> Option<Saved> {
    let fields = value.as_object()?;
    let own = || Some((map(fields.get("headers")?)?, fields));
    let flat = || {
        let names = HEADERS.iter().chain(&STANDARD_HEADERS);
        names.into_iter().any(|name| fields.contains_key(*name)).then(|| (object(fields), fields))
    };
    if let Some((headers, fields)) = own().or_else(flat)
        && let Some((body, remark)) = body(fields)
    {
        return Some(Saved { headers, body, remarks: remark.into_iter().collect() });
    }
    WRAPPERS.iter().filter_map(|name| fields.get(*name)).find_map(delivery)
}

fn body(fields: &Map<String, Value>) -> Option<(Vec<u8>, Option<String>)> {
    let (name, value) = BODIES.iter().find_map(|name| Some((*name, fields.get(*name)?)))?;
    let coded = name.ends_with("ase64") || fields.get("isBase64Encoded") == Some(&Value::Bool(true));
    match value {
        Value::String(text) => match STANDARD.decode(text.trim()) {
            Ok(bytes) if coded || fields.get("type").is_some_and(|kind| kind == "event") => Some((bytes, None)),
            Err(_) if coded => None,
            _ => Some((text.clone().into_bytes(), None)),
        },
        Value::Null => Some((Vec::new(), None)),
        value => {
            let remark = format!("`{name}` is saved as JSON and not as a text, so its bytes were made again");
            Some((value.to_string().into_bytes(), Some(remark)))
        }
    }
}

/// Headers as `{"name": "value"}`, `{"name": ["value"]}`, `[["name", "value"]]` or `[{"name": …, "value": …}]`.
pub fn headers(text: &[u8]) -> Option<Vec<(String, String)>> {
    let value: Value = serde_json::from_slice(text).ok()?;
    value.get("headers").and_then(map).or_else(|| map(&value))
}

fn map(value: &Value) -> Option<Vec<(String, String)>> {
    let pair = |entry: &Value| {
        let (name, value) = match entry {
            Value::Array(pair) => (pair.first()?, pair.get(1)?),
            entry => (entry.get("name").or(entry.get("key"))?, entry.get("value")?),
        };
        Some((name.as_str()?.to_owned(), text(value)?))
    };
    match value {
        Value::Object(fields) => Some(object(fields)),
        Value::Array(entries) => entries.iter().map(pair).collect(),
        _ => None,
    }
}

fn object(fields: &Map<String, Value>) -> Vec<(String, String)> {
    fields.iter().filter_map(|(name, value)| Some((name.clone(), text(value)?))).collect()
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(values) => text(values.first()?),
        _ => None,
    }
}
