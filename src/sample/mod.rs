//! The built-in app: takes every webhook and says whether its signature is valid. What a browser sees is another's.

mod answer;
mod body;
mod feed;
mod front;
mod respond;
mod verdict;
mod visitor;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use self::answer::Answer;
use self::body::Body;
use self::verdict::Verdict;
use self::visitor::Visitor;
use crate::delivery::{self, Origin, texts};
use crate::http::PROBE;
use crate::report::{Delivery, Received};
use crate::signature::{Secrets, Signed};

pub use feed::{Feed, Teller, feed};
pub use front::Front;
pub use respond::{Respond, RespondFault};

/// The largest body that is taken unless told otherwise, in bytes.
pub const MAX_BODY: usize = 1024 * 1024;

/// Only ngrok's cloud inspector marks what it sends again; the agent's own replay looks like the original.
const REPLAY_HEADER: &str = "ngrok-replay-original-request-id";

/// How the app behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// The largest body that is taken, in bytes.
    pub max_body: usize,
    /// What to answer in place of 200.
    pub respond: Option<Respond>,
    /// Whether anything but a validly signed event is answered 400.
    pub reject_invalid: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_body: MAX_BODY, respond: None, reject_invalid: false }
    }
}

/// The app. Every request but a look at its page is told to `teller`, as soon as it is known how it is answered.
pub fn app(options: Options, secrets: Secrets, teller: Teller, front: Arc<dyn Front>) -> Router {
    let sample = Sample { options, secrets, teller, front, numbers: AtomicU64::new(1) };
    Router::new().fallback(handle).with_state(Arc::new(sample))
}

struct Sample {
    options: Options,
    secrets: Secrets,
    teller: Teller,
    front: Arc<dyn Front>,
    /// The number of the next delivery.
    numbers: AtomicU64,
}

async fn handle(State(sample): State<Arc<Sample>>, request: Request) -> Response {
    // Whoever asks for a path that cannot exist is told so.
    if request.headers().contains_key(PROBE) {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Visitor::of(request.method(), request.headers()) {
        Visitor::Sender => sample.receive(request).await,
        Visitor::Browser => sample.front.show(request.headers()),
        Visitor::Stranger => answer::to_stranger(),
    }
}

impl Sample {
    async fn receive(&self, request: Request) -> Response {
        let (started, now) = (Instant::now(), Timestamp::now());
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let body = Body::read(body, self.options.max_body).await;
        let verdict = Verdict::on(&self.secrets.get(), &signed(&parts.headers), &body, now.as_second());
        let event = body.event_type();
        let answer = Answer::to(&body, event.as_deref(), &verdict, &self.options);
        let delivery = Delivery {
            id: number.to_string(),
            message_id: signed(&parts.headers).id.map(str::to_owned),
            event,
            method: parts.method.as_str().to_owned(),
            path: path(&parts),
            status_code: answer.status().map(|status| status.as_u16()),
            duration_ms: u64::try_from(started.elapsed().as_millis()).ok(),
            signature: verdict.signature,
            reason: verdict.reason,
            replay: parts.headers.contains_key(REPLAY_HEADER),
            received_at: format!("{now:.3}"),
            origin: Origin::default(),
            set_up: None,
        };
        self.tell(delivery, parts.headers, body, answer.told());
        answer.send().await
    }

    fn tell(&self, delivery: Delivery, headers: HeaderMap, body: Body, answer: Option<delivery::Answer>) {
        let truncated = !body.is_whole();
        let body = body.into_bytes();
        let (told, names) = (delivery.clone(), texts(&headers));
        let received = Received { delivery: told, headers: names, body: body.clone(), truncated, answer };
        self.front.keep(delivery, headers, body);
        self.teller.tell(received);
    }
}

fn signed(headers: &HeaderMap) -> Signed<'_> {
    Signed::read(|name| headers.get(name)?.to_str().ok())
}

fn path(parts: &Parts) -> String {
    parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}
