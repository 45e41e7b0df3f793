//! A delivery to the app, and what it answered.

use std::time::{Duration, Instant};

use reqwest::header::{ALLOW, CONTENT_TYPE, LOCATION};

use super::Seen;
use crate::http::{self, Certificates, Delivered, Http, Unreachable};

/// Headers by which Clerk's middleware tells that it was at work (Clerk's SDKs, backend constants).
pub const CLERK_HEADERS: [&str; 3] = ["x-clerk-auth-status", "x-clerk-auth-reason", "x-clerk-auth-message"];

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
    /// Clerk's middleware was at work.
    pub clerk_middleware: bool,
    /// When the agent or the edge answered in the app's place.
    pub ngrok_code: Option<u32>,
    /// The body as text.
    pub body: String,
    /// There was more of it than is read.
    pub cut: bool,
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
            clerk_middleware: self.clerk_middleware,
            content_type: self.content_type.as_deref(),
            allow: self.allow.as_deref(),
            body: &self.body,
            path,
            upstream,
        }
    }

    fn read(answer: &http::Answer, duration: Duration) -> Self {
        let header = |name: &str| answer.header(name).map(str::to_owned);
        let code = answer.header("ngrok-error-code").and_then(|code| code.strip_prefix("ERR_NGROK_"));
        Self {
            status: answer.status.as_u16(),
            location: header(LOCATION.as_str()),
            content_type: header(CONTENT_TYPE.as_str()),
            allow: header(ALLOW.as_str()),
            date: header("date"),
            clerk_middleware: CLERK_HEADERS.iter().any(|name| answer.header(name).is_some()),
            ngrok_code: code.and_then(|code| code.parse().ok()),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            cut: answer.cut,
            duration,
        }
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
