//! Bytes as text: what is no UTF-8 is written `\xNN`, everything else stays.

/// Control characters, and those that reorder what stands around them: a terminal would obey them.
pub fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text of any bytes.
pub fn readable(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_text_is_escaped() {
        assert_eq!(readable("Zoë\r\n".as_bytes()), "Zoë\r\n");
        assert_eq!(readable(b"a\xff\xc3b\xe2\x82"), "a\\xff\\xc3b\\xe2\\x82");
    }
}
