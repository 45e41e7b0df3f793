//! What a code means, from the list of errors that the program carries.

/// All of it.
const LIST: &str = include_str!("../../docs/errors.md");

/// The part of a code, which may be written `ch0101`, `0101` or `101`; its code and its text.
pub fn explain(code: &str) -> Option<(String, &'static str)> {
    let digits = code.trim().trim_start_matches(['c', 'C', 'h', 'H']);
    let code = format!("CH{:04}", digits.parse::<u16>().ok()?);
    let part = LIST.split("\n## ").find(|part| part.lines().next() == Some(code.as_str()))?;
    let text = part.split_once('\n').map_or("", |(_, text)| text.trim());
    Some((code, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_to_write_a_code_is_understood() {
        let (code, text) = explain("CH0201").expect("known");
        assert!(code == "CH0201" && text.contains("Exit 3") && !text.contains("## "), "{text}");
        for other in ["ch0201", "0201", "201", " CH0201 "] {
            assert_eq!(explain(other).map(|(code, _)| code), Some("CH0201".to_owned()), "{other}");
        }
        assert!(["CH9999", "", "up"].iter().all(|wrong| explain(wrong).is_none()));
    }
}
