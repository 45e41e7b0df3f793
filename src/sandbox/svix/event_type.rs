//! The event types that Clerk has published to Svix.

use serde_json::json;

use super::Answer;
use super::page::{Order, Page};
use super::parameters::Parameters;
use crate::events;

/// When Clerk published them, for all it matters here.
const PUBLISHED: &str = "2025-04-15T00:00:00Z";

/// GET `/event-type`
pub async fn list(parameters: Parameters) -> Answer {
    let page = Page::cut(events::types().to_vec(), |name| name, &parameters, Order::Ascending)?;
    Ok(page.answer(|name| {
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
    }))
}
