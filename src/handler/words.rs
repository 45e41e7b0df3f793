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

/// Where an answer in JSON is likely to say its trouble, the most telling first (Nuxt, Fastify, SvelteKit, FastAPI).
const FIELDS: [&str; 4] = ["message", "detail", "statusMessage", "error"];

/// The first lines of what the app said; `None` where it said nothing that a person reads.
pub fn said(body: &str) -> Option<String> {
    let begin = body.trim_start();
    let page = if begin.starts_with('<') { Some(of_page(body)?) } else { None };
    // A short one is told whole.
    let long = body.len() > QUOTED || body.trim().contains('\n');
    let field = if begin.starts_with('{') && long { of_json(body) } else { None };
    let text = page.or(field).unwrap_or_else(|| body.to_owned());
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(LINES);
    let words = mask_text(&lines.collect::<Vec<_>>().join(" / "));
    let harmless = words.chars().map(|c| if c.is_control() || c == '`' { ' ' } else { c });
    let mut quoted: String = harmless.clone().take(QUOTED).collect();
    if harmless.count() > QUOTED {
        quoted.push('…');
    }
    (!quoted.trim().is_empty()).then(|| quoted.trim().to_owned())
}

fn of_json(body: &str) -> Option<String> {
    let value = serde_json::from_str::<serde_json::Value>(body).ok()?;
    FIELDS.iter().find_map(|field| value[field].as_str()).map(str::to_owned)
}

fn of_page(page: &str) -> Option<String> {
    PLACES.iter().find_map(|(begin, end)| {
        let start = page.find(begin)? + begin.len();
        let text = &page[start..];
        let text = &text[..text.find(end)?];
        // Express shows the error with its stack, a line break after the first.
        let text = text.split("<br").next().unwrap_or_default();
        (!text.trim().is_empty() && !text.contains('<')).then(|| unescaped(text))
    })
}

/// What HTML writes otherwise.
fn unescaped(text: &str) -> String {
    const WRITTEN: [(&str, &str); 6] =
        [("&#x27;", "'"), ("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    WRITTEN.iter().fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

/// A clause with the app's words, for the end of a sentence.
pub fn quoted(body: &str) -> String {
    said(body).map_or_else(String::new, |words| format!(", and said `{words}`"))
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
            ("<title>Error</title><pre>Error: no &quot;users&quot;<br> &nbsp; at x</pre>", Some("Error: no \"users\"")),
            ("{\n \"error\": true, \"statusMessage\": \"Unauthorized\"\n}", Some("Unauthorized")),
        ] {
            assert_eq!(said(body).as_deref(), words, "{body:?}");
        }
        assert_eq!(said(&"ä".repeat(500)).expect("words").chars().count(), QUOTED + 1);
    }

    proptest! {
        #[test]
        fn no_body_gives_more_than_a_harmless_line(body in any::<String>()) {
            let words = said(&body).unwrap_or_default();
            prop_assert!(words.chars().count() <= QUOTED + 1 && !words.chars().any(char::is_control));
        }
    }
}
