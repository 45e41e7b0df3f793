//! What is to be sent again: a request that the agent still has, or a delivery of the history.

use std::sync::Arc;

use serde_json::Value;

use crate::delivery::{self, Delivery, Id};
use crate::report;
use crate::signature::Signed;

/// A delivery with the ways in which it can be named and sent.
#[derive(Clone, Debug)]
pub struct Source {
    /// By which it is named: the history's id, or the agent's where nobody keeps it.
    pub id: String,
    /// The delivery.
    pub delivery: Delivery,
    /// The agent's id, where it still has it: then the agent can send it.
    pub capture: Option<String>,
    /// The id under which the history keeps it.
    pub kept: Option<Id>,
    /// The line that stands for it.
    pub line: report::Delivery,
}

impl Source {
    /// What the agent captured, under the id by which the history keeps it.
    pub fn captured(seen: &Delivery, kept: Option<Delivery>) -> Self {
        let capture = seen.capture.clone();
        let Some(mut delivery) = kept else {
            let id = capture.clone().unwrap_or_else(|| seen.id.to_string());
            let line = report::Delivery { id: id.clone(), ..seen.into() };
            return Self { id, delivery: seen.clone(), capture, kept: None, line };
        };
        delivery.also_seen(seen);
        Self { capture, ..Self::of_history(delivery) }
    }

    /// What the history keeps, and the agent's own record of it where it still has one.
    pub fn kept(delivery: Delivery, recent: &[Arc<Delivery>]) -> Self {
        let truncated = delivery.request.truncated;
        let is_it = |seen: &&Arc<Delivery>| {
            if delivery.capture.is_some() {
                return seen.capture == delivery.capture;
            }
            let (request, came) = (&delivery.request, &seen.request);
            let message = delivery.message_id.is_some() && seen.message_id == delivery.message_id;
            let address = came.method == request.method && came.target == request.target;
            let bytes = came.body == request.body && came.signed().signature == request.signed().signature;
            message && address && bytes && seen.origin != delivery::Origin::Replay
        };
        let seen = recent.iter().filter(|seen| !truncated && !seen.request.truncated).find(is_it);
        let capture = seen.and_then(|seen| seen.capture.clone());
        Self { capture, ..Self::of_history(delivery) }
    }

    fn of_history(delivery: Delivery) -> Self {
        let (id, kept, line) = (delivery.id.to_string(), Some(delivery.id.clone()), (&delivery).into());
        Self { id, delivery, capture: None, kept, line }
    }

    /// The `svix-id`.
    pub fn message_id(&self) -> Option<&str> {
        self.delivery.message_id.as_deref()
    }

    /// Whether it was sent again itself.
    pub fn is_replay(&self) -> bool {
        self.delivery.origin == delivery::Origin::Replay
    }

    /// The signature headers.
    pub fn signed(&self) -> Signed<'_> {
        self.delivery.request.signed()
    }

    /// The route without its query.
    pub fn path(&self) -> &str {
        self.delivery.request.target.split('?').next().unwrap_or("/")
    }

    /// Whom a Clerk event tells of: an address, or an id.
    pub fn who(&self) -> Option<String> {
        let event: Value = serde_json::from_slice(&self.delivery.request.body).ok()?;
        let data = event.get("data")?;
        let address = data["email_addresses"][0]["email_address"].as_str();
        let known = [address, data["email_address"].as_str(), data["user_id"].as_str(), data["id"].as_str()];
        known.into_iter().flatten().next().map(str::to_owned)
    }
}
