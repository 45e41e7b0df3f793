//! Events, remarks and errors as JSON lines.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::text::harmless_json;
use crate::delivery;
use crate::error::Error;
use crate::report::Report;
use crate::secret::{Secret, mask_text};

/// A JSON line as it may leave: masked, and without a character that a terminal would obey.
#[derive(Clone, Debug)]
pub struct JsonLine(String);

/// Fields that hold what was signed, of the events that carry it: masked they would verify no more.
const SIGNED: [&str; 3] = ["body", "body_b64", "body_base64"];

/// Headers that are signed, or are the signature.
const SIGNED_HEADERS: &str = "svix-";

impl JsonLine {
    /// All texts are masked.
    fn masked(mut value: Value) -> Self {
        mask(&mut value);
        Self::exact(&value)
    }

    /// All texts are masked, but those that were signed.
    fn with_payload(mut fields: Map<String, Value>) -> Self {
        for (name, value) in &mut fields {
            match name.as_str() {
                name if SIGNED.contains(&name) => {}
                "headers" => mask_headers(value),
                // What the app answered is told as it came, too.
                "answer" => value.get_mut("headers").into_iter().for_each(mask_headers),
                _ => mask(value),
            }
        }
        Self::exact(&Value::Object(fields))
    }

    /// Nothing is masked.
    fn exact(value: &Value) -> Self {
        Self(harmless_json(value.to_string()))
    }

    /// The text, without its end of line.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask_text(text),
        Value::Array(values) => values.iter_mut().for_each(mask),
        Value::Object(fields) => fields.values_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Headers as an object, or as pairs.
fn mask_headers(headers: &mut Value) {
    match headers {
        Value::Object(fields) => fields.iter_mut().filter(|(name, _)| !is_signed(name)).for_each(|(_, it)| mask(it)),
        Value::Array(pairs) => {
            pairs.iter_mut().filter(|pair| !pair[0].as_str().is_some_and(is_signed)).for_each(mask);
        }
        other => mask(other),
    }
}

fn is_signed(header: &str) -> bool {
    header.get(..SIGNED_HEADERS.len()).is_some_and(|start| start.eq_ignore_ascii_case(SIGNED_HEADERS))
}

/// An event.
pub fn event(event: &Report) -> Option<JsonLine> {
    let fields = object(event)?;
    Some(match event {
        Report::Request(_) => JsonLine::with_payload(fields),
        // Its key opens nothing but itself, and is what the line is for.
        Report::Sandbox(_) => JsonLine::exact(&Value::Object(fields)),
        _ => JsonLine::masked(Value::Object(fields)),
    })
}

/// A delivery, and if it is wanted whole, request and answer. Headers and body are as Clerk's own CLI writes them:
/// `clerk webhooks verify --delivery` reads the line.
pub fn kept(delivery: &delivery::Delivery, whole: bool) -> Option<JsonLine> {
    let mut fields = object(&Report::Delivery(delivery.into()))?;
    if whole {
        let answer = |answer: &delivery::Answer| json!({ "headers": headers(&answer.headers), "body_b64": STANDARD.encode(&answer.body) });
        fields.insert("headers".to_owned(), headers(&delivery.request.headers));
        fields.insert("body_b64".to_owned(), STANDARD.encode(&delivery.request.body).into());
        fields.insert("answer".to_owned(), delivery.answer.as_ref().map(answer).into());
    }
    Some(JsonLine::with_payload(fields))
}

/// What ended the command.
pub fn error(error: &Error) -> JsonLine {
    let docs = format!("docs/errors.md#{}", error.code().to_lowercase());
    let mut line = json!({
        "type": "error", "schema": 1, "code": error.code(), "message": error.to_string(),
        "hint": error.hint(), "docs": docs,
    });
    if let (Some(cause), Value::Object(fields)) = (error.cause(), &mut line) {
        fields.insert("cause".to_owned(), cause.into());
    }
    if let (Error::SeveralMissing { missing, .. }, Value::Object(fields)) = (error, &mut line) {
        let each = |error: &Error| json!({ "code": error.code(), "message": error.to_string(), "hint": error.hint() });
        fields.insert("missing".to_owned(), missing.iter().map(each).collect());
    }
    JsonLine::masked(line)
}

/// A command line that is wrong.
pub fn refusal(message: &str) -> JsonLine {
    JsonLine::masked(json!({
        "type": "error", "schema": 1, "code": "CH0005", "message": message, "hint": "see `clerkhook --help`",
        "docs": "docs/errors.md#ch0005",
    }))
}

/// A note or a warning.
pub fn remark(kind: &str, text: &str) -> JsonLine {
    JsonLine::masked(json!({ "type": kind, "schema": 1, "text": text }))
}

/// A secret that was asked for, in clear.
pub fn secret(secret: &Secret) -> JsonLine {
    JsonLine::exact(&json!({ "type": "secret", "schema": 1, "secret": secret.expose() }))
}

/// An event as an object with `schema` behind its `type`.
fn object(event: &Report) -> Option<Map<String, Value>> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(event) else { return None };
    fields.shift_insert(1, "schema".to_owned(), 1.into());
    Some(fields)
}

/// Headers as an object with lower-case names.
fn headers(pairs: &[(String, String)]) -> Value {
    let mut headers = Map::new();
    for (name, value) in pairs {
        let value = match headers.get(&name.to_ascii_lowercase()).and_then(Value::as_str) {
            // A name that came twice is a list (RFC 9110, 5.2).
            Some(before) => format!("{before}, {value}"),
            None => value.clone(),
        };
        headers.insert(name.to_ascii_lowercase(), value.into());
    }
    headers.into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{Action, Endpoint, Status, Step};

    const SECRET: &str = "whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF";

    #[test]
    fn what_was_signed_stays_and_the_rest_is_masked() {
        let headers =
            json!({ "svix-signature": "v1,eyJhcHBJZCI6ImFwcF8xIn0=", "authorization": "Bearer abcdefghijkl" });
        let fields = json!({ "url": SECRET, "headers": headers, "body": SECRET });
        let Value::Object(fields) = fields else { panic!("an object") };
        let line: Value = serde_json::from_str(JsonLine::with_payload(fields).as_str()).expect("JSON");
        assert_eq!(line["url"], "whsec_…SURF");
        assert_eq!(line["headers"]["svix-signature"], "v1,eyJhcHBJZCI6ImFwcF8xIn0=");
        assert_eq!(line["headers"]["authorization"], "Bearer …ijkl");
        assert_eq!(line["body"], SECRET);
    }

    proptest! {
        #[test]
        fn no_event_shows_a_secret_or_a_control_character(text in any::<String>()) {
            let hostile = format!("{text} {SECRET}");
            let endpoint = Endpoint {
                action: Action::Created,
                endpoint_id: hostile.clone(),
                app_id: hostile.clone(),
                url: hostile.clone(),
                events: vec![hostile.clone()],
                disabled: false,
            };
            let lines = [
                event(&Report::step(Step::App, Status::Ok, &hostile)),
                event(&Report::Endpoint(endpoint)),
                Some(error(&Error::KeyMissing { looked: hostile.clone() })),
                Some(remark("note", &hostile)),
                Some(refusal(&hostile)),
            ];
            for line in lines {
                let line = line.expect("a line");
                prop_assert!(!line.as_str().contains(SECRET) && !line.as_str().chars().any(char::is_control));
                prop_assert!(serde_json::from_str::<Value>(line.as_str()).is_ok());
            }
        }
    }
}
