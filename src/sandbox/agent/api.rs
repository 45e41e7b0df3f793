//! The agent's own HTTP API and its page (ngrok docs, agent/api): what is there depends on the version.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::Agent;
use super::{endpoint_api, request_api, tunnel_api};

/// The page that stands where ngrok has its inspector.
const PAGE: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sandboxed agent</title>\
<body><h1>Sandboxed agent</h1><p>This is not ngrok: it is the agent of the <code>clerkhook</code> sandbox, which tunnels \
on this machine only.</p><p>Captured requests: <a href=\"/api/requests/http\">/api/requests/http</a>; tunnels: \
<a href=\"/api/tunnels\">/api/tunnels</a>.</p></body></html>\n";

/// All routes of an agent.
pub(super) fn router(agent: Arc<Agent>) -> Router {
    let mut router = Router::new()
        .route("/", get(async || Html(PAGE)))
        .route("/inspect/http", get(async || Html(PAGE)))
        .route("/api/", get(async || Json(links())))
        .merge(tunnel_api::routes())
        .merge(request_api::routes());
    if agent.version.has_status() {
        router = router.route("/api/status", get(status));
    }
    if agent.version.has_endpoints() {
        router = router.merge(endpoint_api::routes());
    }
    router
        .fallback(async || (StatusCode::NOT_FOUND, "404 page not found\n"))
        .layer(from_fn(only_json))
        .layer(from_fn(only_local_names))
        .with_state(agent)
}

/// What every error of the API looks like (ngrok docs, agent/api).
#[derive(Debug)]
pub(super) struct Problem {
    pub status: StatusCode,
    pub error_code: u32,
    pub message: &'static str,
    pub details: Value,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, error_code, message, details } = self;
        let envelope =
            json!({"error_code": error_code, "status_code": status.as_u16(), "msg": message, "details": details});
        (status, Json(envelope)).into_response()
    }
}

fn links() -> Value {
    json!({"tunnels_uri": "/api/tunnels", "requests_uri": "/api/requests/http", "uri": "/api/"})
}

async fn status(State(agent): State<Arc<Agent>>) -> Json<Value> {
    let online = agent.session.is_online();
    let legs = if online { json!([{"region": "sandbox", "latency": 1_000_000}]) } else { json!([]) };
    Json(json!({
        "status": if online { "online" } else { "reconnecting" },
        "agent_version": agent.version.to_string(),
        "session": {"legs": legs},
        "uri": "/api/status",
    }))
}

/// A page of a foreign site must not reach the API under its own name.
async fn only_local_names(request: Request, next: Next) -> Response {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if is_local(host) {
        return next.run(request).await;
    }
    let text = format!(
        "The Host header '{host}' is not allowed here. Use localhost or an IP address, or add the name to \
         `web_allow_hosts`.\n"
    );
    (StatusCode::UNAUTHORIZED, text).into_response()
}

fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}

async fn only_json(request: Request, next: Next) -> Response {
    let writes = [Method::POST, Method::PUT].contains(request.method());
    if writes && !says_json(request.headers()) {
        let details = json!({"err": "Content-Type must be application/json"});
        let (status, message) = (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported content type");
        return Problem { status, error_code: 100, message, details }.into_response();
    }
    next.run(request).await
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_apart() {
        for host in ["localhost", "localhost:4040", "127.0.0.1:4040", "[::1]:4040", "10.0.0.5", "app.localhost:1"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", "evil.example", "evil.example:4040", "localhost.evil.example", "127.0.0.1.evil.example"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
