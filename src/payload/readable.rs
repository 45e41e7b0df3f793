//! Bytes as text: what is no UTF-8 is written `\xNN`, everything else stays.

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
