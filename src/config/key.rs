//! The Clerk secret key: its shape, and which environment it opens.

use crate::config::Sourced;
use crate::error::{Error, Result};
use crate::secret::Secret;

/// A key of the right shape; only Clerk can say whether it is valid.
#[derive(Clone, Debug)]
pub struct ClerkKey {
    secret: Secret,
    live: bool,
}

impl ClerkKey {
    /// Takes `sk_test_…` or `sk_live_…`; white space and quotes around it are dropped.
    pub fn parse(raw: &Sourced<Secret>) -> Result<Self> {
        let text = raw.value.expose().trim().trim_matches(['"', '\'']).trim();
        let source_name = || raw.source.to_string();
        let malformed = |why| Error::KeyMalformed { source_name: source_name(), why };
        if text.is_empty() {
            return Err(malformed("it is empty"));
        }
        if text.starts_with("pk_") {
            return Err(Error::KeyPublishable { source_name: source_name() });
        }
        let Some((live, rest)) = split(text) else {
            return Err(malformed("a secret key begins with `sk_test_` or `sk_live_`"));
        };
        if rest.is_empty() {
            return Err(malformed("nothing follows its prefix"));
        }
        if rest.contains(char::REPLACEMENT_CHARACTER) {
            return Err(malformed("it is not UTF-8 text"));
        }
        if rest.contains(char::is_whitespace) {
            return Err(malformed("there is white space inside; was it pasted over two lines?"));
        }
        if !rest.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Err(malformed("only letters and digits follow the prefix"));
        }
        Ok(Self { secret: Secret::new(text), live })
    }

    /// The key itself.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether it belongs to a production instance.
    pub fn is_live(&self) -> bool {
        self.live
    }
}

fn split(text: &str) -> Option<(bool, &str)> {
    let test = text.strip_prefix("sk_test_").map(|rest| (false, rest));
    test.or_else(|| text.strip_prefix("sk_live_").map(|rest| (true, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Source;

    fn parse(text: &str) -> Result<ClerkKey> {
        ClerkKey::parse(&Sourced::new(Secret::new(text), Source::Environment("CLERK_SECRET_KEY")))
    }

    #[test]
    fn quotes_and_newlines_around_it_go() {
        for text in ["sk_test_abc123", "\"sk_test_abc123\"", "  'sk_test_abc123'\r\n"] {
            assert_eq!(parse(text).expect("a key").secret().expose(), "sk_test_abc123");
        }
        assert!(parse("sk_live_abc").expect("a key").is_live());
    }

    #[test]
    fn each_wrong_shape_has_its_reason() {
        for (text, code, words) in [
            ("", "CH0102", "it is empty"),
            ("pk_test_abc", "CH0103", "publishable"),
            ("whsec_abc", "CH0102", "begins with"),
            ("sk_test_", "CH0102", "nothing follows"),
            ("sk_test_abc\ndef", "CH0102", "two lines"),
            ("sk_test_abc\u{fffd}", "CH0102", "not UTF-8"),
            ("sk_test_abc$", "CH0102", "letters and digits"),
        ] {
            let error = parse(text).expect_err(text);
            assert_eq!(error.code(), code, "{text:?}");
            assert!(error.to_string().contains(words), "{error}");
            assert!(!error.to_string().contains("abc"), "the key must not show: {error}");
        }
    }
}
