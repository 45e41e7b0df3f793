//! Text on its way to a terminal: made harmless, shortened.

use std::borrow::Cow;

use crate::payload::is_harmful;

/// Escapes control characters, so that text from outside cannot move the cursor, change colours or ring the bell.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| if is_harmful(c) { c.escape_default().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(escape).collect())
}

/// JSON whose texts hold no harmful character as it is: the same value, for a program that prints it on a terminal.
pub fn harmless_json(json: String) -> String {
    // JSON itself escapes the first 32, and has none of the others outside of texts.
    if !json.chars().any(is_harmful) {
        return json;
    }
    let escape = |c: char| if is_harmful(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    json.chars().map(escape).collect()
}

/// The first characters of an id and `…`, when it is longer.
pub fn shortened(id: &str, length: usize) -> String {
    match id.char_indices().nth(length) {
        Some((cut, _)) => format!("{}…", &id[..cut]),
        None => id.to_owned(),
    }
}

/// A number with its thousands apart: `2,694`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_show_as_text() {
        assert_eq!(harmless("a\u{1b}[31mb\u{7}\r\n"), "a\\u{1b}[31mb\\u{7}\\r\\n");
        assert_eq!(harmless("safe\u{202e}txt"), "safe\\u{202e}txt");
        assert_eq!(harmless_json("\"\u{9b}2J \u{7f}\u{202e} é\"".to_owned()), r#""\u009b2J \u007f\u202e é""#);
        assert!(matches!(harmless("plain é 漢"), Cow::Borrowed(_)));
    }

    #[test]
    fn long_ids_are_shortened() {
        assert_eq!(shortened("msg_2abcdef", 7), "msg_2ab…");
        assert_eq!(shortened("msg_2ab", 7), "msg_2ab");
    }

    proptest! {
        #[test]
        fn nothing_harmful_passes(text in any::<String>()) {
            prop_assert!(!harmless(&text).chars().any(is_harmful));
        }
    }
}
