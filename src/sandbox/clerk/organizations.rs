//! The calls on organizations, as far as a backfill needs them (Clerk docs, Backend API, organizations).

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::body::{Body, Parameters};
use super::users::oldest_first;
use super::{Answer, Refusal, Shared, event};
use crate::sandbox::identifier::{identifier, now};

/// Members that POST `/organizations` takes.
const CREATABLE: [&str; 7] =
    ["name", "created_by", "private_metadata", "public_metadata", "slug", "max_allowed_memberships", "created_at"];

/// POST `/organizations`
pub async fn create(State(world): Shared, Body(body): Body) -> Answer {
    if let Some(unknown) = body.keys().find(|key| !CREATABLE.contains(&key.as_str())) {
        return Err(Refusal::unknown(unknown));
    }
    let name = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Refusal::missing("name"))?;
    let (id, time) = (identifier("org"), now().as_millisecond());
    let given = |member: &str| body.get(member).cloned();
    let made = json!({
        "object": "organization",
        "id": id,
        "name": name,
        "slug": given("slug").unwrap_or_else(|| name.to_lowercase().replace(' ', "-").into()),
        "image_url": "https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9",
        "has_image": false,
        "max_allowed_memberships": given("max_allowed_memberships").unwrap_or_else(|| 5.into()),
        "admin_delete_enabled": true,
        "public_metadata": given("public_metadata").unwrap_or_else(|| json!({})),
        "private_metadata": given("private_metadata").unwrap_or_else(|| json!({})),
        "created_by": given("created_by"),
        "created_at": time,
        "updated_at": time,
    });
    world.store.change(|data| data.organizations.push(made.clone()));
    event::publish(&world, "organization.created", &made);
    Ok(Json(made))
}

/// GET `/organizations`: the list stands in `data`, beside the count of all.
pub async fn list(State(world): Shared, parameters: Parameters) -> Answer {
    let limit = parameters.number("limit", 1..=500, 10)?;
    let offset = parameters.number("offset", 0..=usize::MAX, 0)?;
    let ascending = oldest_first(&parameters)?;
    let (page, total) = world.store.read(|data| {
        let mut all: Vec<&Value> = data.organizations.iter().collect();
        if !ascending {
            all.reverse();
        }
        let total = all.len();
        (all.into_iter().skip(offset).take(limit).cloned().collect::<Vec<_>>(), total)
    });
    Ok(Json(json!({ "data": page, "total_count": total })))
}

/// GET `/organizations/{id}`
pub async fn one(State(world): Shared, Path(id): Path<String>) -> Answer {
    let found = world.store.read(|data| data.organizations.iter().find(|one| one["id"] == *id).cloned());
    found.map(Json).ok_or_else(|| Refusal::not_found("organization"))
}

/// DELETE `/organizations/{id}`
pub async fn delete(State(world): Shared, Path(id): Path<String>) -> Answer {
    let gone = world.store.change(|data| {
        let place = data.organizations.iter().position(|one| one["id"] == *id);
        place.map(|place| data.organizations.remove(place))
    });
    let gone = gone.ok_or_else(|| Refusal::not_found("organization"))?;
    let told = json!({ "object": "organization", "id": gone["id"], "slug": gone["slug"], "deleted": true });
    event::publish(&world, "organization.deleted", &told);
    Ok(Json(told))
}
