//! Sends the example of an event type to one endpoint.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::Value;

use super::endpoint_form::typed;
use super::event_type::{PING, well_formed};
use super::{Answer, Refusal, Shared, message, object};
use crate::catalogue;
use crate::sandbox::dispatch;
use crate::sandbox::identifier::now;

/// POST `/endpoint/{endpoint}/send-example`
///
/// Answers 200, as the open-source server does; hosted ones are documented with 202. The endpoint's filter and its `disabled` still hold: then the message is accepted and no attempt is ever made.
pub async fn send(State(world): Shared, Path((_, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let event_type: String = typed("eventType", body.get("eventType").unwrap_or(&Value::Null))?;
    well_formed("eventType", &event_type)?;
    let id = world.store.read(|data| data.endpoint(&name).map(|endpoint| endpoint.id.clone()));
    let id = id.ok_or_else(Refusal::not_found)?;
    let payload = example(&event_type)?;
    let accepted = dispatch::publish(&world, &event_type, payload, Some(&id));
    Ok((StatusCode::OK, Json(message::shape(&accepted, true))).into_response())
}

fn example(event_type: &str) -> Result<String, Refusal> {
    if event_type == PING {
        return Ok(r#"{"success":true}"#.to_owned());
    }
    catalogue::example(event_type, now().as_millisecond()).ok_or_else(Refusal::not_found)
}
