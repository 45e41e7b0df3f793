//! Why a delivery verifies or does not: what a wrong secret, a changed body or a hand-made signature would look like is
//! tried, and the one that fits is named.

mod bytes;
mod cause;
mod code;
mod form;
mod head;
mod key;
mod reserialise;
pub mod saved;
mod search;
mod span;
mod time;

pub use cause::Cause;
pub use saved::Saved;
pub use span::span;

use crate::secret::Secret;
use head::{Family, Head};
use search::Found;
use time::Time;

/// A text that may be the signing secret.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it comes from, as a person would call it.
    pub source: String,
    /// As it was found.
    pub text: Secret,
    /// Not the app's own, but that of an endpoint of the instance.
    pub remote: bool,
}

/// What is given.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Unix seconds.
    pub now: i64,
    /// How far the timestamp may lie from now, in seconds; `None`: as far as it likes.
    pub tolerance: Option<i64>,
    /// How many seconds this machine's clock is ahead, where that was measured.
    pub clock_ahead: Option<i64>,
}

/// What is said of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Signed with a known secret, and in time.
    pub valid: bool,
    /// Why it is not valid; for a valid one, why Clerk's SDK would refuse it all the same.
    pub cause: Option<Cause>,
    /// The source of the secret that fits.
    pub secret: Option<String>,
    /// What else was seen.
    pub remarks: Vec<String>,
    /// `svix-id`.
    pub message_id: Option<String>,
    /// The body's `type`.
    pub event: Option<String>,
    /// Seconds since it was signed; negative in the future.
    pub age: Option<i64>,
}

/// Judges a delivery. The work is bounded, so what is not found in time is not found.
pub fn judge(delivery: &Saved, candidates: &[Candidate], terms: &Terms) -> Verdict {
    let head = Head::read(&delivery.headers);
    let mut verdict = Verdict {
        remarks: delivery.remarks.clone(),
        message_id: head.values[0].map(str::to_owned),
        event: event(&delivery.body),
        ..Verdict::default()
    };
    let (id, timestamp, signature) = match head.whole() {
        Ok(whole) => whole,
        Err(cause) => return Verdict { cause: Some(cause), ..verdict },
    };
    let time = Time::read(timestamp);
    verdict.age = time.seconds().map(|sent| terms.now.saturating_sub(sent));
    let (keys, key_faults) = key::readings(candidates);
    let (codes, code_fault) = code::readings(signature);
    let mut causes: Vec<Cause> = time.fault().into_iter().collect();
    let search = search::Search {
        id,
        times: time.spellings(timestamp),
        keys: &keys,
        codes: &codes,
        body: &delivery.body,
        budget: search::BUDGET,
    };
    let result = search.run();
    match &result {
        Ok(found) => {
            verdict.secret = Some(found.key.candidate.source.clone());
            causes.extend([&found.key.fault, &found.code.fault, &found.change].into_iter().flatten().cloned());
            causes.extend(other_endpoint(found, candidates));
            verdict.remarks.extend(remarks(found, &codes));
        }
        Err(tried) => {
            let none = !keys.iter().any(|key| key.fault.is_none());
            causes.extend(key_faults.into_iter().filter(|_| none));
            causes.extend(code_fault);
            causes.extend(bytes::standing(&delivery.body, head::content_length(&delivery.headers)));
            if causes.is_empty() {
                let asked = candidates.iter().any(|candidate| candidate.remote);
                causes.push(Cause::NoMatch { secrets: candidates.len(), bodies: *tried, asked });
            }
        }
    }
    if head.family == Family::Mixed {
        causes.push(Cause::HeaderMixed);
    }
    let late = verdict.age.and_then(|age| time::judge(age, terms));
    settle(&mut verdict, causes, late);
    if verdict.valid && head.family == Family::Standard {
        verdict.cause = Some(Cause::HeaderFamily);
    }
    verdict
}

/// The first cause is the one; the others are remarks. The time comes last, as its sentence says that all else is right.
fn settle(verdict: &mut Verdict, causes: Vec<Cause>, late: Option<Cause>) {
    let mut causes = causes.into_iter();
    let Some(cause) = causes.next() else {
        verdict.valid = late.is_none();
        verdict.cause = late;
        return;
    };
    verdict.remarks.extend(causes.map(|cause| format!("also: {cause}")));
    if late.is_some() && cause != Cause::TimestampMilliseconds {
        let age = verdict.age.unwrap_or_default();
        let side = if age > 0 { "old" } else { "in the future" };
        verdict.remarks.push(format!("also: its timestamp is {} {side}", span(age)));
    }
    verdict.cause = Some(cause);
}

/// A secret that fits but is not the app's own, where that is known.
fn other_endpoint(found: &Found<'_>, candidates: &[Candidate]) -> Option<Cause> {
    let yours = candidates.iter().find(|candidate| !candidate.remote)?;
    let theirs = found.key.candidate;
    let other = theirs.remote && yours.text != theirs.text;
    other.then(|| Cause::SecretOtherEndpoint { theirs: theirs.source.clone(), yours: yours.source.clone() })
}

fn remarks(found: &Found<'_>, codes: &[code::Code]) -> Vec<String> {
    let mut remarks = Vec::new();
    let place = found.code.place;
    if place > 0 {
        let count = codes.iter().map(|code| code.place).max().unwrap_or_default() + 1;
        remarks.push(format!(
            "signature {} of {count} fits: likely an older secret, which signs along for 24 hours after a rotation; \
             `clerkhook secret write` fetches the new one",
            place + 1
        ));
    }
    if key::is_bare(found.key.candidate) {
        remarks.push("the secret has no `whsec_` in front; Svix's libraries take it so, others may not".to_owned());
    }
    remarks
}

/// The type of the event, where the body says it.
fn event(body: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(bytes::json(body)?).ok()?;
    Some(value["type"].as_str()?.to_owned())
}

#[cfg(test)]
mod tests;
