//! The app's own words: its first lines made harmless, and what they say of the cause.

use crate::secret::mask_text;

/// How much is quoted, in characters.
const QUOTED: usize = 200;

/// How many lines are quoted.
const LINES: usize = 3;

/// What a page is likely to say its trouble in, the most telling place first: Next's development page keeps the error
/// as JSON, others show it (seen in Next 16, Express 5, Django 5, Nuxt 4).
const PLACES: [(&str, &str); 5] = [
    ("\"message\":\"", "\""),
    ("<pre class=\"exception_value\">", "</pre>"),
    ("<pre>", "</pre>"),
    ("<h1>", "</h1>"),
    ("<title>", "</title>"),
];

/// The first lines of what the app said; `None` where it said nothing that a person reads.
pub fn said(body: &str) -> Option<String> {
    let text = if body.trim_start().starts_with('<') { of_page(body)? } else { body };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    let words = mask_text(&lines.collect::<Vec<_>>().join(" / "));
    let harmless = words.chars().map(|c| if c.is_control() || c == '`' { ' ' } else { c });
    let mut quoted: String = harmless.clone().take(QUOTED).collect();
    if harmless.count() > QUOTED {
        quoted.push('…');
    }
    (!quoted.trim().is_empty()).then(|| quoted.trim().to_owned())
}

fn of_page(page: &str) -> Option<&str> {
    PLACES.iter().find_map(|(begin, end)| {
        let start = page.find(begin)? + begin.len();
        let text = &page[start..];
        let text = &text[..text.find(end)?];
        (!text.trim().is_empty() && !text.contains('<')).then_some(text)
    })
}

/// A clause with the app's words, for the end of a sentence.
pub fn quoted(body: &str) -> String {
    said(body).map_or_else(String::new, |words| format!(", and said `{words}`"))
}

/// The cause that a refusal names itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// The app has no signing secret.
    NoSecret,
    /// The app has none of Clerk's keys.
    NoKey,
    /// The verifier was not given the bytes.
    Parsed,
    /// The signature does not match.
    Signature,
    /// The signature's time is too far from the app's.
    Time,
    /// A guard against forged forms.
    Csrf,
    /// Django wants a slash at the end.
    Slash,
    /// A proxy without its backend.
    Backend,
}

/// Which cause a body names, if it names one.
pub fn named(status: u16, body: &str) -> Option<Named> {
    let body = body.to_ascii_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| body.contains(word));
    Some(match status {
        _ if any(&["missing webhook signing secret", "webhook_signing_secret", "secret can't be empty"]) => {
            Named::NoSecret
        }
        _ if any(&["missing publishablekey", "missing secretkey", "publishable key", "clerk_secret_key"]) => {
            Named::NoKey
        }
        _ if any(&["payload to be of type string", "string or buffer"]) => Named::Parsed,
        _ if any(&["append_slash"]) => Named::Slash,
        _ if any(&["csrf"]) => Named::Csrf,
        400.. if any(&["timestamp too old", "timestamp too new", "timestamp is"]) => Named::Time,
        502..=504 if any(&["econnrefused", "proxy", "bad gateway", "upstream", "connect"]) => Named::Backend,
        400.. if any(&["no matching signature", "verify incoming webhook", "webhookverificationerror"]) => {
            Named::Signature
        }
        // A crash that only has the word in its answer may be about anything.
        400..=499 if any(&["signature", "svix", "verif"]) => Named::Signature,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_lines_are_quoted_and_secrets_masked() {
        for (body, words) in [
            ("", None),
            (" \n\t", None),
            ("Error: no\n\n at x\n at y\n at z", Some("Error: no / at x / at y")),
            ("bad whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX", Some("bad whsec_…FRYX")),
            ("\u{1b}[31mred\u{7}", Some("[31mred")),
            (
                "<!DOCTYPE html><title>Bad</title><pre>Error: Missing webhook signing secret</pre>",
                Some("Error: Missing webhook signing secret"),
            ),
            ("<html><script>{\"err\":{\"name\":\"Error\",\"message\":\"No key\"}}</script>", Some("No key")),
            ("<html><body></body></html>", None),
        ] {
            assert_eq!(said(body).as_deref(), words, "{body:?}");
        }
        assert_eq!(said(&"ä".repeat(500)).expect("words").chars().count(), QUOTED + 1);
    }

    #[test]
    fn a_body_names_its_cause() {
        for (status, body, cause) in [
            (500, "Error: Missing webhook signing secret", Some(Named::NoSecret)),
            (500, "@clerk/nextjs: Missing publishableKey. You can get your key at", Some(Named::NoKey)),
            (400, "Expected payload to be of type string or Buffer", Some(Named::Parsed)),
            (500, "No matching signature found", Some(Named::Signature)),
            (400, "Unable to verify incoming webhook", Some(Named::Signature)),
            (403, "CSRF verification failed. Request aborted.", Some(Named::Csrf)),
            (500, "You called this URL via POST ... APPEND_SLASH set", Some(Named::Slash)),
            (502, "Error: connect ECONNREFUSED 127.0.0.1:8000", Some(Named::Backend)),
            (500, "connect ECONNREFUSED 127.0.0.1:5432", None),
            (500, "oops", None),
            (500, r#"{"signature":"valid","reason":"database is locked"}"#, None),
            (401, "Invalid signature", Some(Named::Signature)),
            (400, "Message timestamp too old", Some(Named::Time)),
        ] {
            assert_eq!(named(status, body), cause, "{body}");
        }
    }

    proptest! {
        #[test]
        fn no_body_gives_more_than_a_harmless_line(body in any::<String>()) {
            let words = said(&body).unwrap_or_default();
            prop_assert!(words.chars().count() <= QUOTED + 1 && !words.chars().any(char::is_control));
        }
    }
}
