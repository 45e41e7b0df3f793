//! What the handler accepted of what was made up, and so may have stored.

use serde_json::Value;

use crate::catalogue;

/// Ids in the order in which they were accepted.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    accepted: Vec<String>,
    deleted: Vec<String>,
}

impl Ledger {
    /// Notes the body of a request that was answered 2xx.
    pub fn note(&mut self, body: &[u8]) {
        let Ok(event) = serde_json::from_slice::<Value>(body) else { return };
        let Some(id) = event["data"]["id"].as_str() else { return };
        let list = match event["type"].as_str() {
            // A handler is right to do nothing about a type that it does not know.
            Some(kind) if !catalogue::types().contains(&kind) => return,
            Some(kind) if kind.ends_with(".deleted") => &mut self.deleted,
            Some(_) => {
                // What is created again after its deletion is there again.
                self.deleted.retain(|deleted| deleted != id);
                &mut self.accepted
            }
            None => return,
        };
        if !list.iter().any(|known| known == id) {
            list.push(id.to_owned());
        }
    }

    /// Everything that it was told of.
    pub fn ids(&self) -> &[String] {
        &self.accepted
    }

    /// What it was not told to delete again.
    pub fn left(&self) -> Vec<String> {
        self.accepted.iter().filter(|id| !self.deleted.contains(id)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_deleted_is_not_left() {
        let mut ledger = Ledger::default();
        let mut note = |kind: &str, id: &str| {
            ledger.note(format!("{{\"type\":\"{kind}\",\"data\":{{\"id\":\"{id}\"}}}}").as_bytes());
        };
        note("user.created", "user_1");
        note("user.updated", "user_1");
        note("user.created", "user_2");
        note("user.deleted", "user_1");
        note("user.deleted", "user_3");
        note("user.deleted", "user_4");
        note("user.created", "user_4");
        note("clerkhook.unknown", "user_5");
        ledger.note(b"no json");
        ledger.note(b"{\"type\":\"x\"}");
        assert_eq!(ledger.ids(), ["user_1", "user_2", "user_4"]);
        assert_eq!(ledger.left(), ["user_2", "user_4"]);
    }
}
