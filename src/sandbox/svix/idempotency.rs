//! `idempotency-key`: the same POST with the same key gets the same success again (Svix docs, idempotency).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Larger answers to a POST do not exist here.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// Successes by token, key and path.
#[derive(Default)]
pub struct Answered(Mutex<HashMap<[String; 3], (StatusCode, Bytes)>>);

impl Answered {
    fn get(&self, name: &[String; 3]) -> Option<(StatusCode, Bytes)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn keep(&self, name: [String; 3], status: StatusCode, body: Bytes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name, (status, body));
    }
}

/// Answers a repeated POST from memory.
pub async fn idempotent(State(answered): State<Arc<Answered>>, request: Request, next: Next) -> Response {
    let Some(name) = name(&request) else { return next.run(request).await };
    if let Some((status, body)) = answered.get(&name) {
        return json(status, body);
    }
    let response = next.run(request).await;
    if !response.status().is_success() {
        return response;
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), ANSWER_LIMIT).await.unwrap_or_default();
    answered.keep(name, status, body.clone());
    json(status, body)
}

fn json(status: StatusCode, body: Bytes) -> Response {
    (status, [("content-type", "application/json")], Body::from(body)).into_response()
}

fn name(request: &Request) -> Option<[String; 3]> {
    let header = |name| Some(request.headers().get(name)?.to_str().ok()?.to_owned());
    let key = header("idempotency-key").filter(|_| request.method() == Method::POST)?;
    Some([header("authorization").unwrap_or_default(), key, request.uri().path().to_owned()])
}
