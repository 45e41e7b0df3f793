//! Svix's two error shapes: `{code, detail}`, and for status 422 an array of what is invalid where.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer that is an error.
#[derive(Debug, PartialEq)]
pub struct Refusal {
    status: StatusCode,
    body: Value,
}

/// The answer with a given status, for faults.
pub fn refusal_of(status: u16) -> Response {
    let (code, detail) = match status {
        401 => ("authentication_failed", "Invalid token"),
        403 => ("insufficient access", "Insufficient access for the requested operation."),
        404 => ("not_found", "Entity not found"),
        409 => ("conflict", "Entity already exists"),
        413 => ("payload_too_large", "Payload is too large"),
        422 => return Refusal::invalid("body", None, "invalid value", "value_error").into_response(),
        429 => ("rate_limit", "Rate limit exceeded"),
        _ if status < 500 => ("generic_error", "The request cannot be processed"),
        _ => ("server_error", "Internal server error"),
    };
    let refusal = Refusal::new(StatusCode::BAD_REQUEST, code, detail);
    Refusal { status: StatusCode::from_u16(status).unwrap_or(refusal.status), ..refusal }.into_response()
}

impl Refusal {
    fn new(status: StatusCode, code: &str, detail: &str) -> Self {
        Self { status, body: json!({"code": code, "detail": detail}) }
    }

    /// No token, an unknown one, or a one-time token that was spent.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication_failed", "Invalid token")
    }

    /// It does not exist in the session's application.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Entity not found")
    }

    /// Another endpoint has this uid.
    pub fn conflict() -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "An entity with this uid already exists")
    }

    /// A code of its own with status 400.
    pub fn bad(code: &str, detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// One invalid value, in the `body` or the `query`.
    pub fn invalid(place: &str, name: Option<&str>, message: &str, kind: &str) -> Self {
        let location: Vec<&str> = std::iter::once(place).chain(name).collect();
        let body = json!({"detail": [{"loc": location, "msg": message, "type": kind}]});
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}
