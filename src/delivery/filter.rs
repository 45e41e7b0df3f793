//! Which deliveries are meant: the words of `events` and of everything that takes a part of the history.

use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Condition, Delivery, Id, Origin, Signature};

/// A text that is no part of a filter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterFault {
    /// A status.
    #[error("`{0}` is no status: write a number such as 200, or a class such as 4xx")]
    Status(String),
    /// A moment.
    #[error("`{0}` is no moment: write a span such as 10m, a time such as 2026-11-24T10:00:00Z, or a delivery's id")]
    Bound(String),
}

/// An event type, or a group of them: `user.created`, `user.*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// Any text is one.
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether an event type is meant.
    pub fn admits(&self, event: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => event.starts_with(beginning),
            None => event == self.0,
        }
    }
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusPattern {
    /// `200`.
    Exactly(u16),
    /// `4xx`: the hundreds.
    Class(u16),
}

impl FromStr for StatusPattern {
    type Err = FilterFault;

    fn from_str(text: &str) -> Result<Self, FilterFault> {
        let fault = || FilterFault::Status(text.to_owned());
        let class = text.to_ascii_lowercase();
        match class.strip_suffix("xx") {
            Some(digit) => {
                digit.parse().ok().filter(|digit| (1..=5).contains(digit)).map(Self::Class).ok_or_else(fault)
            }
            None => {
                text.parse().ok().filter(|status| (100..1000).contains(status)).map(Self::Exactly).ok_or_else(fault)
            }
        }
    }
}

/// A moment: `10m` ago, a time, or the time of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Before now.
    Ago(SignedDuration),
    /// A time.
    Time(Timestamp),
    /// A delivery; what came after it is after the bound.
    Delivery(Id),
}

impl FromStr for Bound {
    type Err = FilterFault;

    fn from_str(text: &str) -> Result<Self, FilterFault> {
        if let Some(id) = Id::read(text) {
            return Ok(Self::Delivery(id));
        }
        if let Ok(time) = text.parse() {
            return Ok(Self::Time(time));
        }
        let days = text.strip_suffix('d').and_then(|days| days.parse::<u16>().ok());
        let span = days.map(|days| SignedDuration::from_hours(24 * i64::from(days))).or_else(|| text.parse().ok());
        let span = span.filter(|span: &SignedDuration| !span.is_negative());
        span.map(Self::Ago).ok_or_else(|| FilterFault::Bound(text.to_owned()))
    }
}

impl Bound {
    /// The least id after it.
    pub fn id(&self, now: Timestamp) -> Id {
        match self {
            Self::Ago(span) => Id::first_of(now.checked_sub(*span).unwrap_or(Timestamp::UNIX_EPOCH)),
            Self::Time(time) => Id::first_of(*time),
            Self::Delivery(id) => id.clone(),
        }
    }
}

/// All of it must hold; what is empty admits everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Any of these event types.
    pub types: Vec<Pattern>,
    /// Any of these statuses.
    pub statuses: Vec<StatusPattern>,
    /// After this.
    pub since: Option<Bound>,
    /// Before this.
    pub until: Option<Bound>,
    /// Only what did not verify.
    pub invalid: bool,
    /// Any of these origins.
    pub origins: Vec<Origin>,
    /// All of these.
    pub conditions: Vec<Condition>,
    /// In the target, a header or the body.
    pub text: Option<String>,
}

impl Filter {
    /// Whether a delivery is meant, its time aside, which the ids tell.
    pub fn admits(&self, delivery: &Delivery) -> bool {
        let of_type = |event: &str| self.types.iter().any(|pattern| pattern.admits(event));
        let event = self.types.is_empty() || delivery.event.as_deref().is_some_and(of_type);
        let status = self.statuses.is_empty() || delivery.status().is_some_and(|status| self.has_status(status));
        let origin = self.origins.is_empty() || self.origins.contains(&delivery.origin);
        let verdict = !self.invalid || delivery.verdict.signature == Signature::Invalid;
        event && status && origin && verdict && self.admits_content(delivery)
    }

    /// Whether bodies have to be looked at.
    pub fn looks_inside(&self) -> bool {
        !self.conditions.is_empty() || self.text.is_some()
    }

    fn has_status(&self, status: u16) -> bool {
        self.statuses.iter().any(|pattern| match pattern {
            StatusPattern::Exactly(exactly) => *exactly == status,
            StatusPattern::Class(hundreds) => status / 100 == *hundreds,
        })
    }

    fn admits_content(&self, delivery: &Delivery) -> bool {
        let named = self.text.as_deref().is_none_or(|text| contains(delivery, text));
        named && self.holds_of(&delivery.request.body)
    }

    fn holds_of(&self, body: &[u8]) -> bool {
        if self.conditions.is_empty() {
            return true;
        }
        let Ok(body) = serde_json::from_slice::<Value>(body) else { return false };
        self.conditions.iter().all(|condition| condition.holds(&body))
    }
}

fn contains(delivery: &Delivery, text: &str) -> bool {
    let request = &delivery.request;
    let in_headers = request.headers.iter().any(|(name, value)| name.contains(text) || value.contains(text));
    let answer = delivery.answer.as_ref().map(|answer| answer.body.as_slice()).unwrap_or_default();
    let in_bytes = |bytes: &[u8]| String::from_utf8_lossy(bytes).contains(text);
    request.target.contains(text) || in_headers || in_bytes(&request.body) || in_bytes(answer)
}

#[cfg(test)]
mod tests {
    use super::super::{Answer, Request, Witness};
    use super::*;

    fn delivery() -> Delivery {
        let body = br#"{"type":"user.created","data":{"id":"user_1"}}"#.to_vec();
        let request = Request { method: "POST".into(), target: "/x".into(), body, ..Request::default() };
        let answer = Some(Answer { status: 404, body: b"no such route".to_vec(), ..Answer::default() });
        Delivery { answer, ..Delivery::new(Timestamp::UNIX_EPOCH, Witness::Agent, request) }
    }

    #[test]
    fn each_part_must_hold() {
        let filter = |change: &dyn Fn(&mut Filter)| {
            let mut filter = Filter::default();
            change(&mut filter);
            filter.admits(&delivery())
        };
        assert!(filter(&|_| {}));
        assert!(filter(&|filter| filter.types = vec![Pattern::new("session.*"), Pattern::new("user.*")]));
        assert!(!filter(&|filter| filter.types = vec![Pattern::new("user.deleted")]));
        assert!(filter(&|filter| filter.statuses = vec!["4xx".parse().expect("a class")]));
        assert!(!filter(&|filter| filter.statuses = vec!["200".parse().expect("a status")]));
        assert!(!filter(&|filter| filter.invalid = true));
        assert!(!filter(&|filter| filter.origins = vec![Origin::Test]));
        assert!(filter(&|filter| filter.conditions = vec!["data.id=user_1".parse().expect("a condition")]));
        assert!(filter(&|filter| filter.text = Some("such route".into())));
        assert!(!filter(&|filter| filter.text = Some("elsewhere".into())));
    }

    #[test]
    fn moments_are_read_in_three_forms() {
        let now: Timestamp = "2026-11-24T10:10:00Z".parse().expect("a time");
        let ten: Timestamp = "2026-11-24T10:00:00Z".parse().expect("a time");
        let id = |text: &str| text.parse::<Bound>().expect(text).id(now);
        assert_eq!(id("10m"), Id::first_of(ten));
        assert_eq!(id("2026-11-24T10:00:00Z"), Id::first_of(ten));
        assert_eq!(id("1d"), id("24h"));
        let delivery = Id::at(ten);
        assert_eq!(id(delivery.as_str()), delivery);
        for text in ["", "-5m", "yesterday", "9xx"] {
            assert!(text.parse::<Bound>().is_err(), "{text}");
        }
        for text in ["", "9xx", "99", "xx", "4x"] {
            assert!(text.parse::<StatusPattern>().is_err(), "{text}");
        }
    }
}
