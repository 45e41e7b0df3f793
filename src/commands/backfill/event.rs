//! An existing user or organization as the event that Clerk sent, or would have sent, when it was made.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::catalogue;
use crate::clerk::existing::Kind;

/// The event's body, spelt as JavaScript spells it.
pub fn body(kind: Kind, instance: &str, one: &Value) -> Vec<u8> {
    let event = json!({
        "data": one,
        "event_attributes": {"http_request": {"client_ip": "", "user_agent": ""}},
        "instance_id": instance,
        "object": "event",
        "timestamp": one["created_at"],
        "type": kind.event(),
    });
    event.to_string().into_bytes()
}

/// The same for the same one at each run, so that a handler that knows what it has seen does nothing twice.
pub fn message_id(kind: Kind, instance: &str, id: &str) -> String {
    let digest = Sha256::digest(format!("{}\n{instance}\n{id}", kind.event()).as_bytes());
    let mut number = [0; 8];
    number.copy_from_slice(&digest[..8]);
    catalogue::message_id(u64::from_be_bytes(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_belongs_to_one_of_one_instance() {
        let id = message_id(Kind::Users, "ins_1", "user_1");
        assert_eq!(id, message_id(Kind::Users, "ins_1", "user_1"));
        assert!(id.starts_with("msg_") && id.len() == 31, "{id}");
        for other in [
            message_id(Kind::Organizations, "ins_1", "user_1"),
            message_id(Kind::Users, "ins_2", "user_1"),
            message_id(Kind::Users, "ins_1", "user_2"),
        ] {
            assert_ne!(id, other);
        }
    }
}
