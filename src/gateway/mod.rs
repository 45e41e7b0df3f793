//! The verifying gateway: stands in front of the app, checks each signature, and answers 403 to what fails.

mod passage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::passage::Passage;
use crate::delivery::{self, Delivery, Origin, Signature, Witness, texts};
use crate::http::{OriginForm, could_mean};
use crate::serve::Patience;
use crate::signature::{Secrets, judge};

/// A body that is verified is held in memory. Svix's largest payload is far below it.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// How long such a body may take to come; what is not verified streams for as long as it likes.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The header by which an answer of the gateway is told from one of the app.
pub const REFUSED: &str = "clerkhook-refused";

/// Why nothing passes a gateway without a secret.
const NO_SECRET: &str = "no signing secret is known";

/// Who is told of each request that was verified, and what became of it; it must not wait.
#[derive(Clone)]
pub struct Teller(Arc<dyn Fn(Delivery) + Send + Sync>);

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
    /// Who is told of what was verified.
    pub teller: Teller,
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
    match gateway.admission(request.uri()) {
        Admission::Refused => refusal(StatusCode::BAD_REQUEST, "the target is no path"),
        Admission::Free(target) => {
            request.extensions().get::<Patience>().into_iter().for_each(Patience::endless);
            gateway.pass_on(&target, request).await
        }
        Admission::Verified(target) => gateway.guard(&target, request).await,
    }
}

impl Gateway {
    /// What is done with a request, by its target alone.
    pub fn admission(&self, uri: &Uri) -> Admission {
        let Some(target) = OriginForm::of(uri) else { return Admission::Refused };
        let concerns = self.path.as_deref().is_none_or(|path| could_mean(target.path(), path));
        if concerns && self.enforce { Admission::Verified(target) } else { Admission::Free(target) }
    }

    async fn pass_on(&self, target: &OriginForm, request: Request) -> Response {
        let passage = Passage { upstream: &self.upstream, target, stop: &self.stop };
        match passage::through(passage, request).await {
            Ok(answer) => answer,
            Err(error) => refusal(StatusCode::BAD_GATEWAY, &format!("the app gave no answer: {error}")),
        }
    }

    /// Lets through what is validly signed, and tells of all that came.
    async fn guard(&self, target: &OriginForm, request: Request) -> Response {
        let (came, began) = (Timestamp::now(), Instant::now());
        let (head, body) = request.into_parts();
        let read = match timeout(BODY_WITHIN, to_bytes(body, BODY_LIMIT)).await {
            Ok(Ok(body)) => Ok(body),
            Ok(Err(_)) => Err((StatusCode::PAYLOAD_TOO_LARGE, "the body is cut, or larger than 10 MiB")),
            Err(_) => Err((StatusCode::REQUEST_TIMEOUT, "the body did not come within 30 s")),
        };
        let seen = delivery::Request {
            method: head.method.as_str().to_owned(),
            target: target.as_str().to_owned(),
            headers: texts(&head.headers),
            body: read.as_ref().map(|body| body.to_vec()).unwrap_or_default(),
            truncated: read.is_err(),
        };
        let mut sighting = Delivery::new(came, Witness::Gateway, seen);
        let response = match read {
            Err((status, reason)) => {
                sighting.verdict.reason = Some(reason.to_owned());
                refusal(status, reason)
            }
            Ok(body) => {
                sighting.verdict = judge(&self.secrets.get(), &sighting.request, came.as_second());
                match sighting.verdict.signature {
                    Signature::Valid => self.pass_on(target, Request::from_parts(head, Body::from(body))).await,
                    _ => refusal(StatusCode::FORBIDDEN, sighting.verdict.reason.as_deref().unwrap_or(NO_SECRET)),
                }
            }
        };
        self.tell(sighting, &response, began.elapsed());
        response
    }

    /// The answer's body is still under way, or was made up here.
    fn tell(&self, sighting: Delivery, response: &Response, duration: Duration) {
        let (status, headers) = (response.status().as_u16(), texts(response.headers()));
        let answer = Some(delivery::Answer { status, headers, body: Vec::new(), truncated: true });
        let refused = sighting.verdict.signature != Signature::Valid;
        // Whoever made it up is nobody that is known.
        let origin = if refused { Origin::Other } else { sighting.origin };
        (self.teller.0)(Delivery { answer, origin, duration: Some(duration), ..sighting });
    }
}

impl Teller {
    /// Hands each over to this.
    pub fn to(tell: impl Fn(Delivery) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl std::fmt::Debug for Teller {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Teller").finish_non_exhaustive()
    }
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    let mut response =
        (status, axum::Json(json!({ "message": "refused by clerkhook", "reason": reason }))).into_response();
    response.headers_mut().insert(REFUSED, HeaderValue::from_static("1"));
    response
}
