//! Text on its way to a terminal: made harmless, wrapped, shortened.

use std::borrow::Cow;

use console::measure_text_width;

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

/// Control characters, and those that reorder what stands around them.
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Breaks `text` at spaces so that it fits `width` columns when each line but the first begins at `indent`.
/// The first begins at `indent` too, after what stands there already.
pub fn hang(text: &str, indent: usize, width: Option<usize>) -> String {
    let Some(room) = width.map(|width| width.saturating_sub(indent)).filter(|room| *room >= 20) else {
        return text.to_owned();
    };
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        let used = measure_text_width(line);
        if used == 0 {
            line.push_str(word);
        } else if used + 1 + measure_text_width(word) <= room {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

/// The first characters of an id and `…`, when it is longer.
pub fn shortened(id: &str, length: usize) -> String {
    match id.char_indices().nth(length) {
        Some((cut, _)) => format!("{}…", &id[..cut]),
        None => id.to_owned(),
    }
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
    fn long_lines_hang() {
        assert_eq!(hang("one two three four five", 4, Some(24)), "one two three four\n    five");
        assert_eq!(hang("one two", 4, None), "one two");
        assert_eq!(shortened("msg_2abcdef", 7), "msg_2ab…");
        assert_eq!(shortened("msg_2ab", 7), "msg_2ab");
    }

    proptest! {
        #[test]
        fn nothing_harmful_passes(text in any::<String>()) {
            prop_assert!(!harmless(&text).chars().any(is_harmful));
        }

        #[test]
        fn no_word_is_lost(text in "[a-z ]{0,200}", indent in 0usize..20, width in 10usize..120) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&hang(&text, indent, Some(width))), words(&text));
        }
    }
}
