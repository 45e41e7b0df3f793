//! The calls on messages.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::page::{Order, Page};
use super::parameters::Parameters;
use super::{Answer, Refusal, Shared};
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
