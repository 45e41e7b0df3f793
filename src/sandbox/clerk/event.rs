//! What Clerk tells of a user's life: the envelope around each event.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sandbox::dispatch;
use crate::sandbox::identifier::now;
use crate::sandbox::world::World;

/// Publishes `user.created`, `organization.created` and their like, where webhooks are enabled.
pub fn publish(world: &Arc<World>, event_type: &str, data: &Value) {
    if world.armed.silent() {
        return;
    }
    let Some(instance_id) = world.store.read(|data| data.app_id.is_some().then(|| data.instance_id.clone())) else {
        return;
    };
    let envelope = json!({
        "data": data,
        "event_attributes": {"http_request": {"client_ip": "", "user_agent": ""}},
        "instance_id": instance_id,
        "object": "event",
        "timestamp": now().as_millisecond(),
        "type": event_type,
    });
    dispatch::publish(world, event_type, envelope.to_string(), None);
}
