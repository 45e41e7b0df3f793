//! `/api/requests/http`: captured requests, and their replay.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Agent;
use super::api::failure;
use super::capture::Exchange;
use super::forward;

/// Shown when no `limit` is given (seen on 2.3.41).
const LIMIT: usize = 100;

/// What a replay carries in place of a visitor's address (seen on 2.3.41).
const REPLAYED: &str = "replayed";

pub(super) fn routes() -> Router<Arc<Agent>> {
    Router::new()
        .route("/api/requests/http", get(list).post(replay).delete(clear))
        .route("/api/requests/http/{id}", get(one))
}

#[derive(Deserialize)]
struct Selection {
    limit: Option<usize>,
    tunnel_name: Option<String>,
}

#[derive(Deserialize)]
struct Replay {
    #[serde(default)]
    id: String,
    tunnel_name: Option<String>,
}

async fn list(State(agent): State<Arc<Agent>>, Query(selection): Query<Selection>) -> Json<Value> {
    let exchanges = agent.captures.list(selection.limit.unwrap_or(LIMIT), selection.tunnel_name.as_deref());
    let requests: Vec<Value> = exchanges.iter().map(|exchange| exchange.to_json()).collect();
    Json(json!({"requests": requests, "uri": "/api/requests/http"}))
}

async fn one(State(agent): State<Arc<Agent>>, Path(id): Path<String>) -> Response {
    match agent.captures.find(&id) {
        Some(exchange) => Json(exchange.to_json()).into_response(),
        None => unknown(&id),
    }
}

async fn clear(State(agent): State<Arc<Agent>>) -> StatusCode {
    agent.captures.clear();
    StatusCode::NO_CONTENT
}

async fn replay(State(agent): State<Arc<Agent>>, body: Bytes) -> Response {
    let invalid = |details| failure(StatusCode::BAD_REQUEST, 105, "invalid replay", details);
    let wish: Replay = match serde_json::from_slice(&body) {
        Ok(wish) => wish,
        Err(error) => return invalid(json!({"err": error.to_string()})),
    };
    let Some(original) = agent.captures.find(&wish.id) else { return unknown(&wish.id) };
    let name = wish.tunnel_name.unwrap_or_else(|| original.tunnel_name().to_owned());
    let Some(tunnel) = agent.tunnels.named(&name) else {
        return failure(StatusCode::NOT_FOUND, 100, "no tunnel found with that name", json!({"name": name}));
    };
    let Some(body) = original.request_body() else {
        return invalid(json!({"err": "the request's body was too long to be kept whole"}));
    };
    let exchange = Arc::new(Exchange::new(tunnel.name(), REPLAYED, original.request().clone()));
    agent.capture(&tunnel, exchange.clone());
    // Answered at once: the proof of a replay is the new entry's response.
    tokio::spawn(async move { forward::replay(tunnel.upstream(), &exchange, body).await });
    StatusCode::NO_CONTENT.into_response()
}

fn unknown(id: &str) -> Response {
    failure(StatusCode::NOT_FOUND, 106, "request entry not found", json!({"id": id}))
}
