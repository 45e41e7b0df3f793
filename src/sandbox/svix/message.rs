//! The calls on messages.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Map, Value, json};

use super::endpoint_form::typed;
use super::event_type::published;
use super::page::{Order, Page};
use super::parameters::Parameters;
use super::{Answer, Refusal, Shared, object};
use crate::sandbox::dispatch;
use crate::sandbox::store::Message;

/// GET `/msg`
pub async fn list(State(world): Shared, parameters: Parameters) -> Answer {
    let (types, within) = (parameters.list("event_types"), parameters.within()?);
    let content = parameters.flag("with_content", true)?;
    let wanted = |message: &&Message| {
        within(message.timestamp) && types.as_ref().is_none_or(|types| types.contains(&message.event_type.as_str()))
    };
    let messages = world.store.read(|data| data.messages.iter().filter(wanted).cloned().collect::<Vec<_>>());
    let page = Page::cut(messages, |message| &message.id, &parameters, Order::Descending)?;
    Ok(page.answer(|message| shape(message, content)))
}

/// GET `/endpoint/{endpoint}/msg`: those that were sent to it, each with how it stands there (`EndpointMessageOut`).
pub async fn of_endpoint(
    State(world): Shared,
    Path((_, name)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    let (types, within) = (parameters.list("event_types"), parameters.within()?);
    let status = parameters.number("status", 0..=4)?;
    let content = parameters.flag("with_content", true)?;
    let found = world.store.read(|data| {
        let id = &data.endpoint(&name).ok_or_else(Refusal::not_found)?.id;
        let wanted = |message: &&Message| {
            within(message.timestamp) && types.as_ref().is_none_or(|types| types.contains(&message.event_type.as_str()))
        };
        let messages = data.messages.iter().filter(wanted);
        let sent = messages.filter_map(|message| Some((message.clone(), message.destinations.get(id)?.clone())));
        let sent = sent.filter(|(_, at)| status.is_none_or(|status| u16::from(at.status.number()) == status));
        Ok::<_, Refusal>(sent.collect::<Vec<_>>())
    })?;
    let page = Page::cut(found, |(message, _)| &message.id, &parameters, Order::Descending)?;
    Ok(page.answer(|(message, at)| {
        let mut shown = shape(message, content);
        shown["status"] = at.status.number().into();
        shown["statusText"] = at.status.word().into();
        shown["nextAttempt"] = at.next_attempt.map_or(Value::Null, |time| time.to_string().into());
        shown
    }))
}

/// POST `/msg`: to every endpoint that listens.
pub async fn create(State(world): Shared, body: Bytes) -> Answer {
    let body = object(&body)?;
    let member = |name: &str| body.get(name).unwrap_or(&Value::Null);
    let event_type: String = typed("eventType", member("eventType"))?;
    published("eventType", [event_type.as_str()])?;
    let payload: Map<String, Value> = typed("payload", member("payload"))?;
    let accepted = dispatch::publish(&world, &event_type, Value::Object(payload).to_string(), None);
    Ok((StatusCode::ACCEPTED, Json(shape(&accepted, true))).into_response())
}

/// GET `/msg/{message}`
pub async fn one(State(world): Shared, Path((_, id)): Path<(String, String)>, parameters: Parameters) -> Answer {
    let content = parameters.flag("with_content", true)?;
    let shown = world.store.read(|data| data.message(&id).map(|message| shape(message, content)));
    Ok(Json(shown.ok_or_else(Refusal::not_found)?).into_response())
}

/// `MessageOut`; without content its payload is empty.
pub fn shape(message: &Message, content: bool) -> Value {
    let payload = Some(&message.body).filter(|_| content).and_then(|body| serde_json::from_str(body).ok());
    json!({
        "id": message.id,
        "eventType": message.event_type,
        "eventId": null,
        "payload": payload.unwrap_or_else(|| json!({})),
        "channels": null,
        "tags": null,
        "timestamp": message.timestamp,
    })
}
