// Clerk's events come here: POST /api/webhooks
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use svix::webhooks::Webhook;

// A message may come more than once. Memory forgets at a restart: keep these ids in your database, under a unique key.
static HANDLED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

pub fn webhooks() -> Router {
    Router::new().route("/api/webhooks", post(receive)).layer(DefaultBodyLimit::max(1024 * 1024))
}

// The signature is over the bytes: `Bytes`, no `Json`.
async fn receive(headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    let secret = std::env::var("CLERK_WEBHOOK_SIGNING_SECRET").unwrap_or_default();
    let Ok(webhook) = Webhook::new(&secret) else {
        return (StatusCode::INTERNAL_SERVER_ERROR, "CLERK_WEBHOOK_SIGNING_SECRET is not set, or is no secret".into());
    };
    if let Err(error) = webhook.verify(&body, &headers) {
        return (StatusCode::BAD_REQUEST, error.to_string());
    }
    let Ok(event) = serde_json::from_slice::<Value>(&body) else {
        return (StatusCode::BAD_REQUEST, "no event".into());
    };

    let id = headers.get("svix-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
    if !HANDLED.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone()) {
        return (StatusCode::OK, "handled before".into());
    }
    if let Err(error) = handle(&event).await {
        // Svix sends it again.
        HANDLED.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        return (StatusCode::INTERNAL_SERVER_ERROR, error);
    }
    (StatusCode::OK, "ok".into())
}

// Your code. Keep it to one quick write: what takes longer goes into `tokio::spawn`, behind the answer.
async fn handle(event: &Value) -> Result<(), String> {
    match event["type"].as_str() {
        // One upsert for both, as an update may come first: event["data"]["id"], …
        Some("user.created" | "user.updated") => Ok(()),
        // A user who is not there is deleted already: event["data"]["id"]
        Some("user.deleted") => Ok(()),
        _ => Ok(()),
    }
}
