//! An endpoint's signing secret: shown, and rotated with a time of grace.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::endpoint_form::{checked_secret, invalid, typed};
use super::{Answer, Refusal, Shared, object};
use crate::sandbox::identifier::{now, signing_secret};
use crate::sandbox::store::{Endpoint, OldSecret};

/// How long a rotated secret still signs, in seconds (Svix docs, endpoint secret rotate).
const GRACE: u64 = 86_400;

/// The longest grace, in seconds.
const LONGEST_GRACE: u64 = 604_800;

/// More rotated secrets are refused (Svix server, v1/endpoints/secrets).
const OLD_SECRETS: usize = 10;

/// GET `/endpoint/{endpoint}/secret`
pub async fn current(State(world): Shared, Path((_, name)): Path<(String, String)>) -> Answer {
    world.store.read(|data| data.endpoint(&name).map(|endpoint| shown(&endpoint.secret))).ok_or_else(Refusal::not_found)
}

/// POST `/endpoint/{endpoint}/secret/rotate`
///
/// 204 as the specification up to 1.947 and the open-source server have it; some servers answer with the new key.
pub async fn rotate(
    State(world): Shared,
    Path((_, name)): Path<(String, String)>,
    body: Bytes,
) -> Result<StatusCode, Refusal> {
    let body = object(&body)?;
    let key: Option<String> = typed("key", body.get("key").unwrap_or(&Value::Null))?;
    let key = key.map_or_else(|| Ok(signing_secret()), |key| checked_secret("key", key))?;
    let grace: Option<u64> = typed("gracePeriodSeconds", body.get("gracePeriodSeconds").unwrap_or(&Value::Null))?;
    let grace = grace.unwrap_or(GRACE);
    if grace > LONGEST_GRACE {
        return Err(invalid("gracePeriodSeconds", "must be at most 604800"));
    }
    world.store.change(|data| {
        let endpoint = data.endpoint_mut(&name).ok_or_else(Refusal::not_found)?;
        replace(endpoint, key, Duration::from_secs(grace))
    })
}

fn replace(endpoint: &mut Endpoint, key: String, grace: Duration) -> Result<StatusCode, Refusal> {
    endpoint.old_secrets.retain(|old| old.until > now());
    if endpoint.old_secrets.len() >= OLD_SECRETS {
        return Err(Refusal::bad("limit_reached", "You can only rotate a key 10 times within the last 24 hours."));
    }
    let secret = std::mem::replace(&mut endpoint.secret, key);
    endpoint.old_secrets.insert(0, OldSecret { secret, until: now() + grace });
    endpoint.updated_at = now();
    Ok(StatusCode::NO_CONTENT)
}

fn shown(secret: &str) -> Response {
    Json(json!({"key": secret})).into_response()
}
