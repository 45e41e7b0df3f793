//! `/api/tunnels`: what is open, and opening and closing (deprecated in 3.x, and still there).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Agent;
use super::api::failure;
use super::session::{self, Failure};
use super::tunnel::{Tunnel, Wish};
use crate::sandbox::edge::wire::ToEdge;

pub(super) fn routes() -> Router<Arc<Agent>> {
    Router::new().route("/api/tunnels", get(list).post(open)).route("/api/tunnels/{name}", get(one).delete(close))
}

async fn list(State(agent): State<Arc<Agent>>) -> Json<Value> {
    let mut tunnels = Vec::new();
    for tunnel in agent.tunnels.all() {
        // ngrok lists in no order that could be relied on; 2.x had the https one first.
        tunnels.extend(tunnel.names().iter().rev().map(|(name, proto)| shown(&tunnel, name, proto)));
    }
    Json(json!({"tunnels": tunnels, "uri": "/api/tunnels"}))
}

async fn one(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Response {
    match find(&agent, &name) {
        Ok(tunnel) => {
            let proto = tunnel.names().iter().find(|(known, _)| *known == name).map_or("http", |(_, proto)| proto);
            Json(shown(&tunnel, &name, proto)).into_response()
        }
        Err(missing) => missing,
    }
}

/// A tunnel in the config's words.
#[derive(Deserialize)]
struct Config {
    name: String,
    proto: String,
    addr: Value,
    #[serde(alias = "domain", alias = "hostname")]
    url: Option<String>,
    inspect: Option<bool>,
}

async fn open(State(agent): State<Arc<Agent>>, body: Bytes) -> Response {
    let invalid =
        |why: String| failure(StatusCode::BAD_REQUEST, 102, "invalid tunnel configuration", json!({"err": why}));
    let config: Config = match serde_json::from_slice(&body) {
        Ok(config) => config,
        Err(error) => return invalid(error.to_string()),
    };
    if config.proto != "http" {
        return invalid(format!("protocol '{}' is not supported here", config.proto));
    }
    let address = config.addr.as_str().map_or_else(|| config.addr.to_string(), str::to_owned);
    let upstream = match address.parse() {
        Ok(upstream) => upstream,
        Err(why) => return invalid(why),
    };
    let wish = Wish {
        names: vec![(config.name.clone(), "http")],
        upstream,
        url: config.url,
        policy: None,
        pooling: false,
        inspect: config.inspect.unwrap_or(true),
    };
    match start(&agent, wish).await {
        Ok(tunnel) => (StatusCode::CREATED, Json(shown(&tunnel, &config.name, "http"))).into_response(),
        Err(refused) => refused,
    }
}

/// Opens a tunnel in the running session; the error is the API's answer.
pub(super) async fn start(agent: &Agent, wish: Wish) -> Result<Arc<Tunnel>, Response> {
    let tunnel = Arc::new(Tunnel::new(wish));
    if agent.tunnels.named(tunnel.name()).is_some() {
        let details = json!({"err": format!("tunnel \"{}\" already exists", tunnel.name())});
        return Err(failure(StatusCode::BAD_REQUEST, 102, "invalid tunnel configuration", details));
    }
    match agent.session.ask(ToEdge::Bind(tunnel.bind())).await {
        Ok(url) => {
            tunnel.bound(url);
            agent.tunnels.add(tunnel.clone());
            session::log_started(agent, &tunnel);
            Ok(tunnel)
        }
        Err(refused) => Err(not_started(refused)),
    }
}

/// The API's answer when the edge did not do what it was asked for.
pub(super) fn not_started(failed: Failure) -> Response {
    match failed {
        Failure::Refused(text) => failure(StatusCode::BAD_GATEWAY, 103, "failed to start tunnel", json!({"err": text})),
        Failure::Unreachable(_) => {
            let message = "ngrok is not yet ready to start tunnels";
            let details = json!({"err": "a successful ngrok tunnel session has not yet been established"});
            failure(StatusCode::SERVICE_UNAVAILABLE, 104, message, details)
        }
    }
}

async fn close(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Response {
    match find(&agent, &name) {
        Ok(tunnel) => {
            stop(&agent, &tunnel).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(missing) => missing,
    }
}

/// Closes a tunnel. Without a session it is only forgotten, and so not asked for again.
pub(super) async fn stop(agent: &Agent, tunnel: &Tunnel) {
    agent.tunnels.remove(tunnel);
    if let Some(url) = tunnel.url() {
        let _ = agent.session.ask(ToEdge::Unbind { url }).await;
    }
}

/// A tunnel by one of its names; the error is the API's answer.
pub(super) fn find(agent: &Agent, name: &str) -> Result<Arc<Tunnel>, Response> {
    let missing = || failure(StatusCode::NOT_FOUND, 100, "no tunnel found with that name", json!({"name": name}));
    agent.tunnels.named(name).ok_or_else(missing)
}

fn shown(tunnel: &Tunnel, name: &str, proto: &str) -> Value {
    json!({
        "name": name,
        "ID": tunnel.id,
        "uri": format!("/api/tunnels/{}", name.replace(' ', "%20").replace('(', "%28").replace(')', "%29")),
        "public_url": tunnel.url(),
        "proto": proto,
        "config": {"addr": tunnel.upstream().url(), "inspect": tunnel.inspect()},
        "metrics": metrics(tunnel),
    })
}

/// Counts are real; rates and percentiles are not measured here.
pub(super) fn metrics(tunnel: &Tunnel) -> Value {
    let rates = |counter: &AtomicU64| {
        json!({
            "count": counter.load(Ordering::Relaxed), "gauge": 0, "rate1": 0, "rate5": 0, "rate15": 0,
            "p50": 0, "p90": 0, "p95": 0, "p99": 0,
        })
    };
    let mut http = rates(&tunnel.requests);
    http.as_object_mut().map(|http| http.shift_remove("gauge"));
    json!({"conns": rates(&tunnel.connections), "http": http})
}
