//! What comes with a request: a JSON object, and query parameters that may stand several times.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// The members of the body; it must be declared as JSON.
pub struct Body(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.starts_with("application/json") {
            return Err(Refusal::content_type());
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|_| Refusal::body())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|_| Refusal::body())
    }
}

/// The query.
pub struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::from_request_parts(parts, state).await;
        query.map(|Query(pairs)| Self(pairs)).map_err(|_| Refusal::format("query", "a query string"))
    }
}

impl Parameters {
    /// Every value of a parameter.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A number in its range.
    pub fn number(&self, name: &str, range: std::ops::RangeInclusive<usize>, default: usize) -> Result<usize, Refusal> {
        let Some(text) = self.all(name).last() else { return Ok(default) };
        let refused = || Refusal::format(name, &format!("from {} to {}", range.start(), range.end()));
        text.parse().ok().filter(|number| range.contains(number)).ok_or_else(refused)
    }
}
