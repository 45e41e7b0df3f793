//! One delivery on the page: a line that opens to its headers and body.

use std::fmt::{self, Write as _};

use axum::http::HeaderMap;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::escape::Escaped;
use super::shown::Entry;
use crate::delivery::texts;
use crate::payload::{indent, readable};
use crate::report::Delivery;

/// Of a longer body the page shows the beginning, in bytes.
const SHOWN: usize = 64 * 1024;

/// Writes the list item of a delivery. `run` makes its id unlike those of earlier runs of the app.
pub(super) fn render(page: &mut String, run: i64, entry: &Entry, zone: &TimeZone) -> fmt::Result {
    let delivery = &entry.delivery;
    write!(page, "<li id=\"d{run}-{}\"><details><summary>", Escaped(&delivery.id))?;
    summary(page, delivery, zone)?;
    page.push_str("</summary><div class=\"inside\">");
    write!(page, "<p><code>{} {}</code></p>", Escaped(&delivery.method), Escaped(&delivery.path))?;
    headers(page, &entry.headers)?;
    body(page, &entry.body)?;
    page.push_str("</div></details></li>");
    Ok(())
}

fn summary(page: &mut String, delivery: &Delivery, zone: &TimeZone) -> fmt::Result {
    let instant = Escaped(&delivery.received_at);
    write!(page, "<time datetime=\"{instant}\" title=\"{instant}\">{}</time>", clock(&delivery.received_at, zone))?;
    match &delivery.event {
        Some(event) => write!(page, "<b class=\"what\">{}</b>", Escaped(event))?,
        None => write!(page, "<span class=\"what\">{} {}</span>", Escaped(&delivery.method), Escaped(&delivery.path))?,
    }
    let verdict = delivery.signature.word();
    write!(page, "<span class=\"verdict {verdict}\">{verdict}</span>")?;
    match delivery.status_code {
        Some(status) => write!(page, "<span class=\"status s{}\">{status}</span>", status / 100)?,
        None => page.push_str("<span class=\"status\" title=\"no answer\">–</span>"),
    }
    let message_id = delivery.message_id.as_deref().unwrap_or_default();
    write!(page, "<code class=\"message\">{}</code>", Escaped(message_id))?;
    if let Some(reason) = &delivery.reason {
        write!(page, "<span class=\"reason\">{}</span>", Escaped(reason))?;
    }
    Ok(())
}

/// The time of day on this machine's clock.
fn clock(received_at: &str, zone: &TimeZone) -> String {
    let instant: Result<Timestamp, _> = received_at.parse();
    instant.map_or_else(|_| String::new(), |time| time.to_zoned_datetime(zone.clone()).strftime("%H:%M:%S").to_string())
}

fn headers(page: &mut String, headers: &HeaderMap) -> fmt::Result {
    page.push_str("<h2>Headers</h2><dl>");
    for (name, value) in texts(headers) {
        write!(page, "<dt>{}</dt><dd>{}</dd>", Escaped(&name), Escaped(&value))?;
    }
    page.push_str("</dl>");
    Ok(())
}

/// JSON in lines, with its tokens as they came; and the body as it was sent.
fn body(page: &mut String, body: &[u8]) -> fmt::Result {
    let shown = &body[..body.len().min(SHOWN)];
    let formatted = if body.len() > SHOWN { None } else { std::str::from_utf8(shown).ok().and_then(indent) };
    if let Some(json) = formatted {
        write!(page, "<h2>Body <small>formatted</small></h2><pre tabindex=\"0\">{}</pre>", Escaped(&json))?;
    }
    write!(page, "<h2>Raw <small>{} bytes as sent</small></h2>", body.len())?;
    if body.is_empty() {
        return Ok(());
    }
    write!(page, "<pre tabindex=\"0\">{}</pre>", Escaped(&readable(shown)))?;
    if body.len() > SHOWN {
        write!(page, "<p>The first {SHOWN} bytes are shown.</p>")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;
    use crate::report::Signature;

    const HOSTILE: &str = "</pre><img src=x onerror=\"alert('1')\">&lt;";

    fn entry(text: &str) -> Entry {
        let delivery = Delivery {
            id: "7".to_owned(),
            message_id: Some(text.to_owned()),
            event: Some(text.to_owned()),
            method: text.to_owned(),
            path: text.to_owned(),
            status_code: Some(200),
            duration_ms: Some(1),
            signature: Signature::Invalid,
            reason: Some(text.to_owned()),
            replay: false,
            received_at: "2026-01-01T12:34:56.789Z".to_owned(),
            origin: crate::delivery::Origin::Other,
            set_up: None,
        };
        let headers = [(axum::http::header::USER_AGENT, text.parse().expect("a header value"))];
        Entry { delivery, headers: HeaderMap::from_iter(headers), body: Bytes::from(text.to_owned()) }
    }

    fn rendered(entry: &Entry) -> String {
        let mut page = String::new();
        render(&mut page, 1, entry, &TimeZone::UTC).expect("rendered");
        page
    }

    #[test]
    fn whatever_came_is_shown_as_text() {
        let page = rendered(&entry(HOSTILE));
        assert!(!page.contains("<img") && !page.contains("onerror=\""), "{page}");
        assert_eq!(page.matches(&Escaped(HOSTILE).to_string()).count(), 7, "{page}");
    }

    #[test]
    fn a_delivery_is_told_in_one_line() {
        let page = rendered(&entry("x"));
        assert!(page.starts_with("<li id=\"d1-7\"><details><summary>"), "{page}");
        for part in [">12:34:56</time>", "<b class=\"what\">x</b>", "verdict invalid", "status s2\">200"] {
            assert!(page.contains(part), "{part} is not in {page}");
        }
    }

    #[test]
    fn bodies_are_shown_formatted_and_as_sent_cut_and_even_when_they_are_no_text() {
        let with = |body: Vec<u8>| rendered(&Entry { body: Bytes::from(body), ..entry("x") });
        let json = with(b"{\"a\" :[1.0]}\r\n".to_vec());
        assert!(
            json.contains("formatted</small></h2><pre tabindex=\"0\">{\n  &quot;a&quot;: [\n    1.0\n  ]\n}</pre>")
        );
        assert!(
            json.contains("14 bytes as sent</small></h2><pre tabindex=\"0\">{&quot;a&quot; :[1.0]}\\u{d}\n</pre>"),
            "{json}"
        );
        let no_text = with(b"\xff<\0".to_vec());
        assert!(no_text.contains("<pre tabindex=\"0\">\\xff&lt;\\u{0}</pre>") && !no_text.contains("formatted"));
        let long = with(vec![b'x'; SHOWN + 1]);
        assert!(
            long.contains("<small>65537 bytes as sent</small>") && long.contains("The first 65536 bytes are shown.")
        );
        assert!(!with(Vec::new()).contains("<pre"));
    }
}
