//! A received request as one JSON line from which its signature can be verified again.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::event::Received;

/// Adds headers and body to the delivery's line; bytes that are no text stand as base64.
pub fn add(received: &Received, line: &mut Map<String, Value>) {
    let pair =
        |(name, value): &(String, String)| Value::from([name.as_str(), value.as_str()].map(Value::from).to_vec());
    line.insert("headers".to_owned(), received.headers.iter().map(pair).collect());
    let (name, body) = match std::str::from_utf8(&received.body) {
        Ok(text) => ("body", text.to_owned()),
        Err(_) => ("body_base64", STANDARD.encode(&received.body)),
    };
    line.insert(name.to_owned(), body.into());
}
