//! `/api/endpoints`, since 3.30: tunnels under their newer name, with a policy that can change while they run.

use std::sync::Arc;

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
use super::tunnel::{Tunnel, Upstream, Wish};
use super::tunnel_api::{find, metrics, not_started, start, stop};
use crate::sandbox::edge::wire::ToEdge;

pub(super) fn routes() -> Router<Arc<Agent>> {
    Router::new()
        .route("/api/endpoints", get(list).post(open))
        .route("/api/endpoints/{name}", get(one).put(put).delete(close))
}

/// An endpoint as it is sent. What is shown and cannot be changed is taken and ignored.
#[derive(Deserialize)]
struct Wanted {
    name: Option<String>,
    url: Option<String>,
    upstream: WantedUpstream,
    #[serde(default)]
    pooling_enabled: bool,
    traffic_policy: Option<String>,
    inspect: Option<bool>,
}

#[derive(Deserialize)]
struct WantedUpstream {
    url: String,
}

async fn list(State(agent): State<Arc<Agent>>) -> Json<Value> {
    let endpoints: Vec<Value> = agent.tunnels.all().iter().map(|tunnel| shown(tunnel)).collect();
    Json(json!({"endpoints": endpoints}))
}

async fn one(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Response {
    match find(&agent, &name) {
        Ok(tunnel) => {
            let mut endpoint = shown(&tunnel);
            endpoint["metrics"] = metrics(&tunnel);
            Json(endpoint).into_response()
        }
        Err(missing) => missing,
    }
}

async fn open(State(agent): State<Arc<Agent>>, body: Bytes) -> Response {
    let wanted = match parse(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let Some(name) = wanted.name.clone() else { return invalid("`name` is required") };
    create(&agent, name, wanted).await
}

async fn create(agent: &Agent, name: String, wanted: Wanted) -> Response {
    let upstream = match wanted.upstream.url.parse::<Upstream>() {
        Ok(upstream) => upstream,
        Err(why) => return invalid(&why),
    };
    let wish = Wish {
        names: vec![(name, "http")],
        upstream,
        url: wanted.url,
        policy: wanted.traffic_policy,
        pooling: wanted.pooling_enabled,
        inspect: wanted.inspect.unwrap_or(true),
    };
    match start(agent, wish).await {
        Ok(tunnel) => (StatusCode::CREATED, Json(shown(&tunnel))).into_response(),
        Err(refused) => refused,
    }
}

/// A policy is changed in place. Another upstream or URL would need another tunnel, so it is refused.
async fn put(State(agent): State<Arc<Agent>>, Path(name): Path<String>, body: Bytes) -> Response {
    let wanted = match parse(&body) {
        Ok(wanted) => wanted,
        Err(refused) => return refused,
    };
    let Some(tunnel) = agent.tunnels.named(&name) else { return create(&agent, name, wanted).await };
    let same_upstream = wanted.upstream.url.parse().as_ref() == Ok(tunnel.upstream());
    let url = tunnel.url();
    if !same_upstream || (wanted.url.is_some() && wanted.url != url) {
        return invalid("this agent changes only `traffic_policy` in place");
    }
    let message = ToEdge::Policy { url: url.unwrap_or_default(), policy: wanted.traffic_policy.clone() };
    match agent.session.ask(message).await {
        Ok(_) => {
            tunnel.set_policy(wanted.traffic_policy);
            Json(shown(&tunnel)).into_response()
        }
        Err(super::session::Failure::Refused(text)) => invalid(&text),
        Err(failed) => not_started(failed),
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

fn parse(body: &[u8]) -> Result<Wanted, Response> {
    serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))
}

fn invalid(why: &str) -> Response {
    failure(StatusCode::BAD_REQUEST, 102, "invalid endpoint configuration", json!({"err": why}))
}

fn shown(tunnel: &Tunnel) -> Value {
    json!({
        "name": tunnel.name(),
        "uri": format!("/api/endpoints/{}", tunnel.name()),
        "url": tunnel.url(),
        "upstream": {"url": tunnel.upstream().url(), "protocol": "http1"},
        "inspect": tunnel.inspect(),
        "traffic_policy": tunnel.policy().unwrap_or_default(),
        "pooling_enabled": tunnel.pooling(),
    })
}
