//! The page in the browser: one self-contained document of the last deliveries that renews itself.

mod delivery;
mod escape;
mod shown;

use std::fmt::Write as _;
use std::sync::LazyLock;

use axum::body::{Body as Outgoing, Bytes};
use axum::http::header::{self, HeaderName, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use sha2::{Digest as _, Sha256};

use self::shown::{Entry, KEPT, Shown};
use crate::report::Delivery;
use crate::signature::Secrets;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A green dot, so that the browser does not ask for `/favicon.ico`, which would count as a delivery.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'%3E\
    %3Ccircle cx='4' cy='4' r='3.5' fill='%232da44e'/%3E%3C/svg%3E";

/// Nothing may be loaded or run but the page's own style, script and icon.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
});

/// Payloads stay on this machine and in this tab.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_TYPE, "text/html; charset=utf-8"),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// What the page shows, and how signatures are checked.
#[derive(Debug)]
pub struct Page {
    shown: Shown,
    secrets: Secrets,
}

impl Page {
    /// An empty one, of an app that verifies with these secrets.
    pub fn new(secrets: Secrets) -> Self {
        Self { shown: Shown::new(), secrets }
    }

    /// Shows a delivery from now on.
    pub fn keep(&self, delivery: Delivery, headers: HeaderMap, body: Bytes) {
        self.shown.keep(Entry { delivery, headers, body });
    }

    /// The page as it stands, or 304 when the browser already has it.
    pub fn response(&self, request: &HeaderMap) -> Response {
        response(&self.shown, self.secrets.get().len(), request)
    }
}

fn response(shown: &Shown, known: usize, request: &HeaderMap) -> Response {
    let (count, last) = shown.last();
    let tag = format!("\"{}-{count}-{known}\"", shown.run());
    if request.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let mut list = String::new();
    for entry in &last {
        delivery::render(&mut list, shown.run(), entry, &TimeZone::system()).expect("a string takes all");
    }
    let mut response = Response::new(Outgoing::from(document(count, known, &list)));
    let headers = response.headers_mut();
    headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers.extend(
        [(header::CONTENT_SECURITY_POLICY, POLICY.as_str()), (header::ETAG, tag.as_str())]
            .map(|(name, value)| (name, HeaderValue::from_str(value).expect("hashes and numbers are visible ASCII"))),
    );
    response
}

fn document(count: u64, secrets: usize, list: &str) -> String {
    let mut page = String::with_capacity(list.len() + STYLE.len() + SCRIPT.len() + 2048);
    let (came, checking) = (came(count), checking(secrets));
    write!(
        page,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>clerkhook: {came}</title>
<link rel="icon" href="{ICON}">
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>clerkhook</h1>
<p id="state" role="status"><span class="dot"></span>The app runs: {came}.</p>
<p id="checking">{checking}</p>
</header>
<main>
<ol id="deliveries" data-kept="{KEPT}">{list}</ol>
<p class="none">Nothing has come yet. Any request to this address shows up here, whatever its method and path.</p>
</main>
<footer>The last {KEPT} are shown. They are kept in memory until the app ends.</footer>
<script>{SCRIPT}</script>
</body>
</html>
"#
    )
    .expect("a string takes all");
    page
}

fn came(count: u64) -> String {
    match count {
        0 => "no delivery yet".to_owned(),
        1 => "1 delivery".to_owned(),
        _ => format!("{count} deliveries"),
    }
}

fn checking(secrets: usize) -> String {
    match secrets {
        0 => "Signatures are not checked: no signing secret is known.".to_owned(),
        1 => "Signatures are checked with the signing secret.".to_owned(),
        _ => format!("Signatures are checked with {secrets} signing secrets."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_can_stand_inline() {
        for text in [STYLE, SCRIPT] {
            assert!(!text.contains("</") && !text.contains("<!--"), "it would end its element early");
            assert!(!text.contains("http"), "it would ask somebody else");
        }
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 1, 2].map(came), ["no delivery yet", "1 delivery", "2 deliveries"]);
    }
}
