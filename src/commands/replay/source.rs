//! What is to be sent again: a request that the agent still has, or a delivery of the history.

use serde_json::Value;

use crate::delivery::{self, Delivery, Id};
use crate::ngrok::capture::Capture;
use crate::report;
use crate::signature::{Signed, SigningSecret};

/// A delivery with the ways in which it can be named and sent.
#[derive(Clone, Debug)]
pub struct Source {
    /// By which it is named: the agent's id, or the history's.
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
    /// What the agent captured.
    pub fn captured(capture: &Capture, secrets: &[SigningSecret]) -> Self {
        let (delivery, line) = (capture.sighting(secrets), capture.delivery(secrets));
        Self { id: capture.id.clone(), delivery, capture: Some(capture.id.clone()), kept: None, line }
    }

    /// What the history keeps, and the agent's own record of it where it still has one.
    pub fn kept(delivery: Delivery, captures: &[Capture]) -> Self {
        let request = &delivery.request;
        let is_it = |capture: &&Capture| {
            let (came, truncated) = (&capture.request, request.truncated || capture.request.is_truncated());
            let address = came.method == request.method && came.uri == request.target;
            let message = delivery.message_id.is_some() && capture.message_id() == delivery.message_id.as_deref();
            message && address && !truncated && came.body() == request.body && !capture.is_replay()
        };
        let signed = |capture: &&Capture| capture.request.signed().signature == signed(&delivery).signature;
        let capture = captures.iter().filter(is_it).find(signed).map(|capture| capture.id.clone());
        let line = report::Delivery::from(&delivery);
        Self { id: delivery.id.to_string(), kept: Some(delivery.id.clone()), capture, line, delivery }
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
        signed(&self.delivery)
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

fn signed(delivery: &Delivery) -> Signed<'_> {
    Signed::read(|name| delivery::header(&delivery.request.headers, name))
}
