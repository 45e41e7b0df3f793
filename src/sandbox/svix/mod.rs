//! Stands for the Svix API as a portal session sees it (Svix, lib-openapi 1.947).

mod attempt;
mod endpoint;
mod endpoint_form;
mod event_type;
mod example;
mod headers;
mod idempotency;
mod message;
mod page;
mod parameters;
mod recovery;
mod refusal;
mod secret;
mod session;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::{Map, Value};

use self::idempotency::{Answered, idempotent};
use self::refusal::Refusal;
pub use self::refusal::refusal_of;
use super::world::World;

type Shared = State<Arc<World>>;
type Answer = Result<Response, Refusal>;

/// The routes: first those that a session opens, then those that open one.
pub fn router(world: Arc<World>) -> Router {
    let answered = Arc::new(Answered::default());
    endpoints()
        .merge(messages())
        .route("/api/v1/event-type", get(event_type::list))
        .route("/api/v1/event-type/{name}", get(event_type::one))
        .route_layer(from_fn_with_state(answered, idempotent))
        .route_layer(from_fn_with_state(Arc::clone(&world), session::authorize))
        .route("/api/v1/auth/one-time-token", post(session::exchange))
        .route("/api/v1/auth/logout", post(session::logout))
        .fallback(async || Refusal::not_found())
        .with_state(world)
}

fn endpoints() -> Router<Arc<World>> {
    const ENDPOINT: &str = "/api/v1/app/{app}/endpoint/{endpoint}";
    let under = |part: &str| format!("{ENDPOINT}/{part}");
    Router::new()
        .route("/api/v1/app/{app}/endpoint", get(endpoint::list).post(endpoint::create))
        .route(ENDPOINT, get(endpoint::one).put(endpoint::replace).patch(endpoint::update).delete(endpoint::delete))
        .route(&under("secret"), get(secret::current))
        .route(&under("secret/rotate"), post(secret::rotate))
        .route(&under("headers"), get(headers::list).patch(headers::update).put(headers::replace))
        .route(&under("send-example"), post(example::send))
        .route(&under("stats"), get(recovery::stats))
        .route(&under("recover"), post(recovery::recover))
        .route(&under("replay-missing"), post(recovery::replay_missing))
        .route(&under("msg"), get(message::of_endpoint))
}

fn messages() -> Router<Arc<World>> {
    Router::new()
        .route("/api/v1/app/{app}/msg", get(message::list).post(message::create))
        .route("/api/v1/app/{app}/msg/{message}", get(message::one))
        .route("/api/v1/app/{app}/msg/{message}/attempt/{attempt}", get(attempt::one))
        .route("/api/v1/app/{app}/msg/{message}/endpoint/{endpoint}/resend", post(attempt::resend))
        .route("/api/v1/app/{app}/attempt/endpoint/{endpoint}", get(attempt::of_endpoint))
        .route("/api/v1/app/{app}/attempt/msg/{message}", get(attempt::of_message))
}

/// The members of a JSON body.
fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::invalid("body", None, &error.to_string(), "value_error.json"))
}
