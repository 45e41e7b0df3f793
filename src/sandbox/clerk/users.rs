//! The calls on users; each change is told to the webhooks.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::body::{Body, Parameters};
use super::{Answer, Refusal, Shared, event, user};
use crate::sandbox::store::Data;
use crate::sandbox::world::World;

/// How many users a development instance holds (Clerk docs, system limits).
const QUOTA: usize = 100;

/// POST `/users`
pub async fn create(State(world): Shared, Body(body): Body) -> Answer {
    let made = world.store.change(|data| {
        let made = user::created(&body)?;
        if made["password_enabled"] == false && world.armed.password_required() {
            return Err(Refusal::missing("password"));
        }
        let taken = |address| data.users.iter().any(|other| user::addresses(other).any(|known| known == address));
        if user::addresses(&made).any(taken) {
            return Err(Refusal::taken("email_address"));
        }
        if data.users.len() >= QUOTA {
            return Err(Refusal::quota());
        }
        data.users.push(made.clone());
        Ok(made)
    })?;
    event::publish(&world, "user.created", &made);
    Ok(Json(made))
}

/// GET `/users`
pub async fn list(State(world): Shared, parameters: Parameters) -> Answer {
    let limit = parameters.number("limit", 1..=500, 10)?;
    let offset = parameters.number("offset", 0..=usize::MAX, 0)?;
    let ascending = oldest_first(&parameters)?;
    let page = world.store.read(|data| {
        let matching = data.users.iter().filter(|user| matches(user, &parameters));
        let all: Vec<&Value> = if ascending { matching.collect() } else { matching.rev().collect() };
        all.into_iter().skip(offset).take(limit).cloned().collect::<Vec<_>>()
    });
    Ok(Json(page.into()))
}

/// GET `/users/count`
pub async fn count(State(world): Shared, parameters: Parameters) -> Answer {
    let total = world.store.read(|data| data.users.iter().filter(|user| matches(user, &parameters)).count());
    Ok(Json(json!({"object": "total_count", "total_count": total})))
}

/// GET `/users/{id}`
pub async fn one(State(world): Shared, Path(id): Path<String>) -> Answer {
    world.store.read(|data| data.users.iter().find(|user| user["id"] == *id).cloned().map(Json)).ok_or_else(missing)
}

/// PATCH `/users/{id}`
pub async fn update(State(world): Shared, Path(id): Path<String>, Body(body): Body) -> Answer {
    changed(&world, &id, &body, user::change)
}

/// PATCH `/users/{id}/metadata`
pub async fn update_metadata(State(world): Shared, Path(id): Path<String>, Body(body): Body) -> Answer {
    changed(&world, &id, &body, user::change_metadata)
}

/// DELETE `/users/{id}`
pub async fn delete(State(world): Shared, Path(id): Path<String>) -> Answer {
    let gone = world.store.change(|data| {
        let place = position(data, &id)?;
        Ok::<_, Refusal>(user::deleted(&data.users.remove(place)))
    })?;
    event::publish(&world, "user.deleted", &gone);
    Ok(Json(gone))
}

type Change = fn(&mut Value, &Map<String, Value>) -> Result<(), Refusal>;

fn changed(world: &Arc<World>, id: &str, body: &Map<String, Value>, change: Change) -> Answer {
    let user = world.store.change(|data| {
        let place = position(data, id)?;
        let mut user = data.users[place].clone();
        change(&mut user, body)?;
        data.users[place] = user.clone();
        Ok::<_, Refusal>(user)
    })?;
    event::publish(world, "user.updated", &user);
    Ok(Json(user))
}

fn position(data: &Data, id: &str) -> Result<usize, Refusal> {
    data.users.iter().position(|user| user["id"] == *id).ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::not_found("user")
}

/// Whether `order_by` asks for the oldest first; of its documented fields only `created_at` is known here.
pub fn oldest_first(parameters: &Parameters) -> Result<bool, Refusal> {
    match parameters.all("order_by").last() {
        None | Some("-created_at") => Ok(false),
        Some("created_at" | "+created_at") => Ok(true),
        Some(_) => Err(Refusal::format("order_by", "created_at, with + or - before it")),
    }
}

/// Whether it was made in the span of `created_at_after` and `created_at_before`, in milliseconds.
fn in_time(user: &Value, parameters: &Parameters) -> bool {
    let bound = |name: &str| parameters.all(name).last().and_then(|text| text.parse::<i64>().ok());
    let created = user["created_at"].as_i64().unwrap_or_default();
    bound("created_at_after").is_none_or(|after| created > after)
        && bound("created_at_before").is_none_or(|before| created < before)
}

/// The filters that a list and a count share. One parameter given several times means any of its values.
fn matches(user: &Value, parameters: &Parameters) -> bool {
    let any = |name: &str, fits: &dyn Fn(&str) -> bool| {
        let mut wanted = parameters.all(name).peekable();
        wanted.peek().is_none() || wanted.any(fits)
    };
    in_time(user, parameters)
        && any("user_id", &|id| user["id"] == *id)
        && any("external_id", &|id| user["external_id"] == *id)
        && any("username", &|name| user["username"] == *name)
        && any("email_address", &|address| user::addresses(user).any(|known| known == address))
        && any("query", &|part| user::addresses(user).any(|known| known.contains(part)))
}
