//! `/api/requests/http`: captured requests, and their replay.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Agent;
use super::api::Problem;
use super::exchange::Exchange;
use super::forward;
use super::tunnel_api::find;

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

async fn one(State(agent): State<Arc<Agent>>, Path(id): Path<String>) -> Result<Json<Value>, Problem> {
    let exchange = agent.captures.find(&id).ok_or_else(|| unknown(&id))?;
    Ok(Json(exchange.to_json()))
}

async fn clear(State(agent): State<Arc<Agent>>) -> StatusCode {
    agent.captures.clear();
    StatusCode::NO_CONTENT
}

async fn replay(State(agent): State<Arc<Agent>>, body: Bytes) -> Result<StatusCode, Problem> {
    let wish: Replay = serde_json::from_slice(&body).map_err(|error| invalid(&error.to_string()))?;
    let original = agent.captures.find(&wish.id).ok_or_else(|| unknown(&wish.id))?;
    let name = wish.tunnel_name.unwrap_or_else(|| original.tunnel_name().to_owned());
    let tunnel = find(&agent, &name)?;
    let body = original.request_body().ok_or_else(|| invalid("the request's body was too long to be kept whole"))?;
    let exchange = Arc::new(Exchange::new(tunnel.name(), REPLAYED, original.request().clone()));
    agent.capture(&tunnel, exchange.clone());
    // Answered at once: the proof of a replay is the new entry's response.
    tokio::spawn(async move { forward::replay(tunnel.upstream(), &exchange, body).await });
    Ok(StatusCode::NO_CONTENT)
}

fn invalid(why: &str) -> Problem {
    let (status, details) = (StatusCode::BAD_REQUEST, json!({"err": why}));
    Problem { status, error_code: 105, message: "invalid replay", details }
}

fn unknown(id: &str) -> Problem {
    let (status, details) = (StatusCode::NOT_FOUND, json!({"id": id}));
    Problem { status, error_code: 106, message: "request entry not found", details }
}
