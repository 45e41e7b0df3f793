//! Text from outside as HTML text: every character that could mean something else is escaped.

use std::fmt::{self, Display, Formatter, Write as _};

/// Shows a text for an element's content or a quoted attribute.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => formatter.write_str("&amp;"),
                '<' => formatter.write_str("&lt;"),
                '>' => formatter.write_str("&gt;"),
                '"' => formatter.write_str("&quot;"),
                '\'' => formatter.write_str("&#39;"),
                '\n' | '\t' => formatter.write_char(c),
                // They would vanish, or make text read otherwise than it is.
                _ if c.is_control() || is_direction(c) => write!(formatter, "\\u{{{:x}}}", c as u32),
                _ => formatter.write_char(c),
            }?;
        }
        Ok(())
    }
}

/// Marks that turn the direction of text (Unicode, bidirectional formatting characters).
fn is_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markup_becomes_text() {
        let hostile = "<script>alert('x')</script> & \"y\"\r\n\u{202e}gnp.exe\0";
        assert_eq!(
            Escaped(hostile).to_string(),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;\\u{d}\n\\u{202e}gnp.exe\\u{0}"
        );
    }

    proptest! {
        #[test]
        fn nothing_that_means_something_is_left(text in any::<String>()) {
            let escaped = Escaped(&text).to_string();
            prop_assert!(!escaped.contains(['<', '>', '"', '\'']));
            prop_assert!(escaped.split('&').skip(1).all(|part| part.contains(';')));
        }
    }
}
