//! Query parameters, typed; what does not fit is told in the shape of status 422.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use jiff::Timestamp;

use super::refusal::Refusal;

/// The query of a request.
#[derive(Debug, Default)]
pub struct Parameters(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        let refused = |_| Refusal::invalid("query", None, "not a query string", "value_error");
        query.map(|Query(pairs)| Self(pairs)).map_err(refused)
    }
}

impl Parameters {
    /// A parameter's text; the last one counts.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A parameter that is repeated or holds a list with commas; absent means no restriction.
    pub fn list(&self, name: &str) -> Option<Vec<&str>> {
        let given = self.0.iter().filter(|(key, _)| key == name).flat_map(|(_, value)| value.split(','));
        let given: Vec<&str> = given.filter(|value| !value.is_empty()).collect();
        Some(given).filter(|given| !given.is_empty())
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, Refusal> {
        Ok(self.parsed(name, "value could not be parsed to a boolean")?.unwrap_or(default))
    }

    /// A whole number in a range.
    pub fn number(&self, name: &str, range: std::ops::RangeInclusive<u16>) -> Result<Option<u16>, Refusal> {
        let expected = format!("value must be an integer from {} to {}", range.start(), range.end());
        let number = self.parsed(name, &expected)?;
        match number {
            Some(number) if !range.contains(&number) => Err(invalid(name, &expected)),
            number => Ok(number),
        }
    }

    /// An RFC 3339 time.
    pub fn time(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        self.parsed(name, "invalid datetime format")
    }

    /// Whether a time lies between `after` and `before`.
    pub fn within(&self) -> Result<impl Fn(Timestamp) -> bool, Refusal> {
        let (after, before) = (self.time("after")?, self.time("before")?);
        Ok(move |time| after.is_none_or(|after| time >= after) && before.is_none_or(|before| time < before))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Refusal> {
        self.text(name).map(|text| text.parse().map_err(|_| invalid(name, expected))).transpose()
    }
}

fn invalid(name: &str, message: &str) -> Refusal {
    Refusal::invalid("query", Some(name), message, "value_error")
}
