//! How an endpoint fared, and sending again what it missed.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::endpoint_form::{invalid, typed};
use super::parameters::Parameters;
use super::{Answer, Refusal, Shared, object};
use crate::sandbox::dispatch;
use crate::sandbox::identifier::{identifier, now};
use crate::sandbox::store::{Attempt, Data, Message, Status};
use crate::sandbox::world::World;

/// The longest span of the statistics (Svix docs, endpoint stats).
const STATS_SPAN: SignedDuration = SignedDuration::from_hours(28 * 24);

/// How far back a recovery may reach (Svix docs, endpoint recover).
const RECOVER_SPAN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// GET `/endpoint/{endpoint}/stats`
pub async fn stats(State(world): Shared, Path((_, name)): Path<(String, String)>, parameters: Parameters) -> Answer {
    let until = parameters.time("until")?.unwrap_or_else(now);
    let since = parameters.time("since")?.unwrap_or(until - STATS_SPAN);
    if since > until || until.duration_since(since) > STATS_SPAN {
        return Err(Refusal::bad("invalid_range", "The range must be at most 28 days"));
    }
    let statuses: Vec<Status> = world.store.read(|data| {
        let id = &data.endpoint(&name).ok_or_else(Refusal::not_found)?.id;
        let messages = data.messages.iter().filter(|message| (since..=until).contains(&message.timestamp));
        Ok(messages.filter_map(|message| message.destinations.get(id)).map(|destination| destination.status).collect())
    })?;
    let count = |status| statuses.iter().filter(|other| **other == status).count();
    Ok(Json(json!({
        "success": count(Status::Success),
        "pending": count(Status::Pending),
        "sending": count(Status::Sending),
        "fail": count(Status::Fail),
        "canceled": 0,
    }))
    .into_response())
}

/// POST `/endpoint/{endpoint}/recover`: messages that failed and never succeeded are sent once more.
pub async fn recover(State(world): Shared, Path((_, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let (since, until) = span(&body)?;
    let (endpoint, missed) = world.store.read(|data| {
        let id = data.endpoint(&name).ok_or_else(Refusal::not_found)?.id.clone();
        let missed = missed(data, &id, since, until);
        Ok::<_, Refusal>((id, missed))
    })?;
    Ok(begin(&world, "endpoint.recover", &missed, &endpoint))
}

/// POST `/endpoint/{endpoint}/replay-missing`: messages that it listens to and was never sent (Svix docs, endpoint replay
/// missing; hosted only).
pub async fn replay_missing(State(world): Shared, Path((_, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let (since, until) = span(&body)?;
    let (endpoint, missed) = world.store.read(|data| {
        let endpoint = data.endpoint(&name).ok_or_else(Refusal::not_found)?;
        let never = |message: &&Message| {
            (since..until).contains(&message.timestamp)
                && endpoint.listens_to(&message.event_type)
                && !message.destinations.contains_key(&endpoint.id)
                && !data.attempts.iter().any(|one| one.message_id == message.id && one.endpoint_id == endpoint.id)
        };
        let missed = data.messages.iter().filter(never).map(|message| message.id.clone()).collect::<Vec<_>>();
        Ok::<_, Refusal>((endpoint.id.clone(), missed))
    })?;
    Ok(begin(&world, "endpoint.replay", &missed, &endpoint))
}

/// The span that the body names, at most 14 days back.
fn span(body: &Bytes) -> Result<(Timestamp, Timestamp), Refusal> {
    let body = object(body)?;
    let since: Timestamp = typed("since", body.get("since").unwrap_or(&Value::Null))?;
    let until: Option<Timestamp> = typed("until", body.get("until").unwrap_or(&Value::Null))?;
    let until = until.unwrap_or_else(now);
    // Five minutes more, as clocks differ (Svix server, v1/endpoints/recovery).
    if until.duration_since(since) > RECOVER_SPAN + SignedDuration::from_mins(5) {
        return Err(invalid("since", "Cannot recover more than 14 days of messages"));
    }
    Ok((since, until))
}

/// Sends them, and tells of the task that does.
fn begin(world: &Arc<World>, task: &str, messages: &[String], endpoint: &str) -> Response {
    for message in messages {
        dispatch::resend(world, message, endpoint);
    }
    let task = json!({ "id": identifier("qtask"), "status": "running", "task": task, "updatedAt": now() });
    (StatusCode::ACCEPTED, Json(task)).into_response()
}

/// Messages with a failed attempt in that time and without a successful one, oldest first.
fn missed(data: &Data, endpoint: &str, since: Timestamp, until: Timestamp) -> Vec<String> {
    let own = || data.attempts.iter().filter(|attempt| attempt.endpoint_id == endpoint);
    let failed =
        |attempt: &&Attempt| attempt.status == Status::Fail && attempt.timestamp >= since && attempt.timestamp < until;
    let arrived = |message: &str| own().any(|other| other.message_id == message && other.status == Status::Success);
    let mut missed: Vec<String> = own().filter(failed).map(|attempt| attempt.message_id.clone()).collect();
    missed.retain(|message| !arrived(message));
    missed.sort();
    missed.dedup();
    missed
}
