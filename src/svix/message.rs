//! Messages and attempts: the example event, and what became of it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Svix;
use crate::error::Result;
use crate::http::Call;

/// How an attempt stands (Svix docs, message attempts: 0 success, 1 pending, 2 fail, 3 sending, 4 canceled).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The app answered 2xx in time.
    Delivered,
    /// Not over yet.
    Pending,
    /// Answered otherwise, or not in time.
    Failed,
}

/// One try to deliver a message.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// `atmpt_…`.
    #[serde(default)]
    pub id: String,
    /// The message's `msg_…`.
    #[serde(default)]
    pub msg_id: String,
    /// Where it went.
    #[serde(default)]
    pub url: String,
    /// When it began.
    #[serde(default)]
    pub timestamp: Timestamp,
    #[serde(default)]
    trigger_type: u8,
    status: u8,
    /// The answer's status; 0 where none came.
    pub response_status_code: u16,
    /// The answer's body, cut by Svix.
    #[serde(default)]
    pub response: String,
    /// How long it took, in milliseconds.
    #[serde(default)]
    pub response_duration_ms: u64,
    #[serde(default)]
    endpoint_id: String,
}

impl Attempt {
    /// Whether somebody asked for it, rather than the schedule.
    pub fn is_manual(&self) -> bool {
        self.trigger_type == 1
    }

    /// How it stands.
    pub fn outcome(&self) -> Outcome {
        match self.status {
            0 => Outcome::Delivered,
            1 | 3 => Outcome::Pending,
            _ => Outcome::Failed,
        }
    }
}

/// An event that the instance's app was given.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    /// `msg_…`.
    pub id: String,
    /// The body as the app gets it; empty where Svix keeps it no longer.
    #[serde(default)]
    pub payload: Value,
}

#[derive(Deserialize)]
struct Page<T> {
    data: Vec<T>,
}

impl Svix {
    /// Sends the example of an event type to the endpoint; gives the message's `msg_…`.
    pub async fn send_example(&self, endpoint_id: &str, event: &str) -> Result<String> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/send-example"));
        let call = self.idempotent(url, json!({ "eventType": event }));
        let message: Message = self.read("send the example event", call).await?;
        Ok(message.id)
    }

    /// The newest messages of an event type, whoever they are for.
    pub async fn messages(&self, event: &str) -> Result<Vec<Message>> {
        let mut url = self.app_url("msg");
        url.query_pairs_mut().append_pair("event_types", event).append_pair("limit", "50");
        let page: Page<Message> = self.read("list the messages", Call::get(url)).await?;
        Ok(page.data)
    }

    /// The attempts to deliver a message to the endpoint, newest first.
    pub async fn attempts(&self, message_id: &str, endpoint_id: &str) -> Result<Vec<Attempt>> {
        let mut url = self.app_url(&format!("attempt/msg/{message_id}"));
        url.query_pairs_mut().append_pair("endpoint_id", endpoint_id).append_pair("limit", "50");
        let page: Page<Attempt> = self.read("read the attempts", Call::get(url)).await?;
        // Servers that do not know the parameter answer with every endpoint's attempts.
        let ours = |attempt: &Attempt| attempt.endpoint_id.is_empty() || attempt.endpoint_id == endpoint_id;
        Ok(page.data.into_iter().filter(ours).collect())
    }
}
