//! What the app answers: 200 and a few words of JSON, unless it is told to refuse or to misbehave.

use std::time::Duration;

use axum::body::Body as Outgoing;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

use super::Options;
use super::body::Body;
use super::verdict::Verdict;
use crate::delivery;
use crate::report::Signature;

/// Where a redirect leads: what an app does whose sign-in middleware guards the webhook route.
const SIGN_IN: HeaderValue = HeaderValue::from_static("/sign-in");

/// The answer to a delivery.
#[derive(Debug)]
pub(super) struct Answer {
    /// Absent when nobody is left to read it.
    status: Option<StatusCode>,
    delay: Duration,
    json: Vec<u8>,
}

#[derive(Serialize)]
struct Message<'a> {
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    signature: Signature,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl Answer {
    /// Decides: what cannot be taken is refused, then [`Options::respond`] rules, then the signature.
    pub(super) fn to(body: &Body, event: Option<&str>, verdict: &Verdict, options: &Options) -> Self {
        let signed = verdict.signature == Signature::Valid;
        let no_event = options.reject_invalid && signed && event.is_none();
        let distrusted = options.reject_invalid && !signed || no_event;
        let (status, delay) = match (body, options.respond) {
            (Body::Cut, _) => (None, Duration::ZERO),
            (Body::TooLarge(_), _) => (Some(StatusCode::PAYLOAD_TOO_LARGE), Duration::ZERO),
            (Body::Whole(_), Some(respond)) => (Some(respond.status), respond.delay),
            (Body::Whole(_), None) if distrusted => (Some(StatusCode::BAD_REQUEST), Duration::ZERO),
            (Body::Whole(_), None) => (Some(StatusCode::OK), Duration::ZERO),
        };
        let refused = matches!(status, Some(StatusCode::PAYLOAD_TOO_LARGE)) || distrusted;
        let message = Message {
            message: if refused { "refused" } else { "received" },
            event,
            signature: verdict.signature,
            reason: verdict.reason.as_deref().or(no_event.then_some("the body is no event")),
        };
        Self { status, delay, json: json(&message) }
    }

    /// The status, as far as anybody will see it.
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The same as a delivery's answer.
    pub(super) fn told(&self) -> Option<delivery::Answer> {
        let status = self.status?;
        let headers = headers(status)
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let (headers, body) = (headers.collect(), self.json.clone());
        Some(delivery::Answer { status: status.as_u16(), headers, body, truncated: false })
    }

    /// The response, after the delay.
    pub(super) async fn send(self) -> Response {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        let status = self.status.unwrap_or(StatusCode::BAD_REQUEST);
        respond(status, self.json)
    }
}

/// The answer to a browser that must not see the page.
pub(super) fn to_stranger() -> Response {
    #[derive(Serialize)]
    struct Refusal {
        message: &'static str,
        reason: &'static str,
    }
    let reason = "the page is only shown at `localhost`, `127.0.0.1` and `[::1]`";
    respond(StatusCode::FORBIDDEN, json(&Refusal { message: "refused", reason }))
}

fn json(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("texts are always JSON")
}

fn respond(status: StatusCode, json: Vec<u8>) -> Response {
    let mut response = Response::new(Outgoing::from(json));
    *response.status_mut() = status;
    response.headers_mut().extend(headers(status));
    response
}

/// The headers that are the app's own.
fn headers(status: StatusCode) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    let redirect = status.is_redirection().then_some((LOCATION, SIGN_IN));
    std::iter::once((CONTENT_TYPE, HeaderValue::from_static("application/json"))).chain(redirect)
}
