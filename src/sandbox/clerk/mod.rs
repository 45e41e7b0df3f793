//! Stands for Clerk's Backend API, as far as webhooks and users go (Clerk openapi-specs, bapi/2026-05-12).

mod body;
mod event;
mod organizations;
mod refusal;
mod user;
mod users;
mod webhooks;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use self::refusal::Refusal;
pub use self::refusal::refusal_of;
use super::world::World;
use crate::secret::Secret;

type Shared = State<Arc<World>>;
type Answer = Result<Json<Value>, Refusal>;

/// The routes, each behind the secret key.
pub fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/v1/instance", get(instance))
        .route("/v1/webhooks/svix", post(webhooks::enable).delete(webhooks::disable))
        .route("/v1/webhooks/svix_url", post(webhooks::portal))
        .route("/v1/users", post(users::create).get(users::list))
        .route("/v1/users/count", get(users::count))
        .route("/v1/users/{id}", get(users::one).patch(users::update).delete(users::delete))
        .route("/v1/users/{id}/metadata", patch(users::update_metadata))
        .route("/v1/organizations", post(organizations::create).get(organizations::list))
        .route("/v1/organizations/{id}", get(organizations::one).delete(organizations::delete))
        .fallback(async || Refusal::not_found("no such route"))
        .layer(from_fn_with_state(Arc::clone(&world), authenticate))
        .with_state(world)
}

async fn authenticate(State(world): Shared, request: Request, next: Next) -> Response {
    let Some(header) = request.headers().get(AUTHORIZATION) else {
        return Refusal::unauthenticated().into_response();
    };
    match header.to_str().ok().and_then(|header| header.strip_prefix("Bearer ")) {
        None => Refusal::malformed_authorization().into_response(),
        Some(key) if Secret::new(key) == world.clerk_key => next.run(request).await,
        Some(_) => Refusal::key_invalid().into_response(),
    }
}

async fn instance(State(world): Shared) -> Answer {
    Ok(Json(json!({
        "object": "instance",
        "id": world.store.read(|data| data.instance_id.clone()),
        "environment_type": "development",
        "allowed_origins": null,
        "workspace_id": null,
    })))
}
