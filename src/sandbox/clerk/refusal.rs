//! Clerk's error envelope and the codes that a caller of webhooks and users meets.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use crate::sandbox::identifier::alphanumeric;

/// An answer that is an error.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    meta: Map<String, Value>,
}

/// The answer with a given status, for faults.
pub fn refusal_of(status: u16) -> Response {
    let (code, message) = match status {
        400 => ("request_body_invalid", "The request body is invalid."),
        401 => return Refusal::key_invalid().with_status(status).into_response(),
        402 => ("unsupported_subscription_plan_features", "The plan does not include this feature."),
        403 => ("authorization_invalid", "You are not authorized to perform this request."),
        404 => ("resource_not_found", "Resource not found."),
        410 => ("operation_deprecated", "This operation is no longer available."),
        415 => ("unsupported_content_type", "Content-Type must be application/json."),
        422 => ("form_param_format_invalid", "A parameter has an invalid format."),
        429 => ("too_many_requests", "Too many requests. Please try again later."),
        503 => ("maintenance_mode", "The service is under maintenance. Please try again later."),
        _ if status < 500 => ("request_invalid_for_environment", "The request cannot be processed."),
        _ => ("internal_clerk_error", "Something went wrong on our side. Please try again."),
    };
    Refusal::new(StatusCode::BAD_REQUEST, code, message).with_status(status).into_response()
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), meta: Map::new() }
    }

    fn with_status(self, status: u16) -> Self {
        Self { status: StatusCode::from_u16(status).unwrap_or(self.status), ..self }
    }

    fn about(mut self, parameter: &str) -> Self {
        self.meta.insert("param_name".to_owned(), parameter.into());
        self
    }

    /// No `Authorization` header.
    pub fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "authentication_invalid", "Unable to authenticate the request.")
    }

    /// Not `Bearer …`.
    pub fn malformed_authorization() -> Self {
        let message = "Invalid Authorization header format. Must be 'Bearer <YOUR_API_KEY>'.";
        Self::new(StatusCode::UNAUTHORIZED, "authorization_header_format_invalid", message)
    }

    /// Another key.
    pub fn key_invalid() -> Self {
        let message = "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.";
        Self::new(StatusCode::UNAUTHORIZED, "clerk_key_invalid", message)
    }

    /// No such resource or route.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", format!("Resource not found: {what}."))
    }

    /// A body that is not declared as JSON.
    pub fn content_type() -> Self {
        let message = "Content-Type must be application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_content_type", message)
    }

    /// A body that is no JSON object.
    pub fn body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The request body is not a JSON object.")
    }

    /// Webhooks were never enabled.
    pub fn app_missing() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "svix_app_missing", "There is no Svix app for this instance.")
    }

    /// Webhooks are enabled already.
    pub fn app_exists() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "svix_app_exists", "A Svix app for this instance exists already.")
    }

    /// A development instance is full.
    pub fn quota() -> Self {
        let message = "You have reached your limit of 100 users.";
        Self::new(StatusCode::FORBIDDEN, "user_quota_exceeded", message)
    }

    /// A key that is not in the specification.
    pub fn unknown(parameter: &str) -> Self {
        let message = format!("{parameter} is not a valid parameter for this request.");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "form_param_unknown", message).about(parameter)
    }

    /// A value of another type or shape.
    pub fn format(parameter: &str, expected: &str) -> Self {
        let message = format!("{parameter} must be {expected}.");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "form_param_format_invalid", message).about(parameter)
    }

    /// Something that the instance requires is absent.
    pub fn missing(parameter: &str) -> Self {
        let message = format!("The instance requires {parameter}.");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "form_data_missing", message).about(parameter)
    }

    /// Another user has it.
    pub fn taken(parameter: &str) -> Self {
        let message = "That email address is taken. Please try another.";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "form_identifier_exists", message).about(parameter)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "errors": [{
                "code": self.code,
                "message": self.message,
                "long_message": self.message,
                "meta": self.meta,
            }],
            "clerk_trace_id": alphanumeric(32).to_lowercase(),
        });
        (self.status, Json(body)).into_response()
    }
}
