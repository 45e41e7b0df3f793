//! The calls on attempts.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::page::{Order, Page};
use super::parameters::Parameters;
use super::{Answer, Refusal, Shared, message};
use crate::sandbox::dispatch;
use crate::sandbox::store::{Attempt, Data};
use crate::sandbox::world::World;

/// GET `/attempt/endpoint/{endpoint}`
pub async fn of_endpoint(
    State(world): Shared,
    Path((_, name)): Path<(String, String)>,
    parameters: Parameters,
) -> Answer {
    let id = world.store.read(|data| data.endpoint(&name).map(|endpoint| endpoint.id.clone()));
    let id = id.ok_or_else(Refusal::not_found)?;
    let with_message = parameters.flag("with_msg", false)?;
    listed(&world, &parameters, with_message, |attempt| attempt.endpoint_id == id)
}

/// GET `/attempt/msg/{message}`
pub async fn of_message(State(world): Shared, Path((_, id)): Path<(String, String)>, parameters: Parameters) -> Answer {
    let endpoint = parameters.text("endpoint_id");
    let endpoint = world.store.read(|data| {
        data.message(&id).ok_or_else(Refusal::not_found)?;
        let id_of = |name| data.endpoint(name).map(|endpoint| endpoint.id.clone()).ok_or_else(Refusal::not_found);
        endpoint.map(id_of).transpose()
    })?;
    listed(&world, &parameters, false, |attempt| {
        attempt.message_id == id && endpoint.as_ref().is_none_or(|endpoint| attempt.endpoint_id == *endpoint)
    })
}

/// GET `/msg/{message}/attempt/{attempt}`
pub async fn one(State(world): Shared, Path((_, message, id)): Path<(String, String, String)>) -> Answer {
    let shown = world.store.read(|data| {
        let found = data.attempts.iter().find(|attempt| attempt.message_id == message && attempt.id == id);
        found.map(|attempt| shape(attempt, true, None))
    });
    Ok(Json(shown.ok_or_else(Refusal::not_found)?).into_response())
}

/// POST `/msg/{message}/endpoint/{endpoint}/resend`: once, and not at all to a disabled endpoint.
pub async fn resend(State(world): Shared, Path((_, message, name)): Path<(String, String, String)>) -> Answer {
    let (message, endpoint) = world.store.read(|data| {
        let message = data.message(&message).ok_or_else(Refusal::not_found)?.id.clone();
        let endpoint = data.endpoint(&name).ok_or_else(Refusal::not_found)?.id.clone();
        Ok::<_, Refusal>((message, endpoint))
    })?;
    dispatch::resend(&world, &message, &endpoint);
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

fn listed(world: &World, parameters: &Parameters, with_message: bool, of: impl Fn(&Attempt) -> bool) -> Answer {
    let within = parameters.within()?;
    let status = parameters.number("status", 0..=4)?;
    let class = parameters.number("status_code_class", 0..=500)?;
    let types = parameters.list("event_types");
    let content = parameters.flag("with_content", true)?;
    let found = world.store.read(|data| {
        let wanted = |attempt: &&Attempt| {
            of(attempt)
                && within(attempt.timestamp)
                && status.is_none_or(|status| u16::from(attempt.status.number()) == status)
                && class.is_none_or(|class| attempt.status_code / 100 == class / 100)
                && types.as_ref().is_none_or(|types| types.contains(&event_type(data, attempt)))
        };
        let shown = |attempt: &Attempt| {
            let told = data.message(&attempt.message_id).filter(|_| with_message);
            (attempt.id.clone(), shape(attempt, content, told.map(|told| message::shape(told, false))))
        };
        data.attempts.iter().filter(wanted).map(shown).collect::<Vec<_>>()
    });
    Ok(Page::cut(found, |(id, _)| id, parameters, Order::Descending)?.answer(|(_, shown)| shown.clone()))
}

fn event_type<'a>(data: &'a Data, attempt: &Attempt) -> &'a str {
    data.message(&attempt.message_id).map(|message| message.event_type.as_str()).unwrap_or_default()
}

/// `MessageAttemptOut`; without content the app's answer is left out.
fn shape(attempt: &Attempt, content: bool, message: Option<Value>) -> Value {
    let mut shown = json!({
        "id": attempt.id,
        "msgId": attempt.message_id,
        "endpointId": attempt.endpoint_id,
        "url": attempt.url,
        "response": if content { attempt.response.as_str() } else { "" },
        "responseStatusCode": attempt.status_code,
        "responseDurationMs": attempt.duration_ms,
        "status": attempt.status.number(),
        "statusText": attempt.status.word(),
        "triggerType": attempt.trigger.number(),
        "timestamp": attempt.timestamp,
    });
    if let Some(message) = message {
        shown["msg"] = message;
    }
    shown
}
