//! Events, remarks and errors as JSON lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::text::harmless_json;
use crate::error::Error;
use crate::event::{Event, Received};
use crate::secret::Secret;

/// An event.
pub fn event(event: &Event) -> Option<String> {
    object(event).map(line)
}

/// A delivery, and if it is wanted whole, all that its signature is made of.
pub fn received(received: &Received, whole: bool) -> Option<String> {
    let mut fields = object(&Event::Delivery(received.delivery.clone()))?;
    if whole {
        add_request(received, &mut fields);
    }
    Some(line(fields))
}

/// What ended the command.
pub fn error(error: &Error) -> String {
    let docs = format!("docs/errors.md#{}", error.code().to_lowercase());
    let mut line = json!({
        "type": "error", "schema": 1, "code": error.code(), "message": error.to_string(),
        "hint": error.hint(), "docs": docs,
    });
    if let (Some(cause), Value::Object(fields)) = (error.cause(), &mut line) {
        fields.insert("cause".to_owned(), cause.into());
    }
    harmless_json(line.to_string())
}

/// A note or a warning.
pub fn remark(kind: &str, text: &str) -> String {
    harmless_json(json!({ "type": kind, "schema": 1, "text": text }).to_string())
}

/// A secret that was asked for, in clear.
pub fn secret(secret: &Secret) -> String {
    json!({ "type": "secret", "schema": 1, "secret": secret.expose() }).to_string()
}

/// An event as an object with `schema` behind its `type`.
fn object(event: &Event) -> Option<Map<String, Value>> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(event) else { return None };
    fields.shift_insert(1, "schema".to_owned(), 1.into());
    Some(fields)
}

/// Headers and body as Clerk's own CLI writes them: `clerk webhooks verify --delivery` reads the line.
fn add_request(received: &Received, fields: &mut Map<String, Value>) {
    let mut headers = Map::new();
    for (name, value) in &received.headers {
        let value = match headers.get(&name.to_ascii_lowercase()).and_then(Value::as_str) {
            // A name that came twice is a list (RFC 9110, 5.2).
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    fields.insert("headers".to_owned(), headers.into());
    fields.insert("body_b64".to_owned(), STANDARD.encode(&received.body).into());
}

fn line(fields: Map<String, Value>) -> String {
    harmless_json(Value::Object(fields).to_string())
}
