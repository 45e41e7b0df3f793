//! Svix's log of an endpoint: what was sent to it and how that went, and having it sent again (Svix docs, API v1).

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::{Attempt, Svix};
use crate::error::{Error, Result};
use crate::http::Call;

/// How a message stands at an endpoint: 0 success, 1 pending, 2 fail, 3 sending (Svix docs, message status).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Answered with 2xx.
    Delivered,
    /// Not tried yet.
    Pending,
    /// Given up.
    Failed,
    /// Failed so far, and tried again.
    Retrying,
}

/// A message, and where Svix was asked for one endpoint's how it stands there.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Logged {
    /// `msg_…`.
    pub id: String,
    /// Event type.
    pub event_type: String,
    /// When Svix took it.
    pub timestamp: Timestamp,
    /// The body; empty where Svix keeps it no longer.
    #[serde(default)]
    pub payload: Value,
    status: Option<u8>,
    /// When it is tried again.
    pub next_attempt: Option<Timestamp>,
}

impl Logged {
    /// How it stands; `None` where it was never sent.
    pub fn standing(&self) -> Option<Standing> {
        Some(match self.status? {
            0 => Standing::Delivered,
            // Servers tell the last attempt's status or the message's; that another one comes is told by its time.
            _ if self.next_attempt.is_some() => Standing::Retrying,
            2 => Standing::Failed,
            3 => Standing::Retrying,
            _ => Standing::Pending,
        })
    }

    /// The same, on its way: a first attempt is in nobody's list before it ends.
    pub fn under_way(self) -> Self {
        Self { status: Some(1), ..self }
    }
}

/// From when to when, and of which event types.
#[derive(Clone, Debug, Default)]
pub struct Span {
    /// After this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// These; all when absent.
    pub events: Option<Vec<String>>,
}

impl Span {
    fn narrow(&self, mut url: Url) -> Url {
        let mut query = url.query_pairs_mut();
        for (name, time) in [("after", self.since), ("before", self.until)] {
            if let Some(time) = time {
                query.append_pair(name, &time.to_string());
            }
        }
        for event in self.events.iter().flatten() {
            query.append_pair("event_types", event);
        }
        drop(query);
        url
    }
}

/// How many messages stand how.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Stats {
    /// Answered with 2xx.
    pub success: u64,
    /// Not tried yet.
    pub pending: u64,
    /// Tried again.
    #[serde(default)]
    pub sending: u64,
    /// Given up.
    pub fail: u64,
}

impl Svix {
    /// The newest messages of the instance, whoever they were sent to.
    pub async fn taken(&self, span: &Span, most: usize) -> Result<Vec<Logged>> {
        self.pages("list the messages", &span.narrow(self.app_url("msg")), most).await
    }

    /// The newest messages that were sent to an endpoint.
    pub async fn sent_to(&self, endpoint_id: &str, span: &Span, most: usize) -> Result<Vec<Logged>> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/msg"));
        self.pages("list the messages of the endpoint", &span.narrow(url), most).await
    }

    /// One message; `None` where Svix does not keep it.
    pub async fn message(&self, id: &str) -> Result<Option<Logged>> {
        let url = self.app_url(&format!("msg/{id}"));
        match self.read("read the message", Call::get(url)).await {
            Ok(message) => Ok(Some(message)),
            // An id that is malformed is invalid there.
            Err(Error::SvixNotFound { .. } | Error::SvixInvalid { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The newest attempts to deliver to an endpoint, of one status where it is named.
    pub async fn tries(&self, endpoint_id: &str, span: &Span, status: Option<u8>, most: usize) -> Result<Vec<Attempt>> {
        let mut url = span.narrow(self.app_url(&format!("attempt/endpoint/{endpoint_id}")));
        if let Some(status) = status {
            url.query_pairs_mut().append_pair("status", &status.to_string());
        }
        self.pages("read the attempts of the endpoint", &url, most).await
    }

    /// How many messages stand how since a time, at most 28 days back.
    pub async fn stats(&self, endpoint_id: &str, since: Timestamp) -> Result<Stats> {
        let mut url = self.app_url(&format!("endpoint/{endpoint_id}/stats"));
        url.query_pairs_mut().append_pair("since", &since.to_string());
        self.read("read the endpoint's statistics", Call::get(url)).await
    }

    /// Has a message sent to the endpoint once more; a failure of that is not tried again.
    pub async fn resend(&self, message_id: &str, endpoint_id: &str) -> Result<()> {
        let url = self.app_url(&format!("msg/{message_id}/endpoint/{endpoint_id}/resend"));
        self.call("resend the message", self.idempotent(url, json!({}))).await.map(drop)
    }

    /// Has everything sent once more that failed in a span, which is at most 14 days.
    pub async fn recover(&self, endpoint_id: &str, since: Timestamp, until: Timestamp) -> Result<()> {
        self.again("recover", "recover the endpoint", endpoint_id, since, until).await
    }

    /// Has everything sent that the endpoint listens to and was never sent, in a span of at most 14 days. Only hosted Svix
    /// can: `false` where it cannot.
    pub async fn replay_missing(&self, endpoint_id: &str, since: Timestamp, until: Timestamp) -> Result<bool> {
        match self.again("replay-missing", "replay what the endpoint missed", endpoint_id, since, until).await {
            Ok(()) => Ok(true),
            Err(Error::SvixNotFound { .. } | Error::SvixFailed { status: 405, .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn again(
        &self,
        path: &str,
        what: &'static str,
        endpoint_id: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<()> {
        let url = self.app_url(&format!("endpoint/{endpoint_id}/{path}"));
        // A second time would send everything twice; the key of the first makes it safe.
        self.call(what, self.idempotent(url, json!({ "since": since, "until": until }))).await.map(drop)
    }
}
