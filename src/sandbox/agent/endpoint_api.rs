//! `/api/endpoints`, since 3.30: tunnels under their newer name, with a policy that can change while they run.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Agent;
use super::api::Problem;
use super::session::Failure;
use super::tunnel::{Tunnel, Upstream, Wish};
use super::tunnel_api::{close, find, metrics, not_started, start};
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

async fn one(State(agent): State<Arc<Agent>>, Path(name): Path<String>) -> Result<Json<Value>, Problem> {
    let tunnel = find(&agent, &name)?;
    let mut endpoint = shown(&tunnel);
    endpoint["metrics"] = metrics(&tunnel);
    Ok(Json(endpoint))
}

type Shown = (StatusCode, Json<Value>);

async fn open(State(agent): State<Arc<Agent>>, body: Bytes) -> Result<Shown, Problem> {
    let wanted = parse(&body)?;
    let name = wanted.name.clone().ok_or_else(|| invalid("`name` is required"))?;
    create(&agent, name, wanted).await
}

async fn create(agent: &Agent, name: String, wanted: Wanted) -> Result<Shown, Problem> {
    let wish = Wish {
        names: vec![(name, "http")],
        upstream: wanted.upstream.url.parse().map_err(|why: String| invalid(&why))?,
        url: wanted.url,
        policy: wanted.traffic_policy,
        pooling: wanted.pooling_enabled,
        inspect: wanted.inspect.unwrap_or(true),
    };
    let tunnel = start(agent, wish).await?;
    Ok((StatusCode::CREATED, Json(shown(&tunnel))))
}

/// A policy is changed in place. Another upstream or URL would need another tunnel, so it is refused.
async fn put(State(agent): State<Arc<Agent>>, Path(name): Path<String>, body: Bytes) -> Result<Shown, Problem> {
    let wanted = parse(&body)?;
    let Some(tunnel) = agent.tunnels.named(&name) else { return create(&agent, name, wanted).await };
    let same_upstream = wanted.upstream.url.parse::<Upstream>().as_ref() == Ok(tunnel.upstream());
    let url = tunnel.url();
    if !same_upstream || (wanted.url.is_some() && wanted.url != url) {
        return Err(invalid("this agent changes only `traffic_policy` in place"));
    }
    let message = ToEdge::Policy { url: url.unwrap_or_default(), policy: wanted.traffic_policy.clone() };
    agent.session.ask(message).await.map_err(|failed| match failed {
        Failure::Refused(text) => invalid(&text),
        Failure::Unreachable(_) => not_started(failed),
    })?;
    tunnel.set_policy(wanted.traffic_policy);
    Ok((StatusCode::OK, Json(shown(&tunnel))))
}

fn parse(body: &[u8]) -> Result<Wanted, Problem> {
    serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))
}

fn invalid(why: &str) -> Problem {
    let (status, details) = (StatusCode::BAD_REQUEST, json!({"err": why}));
    Problem { status, error_code: 102, message: "invalid endpoint configuration", details }
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
