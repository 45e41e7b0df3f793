//! Portal sessions: a one-time token becomes a bearer token, which opens one application.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::{Answer, Refusal, Shared, object};

/// What Clerk's portal sessions may do.
const CAPABILITIES: [&str; 5] =
    ["ViewBase", "ViewEndpointSecret", "ManageEndpointSecret", "CreateAttempts", "ManageEndpoint"];

/// POST `/auth/one-time-token`
pub async fn exchange(State(world): Shared, body: Bytes) -> Answer {
    let body = object(&body)?;
    let one_time = body.get("oneTimeToken").and_then(|token| token.as_str());
    let required = || Refusal::invalid("body", Some("oneTimeToken"), "field required", "value_error.missing");
    let token = world.sessions.exchange(one_time.ok_or_else(required)?).ok_or_else(Refusal::unauthorized)?;
    Ok(Json(json!({"token": token, "capabilities": CAPABILITIES})).into_response())
}

/// POST `/auth/logout`
pub async fn logout(State(world): Shared, headers: HeaderMap) -> Result<StatusCode, Refusal> {
    let token = bearer(&headers).filter(|token| world.sessions.app_of(token).is_some());
    world.sessions.revoke(token.ok_or_else(Refusal::unauthorized)?);
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a session's calls on its own application through; other applications do not exist for it.
pub async fn authorize(State(world): Shared, request: Request, next: Next) -> Response {
    let Some(own) = bearer(request.headers()).and_then(|token| world.sessions.app_of(token)) else {
        return Refusal::unauthorized().into_response();
    };
    let asked = request.uri().path().strip_prefix("/api/v1/app/").and_then(|rest| rest.split('/').next());
    if asked.is_some_and(|asked| asked != own) {
        return Refusal::not_found().into_response();
    }
    next.run(request).await
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
