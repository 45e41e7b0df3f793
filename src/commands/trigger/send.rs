//! Signing and delivering one message.

use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;

use super::Delivery;
use super::compose::Message;
use super::destination::{self, Destination};
use super::verdict;
use crate::delivery::Origin;
use crate::error::Result;
use crate::handler::sent::{self, Cause};
use crate::handler::{self, Answer, Diagnosis, Framework};
use crate::history::Keeper;
use crate::http::{Delivered, Http, Unreachable};
use crate::ngrok::NO_INTERSTITIAL;
use crate::report::{Report, Trigger};
use crate::scenario::Expected;
use crate::secret::mask_text;
use crate::signature;
use crate::steps::target::Target;
use crate::steps::{Context, secret};

/// As Svix names itself, and who it is here.
const USER_AGENT: &str = concat!("Svix-Webhooks/1.62.0 (clerkhook/", env!("CARGO_PKG_VERSION"), ")");

/// How much of an unexpected answer is shown, in characters.
const SHOWN: usize = 500;

/// Delivers messages to one address.
#[derive(Debug)]
pub struct Sender {
    /// Where to.
    pub destination: Destination,
    http: Http,
    cause: Cause,
    keeper: Keeper,
    headers: Vec<(String, String)>,
    within: std::time::Duration,
    /// Whether the app was asked at another path.
    probed: AtomicBool,
    /// Nobody signs.
    pub unsigned: bool,
    /// What the project is made with.
    pub framework: Option<Framework>,
}

/// Where a message stands in a scenario.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// From 1.
    pub step: usize,
    /// How many steps there are.
    pub of: usize,
    /// The length of the longest event type, for a person's eye.
    pub column: usize,
}

/// What became of a message.
#[derive(Debug)]
pub struct Sent {
    /// As it is told.
    pub told: Trigger,
    /// The answer, or why there is none.
    pub outcome: Result<Answer, Unreachable>,
    /// What answered as expected in the handler's place.
    pub stand_in: Option<Diagnosis>,
    /// Which one would be right.
    pub expected: Expected,
    /// In a scenario.
    pub place: Option<Place>,
}

impl Sender {
    /// Finds the address and learns the secret.
    ///
    /// # Errors
    /// `TunnelMissing`, `TriggerRefused`, those of learning the secret.
    pub async fn prepare(context: &Context, delivery: &Delivery) -> Result<Self> {
        let destination = destination::find(context, delivery)?;
        let secret = if delivery.unsigned { None } else { Some(secret::for_signing(context).await?) };
        let given = |name: &str| delivery.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut usual = vec![("content-type", "application/json"), ("user-agent", USER_AGENT), ("accept", "*/*")];
        if delivery.edge {
            usual.push((NO_INTERSTITIAL, "true"));
        }
        let usual = usual.into_iter().filter(|(name, _)| !given(name));
        let usual = usual.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let headers = usual.chain(delivery.headers.iter().cloned()).collect();
        let (http, within) = (context.http.clone(), delivery.timeout);
        let cause = Cause { origin: Origin::Trigger, source: None, secret };
        Ok(Self {
            destination,
            http,
            cause,
            keeper: Keeper::none(),
            headers,
            within,
            probed: AtomicBool::new(false),
            unsigned: delivery.unsigned,
            framework: context.framework(),
        })
    }

    /// Keeps in the history what is sent from now on.
    pub fn keeping(self, keeper: Keeper) -> Self {
        Self { keeper, ..self }
    }

    /// All headers of a message, signed now.
    pub fn headers(&self, message: &Message) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        if let Some(secret) = &self.cause.secret {
            let now = Timestamp::now().as_second();
            headers.extend(signature::headers(std::slice::from_ref(secret), &message.id, now, &message.body));
        }
        headers
    }

    /// Delivers a message.
    pub async fn send(&self, message: &Message, expected: Expected, place: Option<Place>) -> Sent {
        let delivered = Delivered {
            method: "POST",
            url: &self.destination.target.url,
            headers: &self.headers(message),
            body: message.body.clone(),
            within: Some(self.within),
            certificates: self.destination.certificates,
        };
        let outcome = sent::deliver(&self.http, &self.keeper, &self.cause, delivered).await;
        let answer = outcome.as_ref().ok();
        let holds = answer.is_some_and(|answer| expected.holds(answer.status));
        let stand_in = match answer {
            Some(answer) if holds && expected.is_success() && !self.unsigned => self.in_its_place(answer).await,
            _ => None,
        };
        let ok = holds && stand_in.is_none();
        let told = Trigger {
            event: message.event.clone(),
            message_id: (!self.unsigned).then(|| message.id.clone()),
            url: self.destination.target.url.to_string(),
            via: self.destination.via,
            status_code: answer.map(|answer| answer.status),
            duration_ms: answer.map(|answer| u64::try_from(answer.duration.as_millis()).unwrap_or(u64::MAX)),
            expected: expected.to_string(),
            ok,
            step: place.map(|place| place.step),
            column: place.map_or(0, |place| place.column),
            counted: false,
            location: answer.and_then(|answer| answer.location.clone()),
            reason: outcome.as_ref().err().map(ToString::to_string),
            answer: answer.filter(|answer| !ok && !answer.body.trim().is_empty()).map(|answer| beginning(&answer.body)),
        };
        Sent { told, outcome, stand_in, expected, place }
    }

    /// What answered in the handler's place. The app is asked about it once, however many messages are sent.
    async fn in_its_place(&self, answer: &Answer) -> Option<Diagnosis> {
        let Target { url, .. } = &self.destination.target;
        if self.probed.swap(true, Ordering::Relaxed) {
            return handler::page(url.path(), answer);
        }
        handler::stand_in(&self.http, url, self.destination.certificates, answer).await
    }
}

impl Sent {
    /// Shows it.
    pub fn tell(&self, context: &Context) {
        context.ui.emit(&Report::Trigger(self.told.clone()));
        if self.outcome.as_ref().is_ok_and(|answer| answer.cut) {
            context.ui.note("the answer is longer than 1 MiB; only its beginning was read");
        }
    }

    /// Whether it went as expected.
    ///
    /// # Errors
    /// `AppDown`, `CertificateUntrusted`, `NotDelivered`, `AnswerUnexpected`.
    pub fn judge(&self, sender: &Sender) -> Result<()> {
        if self.told.ok { Ok(()) } else { Err(verdict::failure(sender, self)) }
    }
}

fn beginning(body: &str) -> String {
    let text = body.trim();
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", mask_text(&text[..cut])),
        None => mask_text(text),
    }
}
