//! The headers that an endpoint's deliveries carry beside Svix's own.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::endpoint_form::typed;
use super::{Answer, Refusal, Shared, object};

/// Headers whose values are not shown again.
const SENSITIVE: [&str; 4] = ["authorization", "x-api-key", "x-auth-token", "x-service-token"];

/// GET `/endpoint/{endpoint}/headers`
pub async fn list(State(world): Shared, Path((_, name)): Path<(String, String)>) -> Answer {
    let headers = world.store.read(|data| data.endpoint(&name).map(|endpoint| endpoint.headers.clone()));
    let (sensitive, shown): (BTreeMap<_, _>, BTreeMap<_, _>) = headers
        .ok_or_else(Refusal::not_found)?
        .into_iter()
        .partition(|(name, _)| SENSITIVE.contains(&name.to_ascii_lowercase().as_str()));
    let sensitive: Vec<String> = sensitive.into_keys().collect();
    Ok(Json(json!({"headers": shown, "sensitive": sensitive})).into_response())
}

/// PUT `/endpoint/{endpoint}/headers`
pub async fn replace(
    State(world): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let body = object(&body)?;
    let headers = typed("headers", body.get("headers").unwrap_or(&Value::Null))?;
    world.store.change(|data| {
        data.endpoint_mut(&name).ok_or_else(Refusal::not_found)?.headers = headers;
        Ok(StatusCode::NO_CONTENT)
    })
}

/// PATCH `/endpoint/{endpoint}/headers`: null and `deleteHeaders` take a header away.
pub async fn update(
    State(world): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let body = object(&body)?;
    let set: BTreeMap<String, Option<String>> = typed("headers", body.get("headers").unwrap_or(&Value::Null))?;
    let gone: Option<Vec<String>> = typed("deleteHeaders", body.get("deleteHeaders").unwrap_or(&Value::Null))?;
    world.store.change(|data| {
        let headers = &mut data.endpoint_mut(&name).ok_or_else(Refusal::not_found)?.headers;
        for (name, value) in set {
            match value {
                Some(value) => headers.insert(name, value),
                None => headers.remove(&name),
            };
        }
        for name in gone.unwrap_or_default() {
            headers.remove(&name);
        }
        Ok(StatusCode::NO_CONTENT)
    })
}
