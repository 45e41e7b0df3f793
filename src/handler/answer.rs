//! A delivery to the app, and what it answered.

use std::time::{Duration, Instant};

use reqwest::header::{ALLOW, CONTENT_TYPE, HeaderValue, LOCATION};

use super::{Framework, Seen};
use crate::delivery;
use crate::http::{self, Certificates, Delivered, Http, Unreachable};

/// An app's answer to a delivery.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// HTTP status; 0 while there is none.
    pub status: u16,
    /// `Location`.
    pub location: Option<String>,
    /// `Content-Type`.
    pub content_type: Option<String>,
    /// `Allow`, which a 405 names the methods in.
    pub allow: Option<String>,
    /// `Date`, which tells the other side's clock.
    pub date: Option<String>,
    /// Clerk's middleware says that it protects the route.
    pub protected: bool,
    /// When the agent or the edge answered in the app's place.
    pub ngrok_code: Option<u32>,
    /// The body as text.
    pub body: String,
    /// There was more of it than is read.
    pub cut: bool,
    /// What the app is made with, where its answer says so.
    pub framework: Option<Framework>,
    /// As it came, to be kept.
    pub whole: delivery::Answer,
    /// Until the answer was read.
    pub duration: Duration,
}

impl Answer {
    /// Whether the app took the delivery; Svix counts nothing else as success.
    pub fn is_success(&self) -> bool {
        (200..=299).contains(&self.status)
    }

    /// For the diagnosis.
    pub fn seen<'a>(&'a self, path: &'a str, upstream: &'a str) -> Seen<'a> {
        Seen {
            status: Some(self.status).filter(|status| *status != 0),
            location: self.location.as_deref(),
            ngrok_code: self.ngrok_code,
            protected: self.protected,
            content_type: self.content_type.as_deref(),
            allow: self.allow.as_deref(),
            body: &self.body,
            path,
            upstream,
            framework: self.framework,
        }
    }

    /// An answer of this status, with these headers and this body.
    pub fn of<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>, body: String) -> Self {
        let text = |name: &str| header(name).map(str::to_owned);
        let code = header("ngrok-error-code").and_then(|code| code.strip_prefix("ERR_NGROK_"));
        Self {
            status,
            location: text(LOCATION.as_str()),
            content_type: text(CONTENT_TYPE.as_str()),
            allow: text(ALLOW.as_str()).map(|allow| in_order(&allow)),
            date: text("date"),
            protected: says_protected(status, &header),
            ngrok_code: code.and_then(|code| code.parse().ok()),
            framework: Framework::of_answer(&header),
            body,
            ..Self::default()
        }
    }

    fn read(answer: &http::Answer, duration: Duration) -> Self {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let read = Self::of(answer.status.as_u16(), |name| answer.header(name), body);
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let whole = delivery::Answer {
            status: read.status,
            headers: answer.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect(),
            body: answer.body.clone(),
            truncated: answer.cut,
        };
        Self { cut: answer.cut, whole, duration, ..read }
    }
}

/// Whether Clerk's middleware protects the route. It puts `x-clerk-auth-*` on every answer, the app's own too, so these
/// alone say nothing (seen in `@clerk/nextjs` 7.9).
fn says_protected<'a>(status: u16, header: &impl Fn(&str) -> Option<&'a str>) -> bool {
    let begins = |name: &str, begin: &str| header(name).is_some_and(|value| value.starts_with(begin));
    match status {
        404 => begins("x-clerk-auth-reason", "protect-rewrite") && begins("x-middleware-rewrite", "/clerk_"),
        300..=399 => header("x-clerk-redirect-to").is_some(),
        _ => false,
    }
}

/// Delivers once. Redirects are answers, and so is every status.
///
/// # Errors
/// `Unreachable` when no answer came.
pub async fn deliver(http: &Http, delivered: Delivered<'_>) -> Result<Answer, Unreachable> {
    prepare(http, &delivered);
    let started = Instant::now();
    let answer = http.deliver(delivered).await?;
    Ok(Answer::read(&answer, started.elapsed()))
}

/// Delivers once, the body in so many pieces with a pause between them.
///
/// # Errors
/// `Unreachable` when no answer came.
pub async fn deliver_slowly(
    http: &Http,
    delivered: Delivered<'_>,
    pieces: usize,
    pause: Duration,
) -> Result<Answer, Unreachable> {
    prepare(http, &delivered);
    let started = Instant::now();
    let answer = http.deliver_slowly(delivered, pieces, pause).await?;
    Ok(Answer::read(&answer, started.elapsed()))
}

/// Makes the client before the clock starts, as the first one takes longer than a whole delivery.
fn prepare(http: &Http, delivered: &Delivered<'_>) {
    if delivered.certificates == Certificates::Trusted {
        let _ = http.delivering(delivered.url);
    }
}
/// Methods in an order of our own: some frameworks name them in another one each time (seen with Flask).
fn in_order(allow: &str) -> String {
    let mut methods: Vec<&str> = allow.split(',').map(str::trim).filter(|method| !method.is_empty()).collect();
    methods.sort_unstable();
    methods.dedup();
    methods.join(", ")
}
