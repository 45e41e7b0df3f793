//! STUB, replaced at merge: example payloads of Clerk's events.

use serde_json::json;

/// Compact JSON of an example event's envelope; absent for a type without one.
pub fn example(event_type: &str, now_ms: i64) -> Option<String> {
    let id = "user_29w83sxmDNGwOuEthce5gg56FcC";
    let data = match event_type {
        "user.created" | "user.updated" => json!({"first_name": "Zoë", "id": id, "object": "user"}),
        "user.deleted" => json!({"deleted": true, "id": id, "object": "user"}),
        _ => return None,
    };
    let envelope = json!({
        "data": data,
        "instance_id": "ins_2g7np7Hrk0SN6kj5EDMLDaKNL0S",
        "object": "event",
        "timestamp": now_ms,
        "type": event_type,
    });
    Some(envelope.to_string())
}
