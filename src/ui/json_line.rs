//! A JSON line on its way out: what of it is masked, and what is not.

use serde_json::{Map, Value};

use super::text::harmless_json;
use crate::secret::mask_text;

/// A JSON line as it may leave: masked, and without a character that a terminal would obey.
#[derive(Clone, Debug)]
pub struct JsonLine(String);

/// Fields that hold what was signed, of the events that carry it: masked they would verify no more.
const SIGNED: [&str; 3] = ["body", "body_b64", "body_base64"];

/// Headers that are signed, or are the signature.
const SIGNED_HEADERS: &str = "svix-";

impl JsonLine {
    /// All texts are masked.
    pub fn masked(mut value: Value) -> Self {
        mask(&mut value);
        Self::exact(&value)
    }

    /// All texts are masked, but those that were signed.
    pub fn with_payload(mut fields: Map<String, Value>) -> Self {
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
    pub fn exact(value: &Value) -> Self {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
}
