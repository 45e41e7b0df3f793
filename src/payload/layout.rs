//! JSON with line breaks and indentation, and without: every token as it was sent. Numbers, escapes, double names stay.

use serde::de::IgnoredAny;

/// Deeper levels are not indented further, else nesting alone could fill the memory.
const DEEPEST: usize = 40;

/// The indented text, or `None` when it is not JSON.
pub fn indent(json: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(json).ok()?;
    let mut writer = Writer { text: String::with_capacity(json.len() * 2), depth: 0 };
    tokens(json).for_each(|(token, rest)| writer.token(token, rest));
    Some(writer.text)
}

/// The same JSON without white space between its tokens.
///
/// # Errors
/// The parser's, with line and column.
pub fn compact(json: &str) -> Result<String, serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(json)?;
    Ok(tokens(json).fold(String::with_capacity(json.len()), |text, (token, _)| text + token))
}

/// Whole strings, and every other character by itself, each with what follows it; white space between them goes.
fn tokens(json: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = json.trim_start();
    std::iter::from_fn(move || {
        let c = rest.chars().next()?;
        let (token, after) = rest.split_at(if c == '"' { string_end(rest) } else { c.len_utf8() });
        rest = after.trim_start();
        Some((token, rest))
    })
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// Writes one token; `rest` is what follows it.
    fn token(&mut self, token: &str, rest: &str) {
        match token {
            "{" | "[" => {
                self.text.push_str(token);
                self.depth += 1;
                if !rest.starts_with(['}', ']']) {
                    self.line();
                }
            }
            "}" | "]" => {
                self.depth -= 1;
                if !self.text.ends_with(['{', '[']) {
                    self.line();
                }
                self.text.push_str(token);
            }
            "," => {
                self.text.push(',');
                self.line();
            }
            ":" => self.text.push_str(": "),
            _ => self.text.push_str(token),
        }
    }

    fn line(&mut self) {
        self.text.push('\n');
        for _ in 0..self.depth.min(DEEPEST) {
            self.text.push_str("  ");
        }
    }
}

/// Where the string that begins the text ends, behind its closing quote.
pub fn string_end(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn structure_gets_lines_and_tokens_stay() {
        let json = r#"{"a":[1.0,-2e400,"x, {y}: \"[]\\"],"b":{},"c":[ ],"a":"\u003c"} "#;
        let lines = "{\n  \"a\": [\n    1.0,\n    -2e400,\n    \"x, {y}: \\\"[]\\\\\"\n  ],\n  \"b\": {},\n  \"c\": [],\n  \"a\": \"\\u003c\"\n}";
        assert_eq!(indent(json).as_deref(), Some(lines));
        assert_eq!(indent("\"é\""), Some("\"é\"".to_owned()));
    }

    #[test]
    fn what_is_not_json_is_left_alone() {
        for text in ["", "{", "a=1", "{\"a\":1}x"] {
            assert_eq!(indent(text), None, "{text}");
        }
    }

    #[test]
    fn deep_nesting_does_not_explode() {
        let (open, close) = ("[".repeat(10_000), "]".repeat(10_000));
        let indented = indent(&format!("{open}{close}")).expect("JSON");
        assert!(indented.len() < 20_000 * (2 * DEEPEST + 2));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_reads_as_serde_writes_it(value in json()) {
            let pretty = serde_json::to_string_pretty(&value).expect("JSON");
            prop_assert_eq!(indent(&value.to_string()), Some(pretty.clone()));
            prop_assert_eq!(indent(&pretty), Some(pretty));
        }
    }
}
