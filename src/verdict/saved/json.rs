//! Deliveries as JSON: our own line, that of the Clerk CLI, and whatever else has headers and a body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::{Saved, Unreadable, http};
use crate::signature::{HEADERS, STANDARD_HEADERS};
use crate::verdict::head::{Family, Head};

/// Under which a line may hold the delivery, or a list of them: `requests` in the ngrok agent's API, `log.entries` in a HAR
/// file.
const WRAPPERS: [&str; 9] =
    ["data", "event", "delivery", "request", "message", "payload", "requests", "log", "entries"];

/// Under which the bytes may stand; those that keep them best first.
const BODIES: [&str; 9] =
    ["body_b64", "body_base64", "bodyBase64", "rawBody", "raw_body", "raw", "body", "payload", "postData"];

/// Reads JSON values, one a line or each over several. Values of other types, and lines that are no JSON, are passed over.
pub fn read(text: &[u8]) -> Result<Vec<Saved>, Unreadable> {
    let (mut found, mut first) = (Vec::new(), None);
    let (mut line, mut rest) = (1, text);
    loop {
        let blank = rest.len() - rest.trim_ascii_start().len();
        line += line_ends(&rest[..blank]);
        rest = &rest[blank..];
        let length = match rest.first() {
            None => break,
            Some(b'{' | b'[') => {
                let mut values = serde_json::Deserializer::from_slice(rest).into_iter::<Value>();
                let value = values.next().and_then(Result::ok);
                let value = value.ok_or(Unreadable::Line { line, why: "it is broken JSON" })?;
                let saved = deliveries(&value);
                let lacks = saved.is_empty().then(|| Unreadable::Line { line, why: lacking(&value) });
                if let Some(lacks) = lacks.clone().filter(|_| is_delivery(&value)) {
                    return Err(lacks);
                }
                first = first.or(lacks);
                found.extend(saved);
                values.byte_offset()
            }
            // What an app's log has between the lines.
            Some(_) => rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        };
        line += line_ends(&rest[..length]);
        rest = &rest[length..];
    }
    if found.is_empty() { Err(first.unwrap_or(Unreadable::Empty)) } else { Ok(found) }
}

fn line_ends(text: &[u8]) -> usize {
    text.iter().filter(|byte| **byte == b'\n').count()
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

/// The delivery that a value is, or those that it has inside. Of a list those without any signature header are other
/// requests, unless all are.
fn deliveries(value: &Value) -> Vec<Saved> {
    if let Value::Array(values) = value {
        let all: Vec<Saved> = values.iter().flat_map(deliveries).collect();
        let signed = |saved: &&Saved| Head::read(&saved.headers).family != Family::Absent;
        let signed: Vec<Saved> = all.iter().filter(signed).cloned().collect();
        return if signed.is_empty() { all } else { signed };
    }
    let Some(fields) = value.as_object() else { return Vec::new() };
    if let Some(saved) = delivery(fields) {
        return vec![saved];
    }
    let inside = WRAPPERS.iter().filter_map(|name| fields.get(*name)).map(deliveries);
    inside.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// The delivery whose headers and body these are.
fn delivery(fields: &Map<String, Value>) -> Option<Saved> {
    if let Some(saved) = raw(fields) {
        return Some(saved);
    }
    let own = || Some((map(fields.get("headers")?)?, fields));
    let flat = || {
        let names = HEADERS.iter().chain(&STANDARD_HEADERS);
        names.into_iter().any(|name| fields.contains_key(*name)).then(|| (object(fields), fields))
    };
    let (headers, fields) = own().or_else(flat)?;
    let (body, remark) = body(fields)?;
    Some(Saved { headers, body, remarks: remark.into_iter().collect() })
}

/// A whole request as the ngrok agent's API gives it: the bytes of head and body in base64.
fn raw(fields: &Map<String, Value>) -> Option<Saved> {
    http::read(&STANDARD.decode(fields.get("raw")?.as_str()?).ok()?)
}

fn body(fields: &Map<String, Value>) -> Option<(Vec<u8>, Option<String>)> {
    let (name, value) = BODIES.iter().find_map(|name| Some((*name, fields.get(*name)?)))?;
    let value = if name == "postData" { value.get("text")? } else { value };
    let coded =
        name.ends_with("b64") || name.ends_with("ase64") || fields.get("isBase64Encoded") == Some(&Value::Bool(true));
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
