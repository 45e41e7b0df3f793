//! The verifying gateway: stands in front of the app, checks each signature, and answers 403 to what fails.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::passage::{self, Passage};
use crate::http::{OriginForm, could_mean};
use crate::serve::Patience;
use crate::signature::{Secrets, Signed, verify};

/// A body that is verified is held in memory. Svix's largest payload is far below it.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// How long such a body may take to come; what is not verified streams for as long as it likes.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The header by which an answer of the gateway is told from one of the app.
pub const REFUSED: &str = "clerkhook-refused";

/// How the gateway verifies.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// The app.
    pub upstream: Url,
    /// Only what could be taken for this path; every request when absent.
    pub path: Option<String>,
    /// Refuse what does not verify; else let it through.
    pub enforce: bool,
    /// Replaceable while it runs.
    pub secrets: Secrets,
    /// Ends what outlives its request: connections that became another protocol.
    pub stop: CancellationToken,
}

/// What is done with a request, by its target alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It names a host, or no path.
    Refused,
    /// It passes when its signature does.
    Verified(OriginForm),
    /// It passes.
    Free(OriginForm),
}

/// The gateway as an app to serve.
pub fn gateway(gateway: Gateway) -> Router {
    Router::new().fallback(pass).with_state(Arc::new(gateway))
}

async fn pass(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (target, request) = match gateway.admission(request.uri()) {
        Admission::Refused => return refusal(StatusCode::BAD_REQUEST, "the target is no path"),
        Admission::Free(target) => {
            request.extensions().get::<Patience>().into_iter().for_each(Patience::endless);
            (target, request)
        }
        Admission::Verified(target) => match gateway.verified(request).await {
            Ok(request) => (target, request),
            Err(refused) => return refused,
        },
    };
    let passage = Passage { upstream: &gateway.upstream, target: &target, stop: &gateway.stop };
    match passage::through(passage, request).await {
        Ok(answer) => answer,
        Err(error) => refusal(StatusCode::BAD_GATEWAY, &format!("the app gave no answer: {error}")),
    }
}

impl Gateway {
    /// What is done with a request, by its target alone.
    pub fn admission(&self, uri: &Uri) -> Admission {
        let Some(target) = OriginForm::of(uri) else { return Admission::Refused };
        let concerns = self.path.as_deref().is_none_or(|path| could_mean(target.path(), path));
        if concerns && self.enforce { Admission::Verified(target) } else { Admission::Free(target) }
    }

    async fn verified(&self, request: Request) -> Result<Request, Response> {
        let (head, body) = request.into_parts();
        let body = match timeout(BODY_WITHIN, to_bytes(body, BODY_LIMIT)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return Err(refusal(StatusCode::PAYLOAD_TOO_LARGE, "the body is cut, or larger than 10 MiB")),
            Err(_) => return Err(refusal(StatusCode::REQUEST_TIMEOUT, "the body did not come within 30 s")),
        };
        match self.check(&head.headers, &body) {
            Ok(()) => Ok(Request::from_parts(head, Body::from(body))),
            Err(reason) => Err(refusal(StatusCode::FORBIDDEN, &reason)),
        }
    }

    fn check(&self, headers: &HeaderMap, body: &[u8]) -> Result<(), String> {
        let signed = Signed::read(|name| headers.get(name).and_then(|value| value.to_str().ok()));
        let now = Timestamp::now().as_second();
        verify(&self.secrets.get(), &signed, body, now).map_err(|reason| reason.to_string())
    }
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    let mut response =
        (status, axum::Json(json!({ "message": "refused by clerkhook", "reason": reason }))).into_response();
    response.headers_mut().insert(REFUSED, HeaderValue::from_static("1"));
    response
}
