//! The event types that Clerk has published to Svix.

use axum::Json;
use axum::extract::Path;
use axum::response::IntoResponse as _;
use serde_json::{Value, json};

use super::endpoint_form::invalid;
use super::page::{Order, Page};
use super::parameters::Parameters;
use super::{Answer, Refusal};
use crate::catalogue;

/// When Clerk published them, for all it matters here.
const PUBLISHED: &str = "2025-04-15T00:00:00Z";

/// Svix's own event type, which is always there (Svix server, v1/endpoints/message).
pub const PING: &str = "svix.ping";

/// GET `/event-type`
pub async fn list(parameters: Parameters) -> Answer {
    let page = Page::cut(catalogue::types().to_vec(), |name| name, &parameters, Order::Ascending)?;
    Ok(page.answer(|name| shape(name)))
}

/// GET `/event-type/{name}`
pub async fn one(Path(name): Path<String>) -> Answer {
    well_formed("name", &name)?;
    if catalogue::types().contains(&name.as_str()) {
        Ok(Json(shape(&name)).into_response())
    } else {
        Err(Refusal::not_found())
    }
}

/// Checks the name of an event type by its form (Svix server, `EventTypeName`).
pub fn well_formed(member: &str, name: &str) -> Result<(), Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match name.len() {
        1..=256 if name.chars().all(allowed) => Ok(()),
        _ => Err(invalid(member, "must match [a-zA-Z0-9-_.]{1,256}")),
    }
}

/// Checks that event types are published, which a message's and those of a filter must be.
pub fn published<'a>(member: &str, names: impl IntoIterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut unknown = Vec::new();
    for name in names {
        well_formed(member, name)?;
        if name != PING && !catalogue::types().contains(&name) {
            unknown.push(name);
        }
    }
    match unknown[..] {
        [] => Ok(()),
        _ => Err(invalid(member, &format!("The following type names don't exist {unknown:?}"))),
    }
}

fn shape(name: &str) -> Value {
    json!({
        "name": name,
        "description": format!("Clerk's `{name}` event"),
        "archived": false,
        "deprecated": false,
        "schemas": null,
        "groupName": name.split('.').next(),
        "createdAt": PUBLISHED,
        "updatedAt": PUBLISHED,
    })
}
