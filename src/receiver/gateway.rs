//! The verifying gateway: stands in front of the app, checks each signature, and answers 403 to what fails.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::json;
use url::Url;

use super::Secrets;
use crate::http::Http;
use crate::signature::{Signed, verify};

/// Svix's largest payload is far below it.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// An app may stream for as long as it likes to a browser; a webhook is given up after 15 s by its sender.
const ANSWER_WITHIN: Duration = Duration::from_secs(120);

/// The header by which an answer of the gateway is told from one of the app.
pub const REFUSED: &str = "clerkhook-refused";

/// Headers that belong to one connection.
const HOP_BY_HOP: [header::HeaderName; 6] = [
    header::CONNECTION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::CONTENT_LENGTH,
];

/// How the gateway verifies.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The app.
    pub upstream: Url,
    /// Only this path; every one when absent.
    pub path: Option<String>,
    /// Refuse what does not verify; else let it through.
    pub enforce: bool,
    /// Replaceable while it runs.
    pub secrets: Secrets,
    /// Clients.
    pub http: Http,
}

/// The gateway as an app to serve.
pub fn gateway(gateway: Gateway) -> Router {
    Router::new().fallback(pass).with_state(Arc::new(gateway))
}

async fn pass(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 10 MiB");
    };
    if gateway.path.as_deref().is_none_or(|path| path == head.uri.path())
        && let Err(reason) = gateway.check(&head.headers, &body)
        && gateway.enforce
    {
        return refusal(StatusCode::FORBIDDEN, &reason);
    }
    let Ok(url) = gateway.upstream.join(&head.uri.to_string()) else {
        return refusal(StatusCode::BAD_REQUEST, "the path cannot be read");
    };
    let mut forwarded = reqwest::Request::new(head.method, url);
    *forwarded.headers_mut() = without_hop_by_hop(head.headers);
    *forwarded.timeout_mut() = Some(ANSWER_WITHIN);
    *forwarded.body_mut() = Some(body.into());
    match gateway.http.client(forwarded.url()).execute(forwarded).await {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = without_hop_by_hop(answer.headers().clone());
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(error) => refusal(StatusCode::BAD_GATEWAY, &format!("the app gave no answer: {}", error.without_url())),
    }
}

impl Gateway {
    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
        let signed = Signed::read(|name| headers.get(name).and_then(|value| value.to_str().ok()));
        let now = Timestamp::now().as_second();
        verify(&self.secrets.get(), &signed, body, now).map_err(|reason| reason.to_string())
    }
}

fn without_hop_by_hop(mut headers: HeaderMap) -> HeaderMap {
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
    headers
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    let mut response =
        (status, axum::Json(json!({ "message": "refused by clerkhook", "reason": reason }))).into_response();
    response.headers_mut().insert(REFUSED, HeaderValue::from_static("1"));
    response
}
