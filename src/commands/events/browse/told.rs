//! A delivery as the screen tells it: whom it concerns, why it failed, what it says otherwise than before.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::catalogue::{about, changed};
use crate::delivery::{Delivery, Id, Signature, changes};
use crate::handler::{Diagnosis, diagnose};
use crate::history::Store;
use crate::steps::answered::answered;
use crate::ui::browser::{Compared, Plain, Row, Whole};
use crate::ui::local_time;

/// A longer body is not looked into for a phrase. In bytes.
const LOOKED_INTO: usize = 1 << 20;

/// So many rows are remembered.
const REMEMBERED: usize = 1000;

/// The events that tell the whole of something, by its group.
const WHOLE: [(&str, [&str; 2]); 2] = [
    ("user.updated", ["user.created", "user.updated"]),
    ("organization.updated", ["organization.created", "organization.updated"]),
];

/// Tells, and remembers what it told.
#[derive(Default)]
pub struct Teller {
    rows: HashMap<Id, Row>,
    /// Rows of which it is still to be looked up what they changed: that takes longer than a person waits for a line.
    open: HashSet<Id>,
    /// Of those, what is in sight.
    in_sight: Vec<Id>,
    /// The app's address, for what is to be done about it.
    upstream: String,
}

impl Teller {
    /// Forgets rows that are not as they were.
    pub fn forget(&mut self, touched: &[Id]) {
        for id in touched {
            self.rows.remove(id);
            self.open.remove(id);
        }
    }

    /// The app is at this address.
    pub fn upstream(&mut self, upstream: &str) {
        if self.upstream != upstream {
            upstream.clone_into(&mut self.upstream);
            self.rows.clear();
            self.open.clear();
        }
    }

    /// Begins with what is in sight now.
    pub fn begin(&mut self) {
        self.in_sight.clear();
    }

    /// Its line, as it was told before.
    pub fn known(&mut self, id: &Id, nested: bool) -> Option<Row> {
        let row = self.rows.get(id)?;
        if self.open.contains(id) {
            self.in_sight.push(id.clone());
        }
        Some(Row { nested, ..row.clone() })
    }

    /// Its line.
    pub fn row(&mut self, delivery: &Delivery, nested: bool) -> Row {
        if self.rows.len() > REMEMBERED {
            self.rows.clear();
            self.open.clear();
        }
        let visit = || format!("{} {}", delivery.request.method, delivery.request.target);
        let row = Row {
            id: delivery.id.clone(),
            time: local_time(&delivery.received_at.to_string()),
            event: Plain::of(&delivery.event.clone().unwrap_or_else(visit)),
            status: delivery.status(),
            ms: delivery.duration_ms(),
            signature: delivery.verdict.signature,
            about: phrase(delivery, None),
            why: self.why(delivery),
            origin: delivery.origin,
            nested,
        };
        if states(delivery).is_some() {
            self.open.insert(delivery.id.clone());
            self.in_sight.push(delivery.id.clone());
        }
        self.rows.insert(delivery.id.clone(), row.clone());
        row
    }

    /// Whether a line in sight is still to be completed.
    pub fn owes(&self) -> bool {
        !self.in_sight.is_empty()
    }

    /// Completes a line in sight with what its event changed; whether that says more.
    pub fn complete(&mut self, store: &Store) -> bool {
        let Some(id) = self.in_sight.pop().filter(|id| self.open.remove(id)) else { return false };
        let Some(delivery) = store.get(id.as_str()).ok().flatten() else { return false };
        let Some(before) = former(store, &delivery) else { return false };
        let about = phrase(&delivery, Some(&before));
        let row = self.rows.get_mut(&id).filter(|row| row.about != about);
        row.map(|row| row.about = about).is_some()
    }

    /// All of it.
    pub fn whole(&self, store: &Store, delivery: Delivery) -> Whole {
        let source = delivery.source.as_ref().and_then(|id| store.get(id.as_str()).ok().flatten());
        let answers = source.as_ref().map(|source| Compared::Answer { then: answer(source), now: answer(&delivery) });
        let before = former(store, &delivery);
        let state = before
            .as_ref()
            .map(|before| Compared::State(changes::between(&body(before)["data"], &body(&delivery)["data"])));
        Whole {
            time: local_time(&delivery.received_at.to_string()),
            about: phrase(&delivery, before.as_ref()),
            why: self.why(&delivery),
            compared: answers.or(state),
            delivery,
        }
    }

    /// Why it failed and what to do.
    fn why(&self, delivery: &Delivery) -> Option<(Plain, Plain)> {
        if !delivery.has_failed() {
            return None;
        }
        let path = delivery.request.target.split('?').next().unwrap_or("/");
        let refused = delivery.status().is_some_and(|status| !(200..300).contains(&status));
        let Diagnosis { found, fix } = match (delivery.verdict.signature, &delivery.verdict.reason) {
            (Signature::Invalid, reason) if !refused => Diagnosis {
                found: format!("the app took it, and it did not verify: {}", reason.as_deref().unwrap_or("invalid")),
                fix: format!("have the app verify; `clerkhook verify {}` says what does not fit", delivery.id.short()),
            },
            (Signature::Invalid, reason) => Diagnosis {
                found: format!("refused, as it did not verify: {}", reason.as_deref().unwrap_or("invalid")),
                fix: format!("`clerkhook verify {}` says what does not fit", delivery.id.short()),
            },
            _ => diagnose(&answered(delivery).seen(path, &self.upstream)),
        };
        Some((Plain::of(&found), Plain::of(&fix)))
    }
}

/// Whom it concerns, and what it changed of what was before.
fn phrase(delivery: &Delivery, before: Option<&Delivery>) -> Plain {
    let Some(event) = delivery.event.as_deref().filter(|_| delivery.request.body.len() <= LOOKED_INTO) else {
        return Plain::default();
    };
    let now = body(delivery);
    let changed = before.and_then(|before| changed(&body(before), &now));
    let parts: Vec<String> = about(event, &now).into_iter().chain(changed).collect();
    Plain::of(&parts.join(" · "))
}

/// The events that tell the states of what it updates.
fn states(delivery: &Delivery) -> Option<[&'static str; 2]> {
    let event = delivery.event.as_deref()?;
    WHOLE.iter().find(|(updated, _)| *updated == event).map(|(_, events)| *events)
}

/// The last kept state of the same user or organization.
fn former(store: &Store, delivery: &Delivery) -> Option<Delivery> {
    let events = states(delivery)?;
    let id = body(delivery)["data"]["id"].as_str()?.to_owned();
    store.former(&delivery.id, events, &id, |before| body(before)["data"]["id"] == id).ok().flatten()
}

fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.request.body).unwrap_or_default()
}

/// An answer to hold against another.
fn answer(delivery: &Delivery) -> String {
    let answer = answered(delivery);
    let body = match serde_json::from_str::<Value>(&answer.body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => answer.body,
    };
    format!("{}\n{body}", answer.status)
}
