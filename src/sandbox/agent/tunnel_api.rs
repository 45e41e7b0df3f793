//! `/api/tunnels`: what is open, and opening and closing (deprecated in 3.x, and still there).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Agent;
use super::api::Problem;
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

async fn one(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let tunnel = find(&agent, &name)?;
    let proto = tunnel.names().iter().find(|(known, _)| *known == name).map_or("http", |(_, proto)| proto);
    Ok(Json(shown(&tunnel, &name, proto)))
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

async fn open(State(agent): State<Arc<Agent>>, body: Bytes) -> Result<(StatusCode, Json<Value>), Problem> {
    let config: Config = serde_json::from_slice(&body).map_err(|error| invalid(&error.to_string()))?;
    if config.proto != "http" {
        return Err(invalid(&format!("protocol '{}' is not supported here", config.proto)));
    }
    let address = config.addr.as_str().map_or_else(|| config.addr.to_string(), str::to_owned);
    let wish = Wish {
        names: vec![(config.name.clone(), "http")],
        upstream: address.parse().map_err(|why: String| invalid(&why))?,
        url: config.url,
        policy: None,
        pooling: false,
        inspect: config.inspect.unwrap_or(true),
    };
    let tunnel = start(&agent, wish).await?;
    Ok((StatusCode::CREATED, Json(shown(&tunnel, &config.name, "http"))))
}

fn invalid(why: &str) -> Problem {
    let (status, details) = (StatusCode::BAD_REQUEST, json!({"err": why}));
    Problem { status, error_code: 102, message: "invalid tunnel configuration", details }
}

/// Opens a tunnel in the running session.
pub(super) async fn start(agent: &Agent, wish: Wish) -> Result<Arc<Tunnel>, Problem> {
    let tunnel = Arc::new(Tunnel::new(wish));
    if agent.tunnels.named(tunnel.name()).is_some() {
        return Err(invalid(&format!("tunnel \"{}\" already exists", tunnel.name())));
    }
    let url = agent.session.ask(ToEdge::Bind(tunnel.bind())).await.map_err(not_started)?;
    tunnel.bound(url);
    agent.tunnels.add(tunnel.clone());
    session::log_started(agent, &tunnel);
    Ok(tunnel)
}

/// What the API says when the edge did not do what it was asked for.
pub(super) fn not_started(failed: Failure) -> Problem {
    match failed {
        Failure::Refused(text) => {
            let (status, details) = (StatusCode::BAD_GATEWAY, json!({"err": text}));
            Problem { status, error_code: 103, message: "failed to start tunnel", details }
        }
        Failure::Unreachable(_) => {
            let details = json!({"err": "a successful ngrok tunnel session has not yet been established"});
            let message = "ngrok is not yet ready to start tunnels";
            Problem { status: StatusCode::SERVICE_UNAVAILABLE, error_code: 104, message, details }
        }
    }
}

/// Closes a tunnel. Without a session it is only forgotten, and so not asked for again.
pub(super) async fn close(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Result<StatusCode, Problem> {
    let tunnel = find(&agent, &name)?;
    agent.tunnels.remove(&tunnel);
    if let Some(url) = tunnel.url() {
        let _ = agent.session.ask(ToEdge::Unbind { url }).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// A tunnel by one of its names.
pub(super) fn find(agent: &Agent, name: &str) -> Result<Arc<Tunnel>, Problem> {
    let missing = || {
        let (status, details) = (StatusCode::NOT_FOUND, json!({"name": name}));
        Problem { status, error_code: 100, message: "no tunnel found with that name", details }
    };
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
