//! The calls on endpoints.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::endpoint_form::{apply, required_url};
use super::page::{Order, Page};
use super::parameters::Parameters;
use super::{Answer, Refusal, Shared, object};
use crate::sandbox::identifier::now;
use crate::sandbox::store::{Data, Endpoint};

/// GET `/endpoint`
pub async fn list(State(world): Shared, parameters: Parameters) -> Answer {
    let all = world.store.read(|data| data.endpoints.clone());
    Ok(Page::cut(all, |endpoint| &endpoint.id, &parameters, Order::Descending)?.answer(shape))
}

/// POST `/endpoint`
pub async fn create(State(world): Shared, body: Bytes) -> Answer {
    let body = object(&body)?;
    required_url(&body)?;
    let mut endpoint = Endpoint::default();
    apply(&mut endpoint, &body)?;
    let shown = shape(&endpoint);
    world.store.change(|data| {
        unique(data, &endpoint)?;
        data.endpoints.push(endpoint);
        Ok::<_, Refusal>(())
    })?;
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

/// GET `/endpoint/{endpoint}`
pub async fn one(State(world): Shared, Path((_, name)): Path<(String, String)>) -> Answer {
    let shown = world.store.read(|data| data.endpoint(&name).map(shape)).ok_or_else(Refusal::not_found)?;
    Ok(Json(shown).into_response())
}

/// PATCH `/endpoint/{endpoint}`: only what is given changes.
pub async fn update(State(world): Shared, Path((_, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let body = object(&body)?;
    let shown = world.store.change(|data| {
        let mut endpoint = data.endpoint(&name).cloned().ok_or_else(Refusal::not_found)?;
        apply(&mut endpoint, &body)?;
        put(data, endpoint)
    })?;
    Ok(Json(shown).into_response())
}

/// PUT `/endpoint/{endpoint}`: everything but the secret and the headers is replaced; an unknown uid makes a new one.
pub async fn replace(State(world): Shared, Path((_, name)): Path<(String, String)>, body: Bytes) -> Answer {
    let body = object(&body)?;
    required_url(&body)?;
    world.store.change(|data| {
        let blank = Endpoint { uid: Some(name.clone()), ..Endpoint::default() };
        let (mut endpoint, status) = match data.endpoint(&name).cloned() {
            Some(known) => (
                Endpoint {
                    id: known.id,
                    uid: known.uid,
                    secret: known.secret,
                    old_secrets: known.old_secrets,
                    headers: known.headers,
                    created_at: known.created_at,
                    ..blank
                },
                StatusCode::OK,
            ),
            None if name.starts_with("ep_") => return Err(Refusal::not_found()),
            None => (blank, StatusCode::CREATED),
        };
        apply(&mut endpoint, &body)?;
        Ok((status, Json(put(data, endpoint)?)).into_response())
    })
}

/// DELETE `/endpoint/{endpoint}`
pub async fn delete(State(world): Shared, Path((_, name)): Path<(String, String)>) -> Result<StatusCode, Refusal> {
    world.store.change(|data| {
        let place = data.endpoints.iter().position(|endpoint| endpoint.is_named(&name));
        data.endpoints.remove(place.ok_or_else(Refusal::not_found)?);
        Ok(StatusCode::NO_CONTENT)
    })
}

/// Puts an endpoint in the place of the one with its id, or at the end.
fn put(data: &mut Data, mut endpoint: Endpoint) -> Result<Value, Refusal> {
    unique(data, &endpoint)?;
    endpoint.updated_at = now();
    let shown = shape(&endpoint);
    match data.endpoints.iter_mut().find(|known| known.id == endpoint.id) {
        Some(known) => *known = endpoint,
        None => data.endpoints.push(endpoint),
    }
    Ok(shown)
}

fn unique(data: &Data, endpoint: &Endpoint) -> Result<(), Refusal> {
    let taken = |other: &Endpoint| other.id != endpoint.id && other.uid.is_some() && other.uid == endpoint.uid;
    if data.endpoints.iter().any(taken) { Err(Refusal::conflict()) } else { Ok(()) }
}

/// `EndpointOut`, with the filter under its new and its old name.
fn shape(endpoint: &Endpoint) -> Value {
    json!({
        "id": endpoint.id,
        "uid": endpoint.uid,
        "url": endpoint.url,
        "description": endpoint.description,
        "disabled": endpoint.disabled,
        "eventTypes": endpoint.filter,
        "filterTypes": endpoint.filter,
        "channels": endpoint.channels,
        "throttleRate": endpoint.throttle_rate,
        "rateLimit": endpoint.throttle_rate,
        "metadata": endpoint.metadata,
        "version": 1,
        "createdAt": endpoint.created_at,
        "updatedAt": endpoint.updated_at,
    })
}
