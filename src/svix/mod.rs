//! The instance's Svix app: the endpoint's life and the way of its messages (Svix docs, API v1).

mod endpoint;
mod kind;
mod log;
mod message;
mod page;
mod twin;

use std::time::Duration;

use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;
use svix_ksuid::{Ksuid, KsuidLike as _};
use tokio::time::timeout;
use url::Url;

pub use endpoint::{Change, Endpoint, Plan, Wanted, marked, plan};
pub use kind::kind;
pub use log::{Logged, Span, Standing, Stats};
pub use message::{Attempt, Message, Outcome};
pub use twin::twins;

use crate::error::{Error, Result};
use crate::http::{Answer, Call, Http, Retry};
use crate::secret::{Secret, mask_text};

/// How long the end of a session may take.
const LEAVES_WITHIN: Duration = Duration::from_secs(1);

/// A session with one Svix app.
#[derive(Clone, Debug)]
pub struct Svix {
    http: Http,
    base: Url,
    app_id: String,
    token: Secret,
}

impl Svix {
    /// `base` is the server without `/api/v1`.
    pub fn new(http: Http, base: Url, app_id: String, token: Secret) -> Self {
        Self { http, base, app_id, token }
    }

    /// `app_…`.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// The server's address.
    pub fn server(&self) -> &str {
        self.base.as_str()
    }

    /// Revokes the session's token; a failure leaves it to expire by itself.
    pub async fn log_out(&self) {
        let call = Call { retry: Retry::Never, ..Call::post(self.url("auth/logout")) };
        match timeout(LEAVES_WITHIN, self.call("log out", call)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the session's token was not revoked"),
            Err(_) => tracing::debug!("the session's token was not revoked in time"),
        }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v1/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    /// An address of this app: `app/{app_id}/…`.
    fn app_url(&self, path: &str) -> Url {
        self.url(&format!("app/{}/{path}", self.app_id))
    }

    /// A write that may be tried again, because Svix answers the same key with the same result (kept 12 h).
    fn idempotent(&self, url: Url, json: Value) -> Call {
        let key = format!("clerkhook-{}", Ksuid::new(None::<std::time::SystemTime>, None));
        Call { json: Some(json), headers: vec![("idempotency-key", key)], retry: Retry::Safe, ..Call::post(url) }
    }

    /// Sends a call; `what` completes "Svix does not allow this session to …".
    async fn call(&self, what: &'static str, call: Call) -> Result<Answer> {
        let call = Call { bearer: Some(self.token.clone()), ..call };
        let answer = self.http.send(&call).await.map_err(|unreachable| Error::SvixUnreachable {
            url: self.base.to_string(),
            cause: format!("{unreachable}, to {what}"),
        })?;
        if answer.status.is_success() { Ok(answer) } else { Err(refusal(what, &call.url, &answer)) }
    }

    async fn read<T: DeserializeOwned>(&self, what: &'static str, call: Call) -> Result<T> {
        let url = call.url.clone();
        let answer = self.call(what, call).await?;
        serde_json::from_slice(&answer.body).map_err(|error| Error::SvixNotUnderstood {
            url: url.to_string(),
            cause: format!("{error}, to {what}; it answered {}", answer.excerpt()),
        })
    }
}

/// Svix's `{code, detail}`, or the list of fields of a 422.
fn refusal(what: &'static str, url: &Url, answer: &Answer) -> Error {
    let status = answer.status.as_u16();
    let words = words(answer);
    match answer.status {
        StatusCode::UNAUTHORIZED => Error::SvixUnauthorized { words },
        StatusCode::FORBIDDEN => Error::SvixForbidden { what, words },
        StatusCode::NOT_FOUND => Error::SvixNotFound { what, words },
        StatusCode::CONFLICT => Error::SvixConflict { what, words },
        StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Error::SvixInvalid { what, words },
        StatusCode::TOO_MANY_REQUESTS => Error::SvixRateLimited { words, wait: answer.retry_after() },
        status if status.is_redirection() => Error::SvixNotUnderstood { url: url.to_string(), cause: words },
        _ => Error::SvixFailed { what, status, words },
    }
}

fn words(answer: &Answer) -> String {
    let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return answer.excerpt() };
    let words = match (&body["code"], &body["detail"]) {
        (Value::String(code), Value::String(detail)) => format!("{code}: {detail}"),
        (_, Value::String(detail)) => detail.clone(),
        (_, Value::Array(fields)) => fields.iter().map(field).collect::<Vec<_>>().join("\n"),
        (Value::String(code), _) => code.clone(),
        _ => return answer.excerpt(),
    };
    mask_text(&words)
}

/// `{"loc": ["body", "url"], "msg": "…"}` as `body.url: …`.
fn field(field: &Value) -> String {
    let part = |part: &Value| part.as_str().map_or_else(|| part.to_string(), str::to_owned);
    let place: Vec<_> = field["loc"].as_array().into_iter().flatten().map(part).collect();
    format!("{}: {}", place.join("."), field["msg"].as_str().unwrap_or_default())
}
