//! Clerk's Backend API: the instance and the way to its webhooks (Clerk docs, Backend API 2026-05-12).

pub mod existing;
pub mod portal;
pub mod user;

use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::config::ClerkKey;
use crate::error::{Error, Result};
use crate::http::{Answer, Call, Http};
use crate::secret::{Secret, mask_text};

/// The version whose shapes are read here.
const API_VERSION: &str = "2026-05-12";

/// A client for one instance. It can only be made once a key of the right shape was found.
#[derive(Clone, Debug)]
pub struct Clerk {
    http: Http,
    base: Url,
    key: ClerkKey,
}

/// The instance that a key opens.
#[derive(Clone, Debug, Deserialize)]
pub struct Instance {
    /// `ins_…`.
    pub id: String,
    /// `development`, `production`, ….
    pub environment_type: String,
    /// How many seconds this machine's clock is ahead of Clerk's.
    #[serde(skip)]
    pub clock_skew: Option<i64>,
}

#[derive(Deserialize)]
struct PortalAnswer {
    svix_url: String,
}

impl Clerk {
    /// `base` is the host without `/v1`.
    pub fn new(http: Http, base: Url, key: ClerkKey) -> Self {
        Self { http, base, key }
    }

    /// `GET /instance`: the cheapest proof that the key is valid.
    pub async fn instance(&self) -> Result<Instance> {
        let answer = self.call(Method::GET, "instance").await?;
        let theirs = answer.header("date").and_then(|date| jiff::fmt::rfc2822::parse(date).ok());
        let skew = theirs.map(|date| jiff::Timestamp::now().as_second() - date.timestamp().as_second());
        let instance: Instance = self.read(&answer, "instance")?;
        Ok(Instance { clock_skew: skew, ..instance })
    }

    /// `POST /webhooks/svix_url`: a login link for the instance's Svix app; `None` where webhooks were never
    /// enabled. The link is a credential.
    pub async fn portal_url(&self) -> Result<Option<Secret>> {
        match self.call(Method::POST, "webhooks/svix_url").await {
            Ok(answer) => Ok(Some(self.link(&answer, "webhooks/svix_url")?)),
            Err(Error::ClerkRefused { code, .. }) if code == "svix_app_missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// `POST /webhooks/svix`: enables webhooks; one who was faster is welcome.
    pub async fn enable_webhooks(&self) -> Result<()> {
        match self.call(Method::POST, "webhooks/svix").await {
            Ok(_) => Ok(()),
            Err(Error::ClerkRefused { code, status, .. }) if code == "svix_app_exists" || status == 409 => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn link(&self, answer: &Answer, path: &str) -> Result<Secret> {
        let portal: PortalAnswer = self.read(answer, path)?;
        Ok(Secret::new(portal.svix_url))
    }

    /// Both POSTs on webhooks may be asked twice: a second link is harmless, an existing app is said so.
    async fn call(&self, method: Method, path: &str) -> Result<Answer> {
        self.send(Call { method, ..Call::get(self.url(path)) }).await
    }

    async fn send(&self, call: Call) -> Result<Answer> {
        let call = Call {
            bearer: Some(self.key.secret().clone()),
            headers: vec![("clerk-api-version", API_VERSION.to_owned())],
            ..call
        };
        let unreachable = |cause: crate::http::Unreachable| Error::ClerkUnreachable {
            url: self.base.to_string(),
            cause: cause.to_string(),
        };
        let answer = self.http.send(&call).await.map_err(unreachable)?;
        if answer.status.is_success() { Ok(answer) } else { Err(refusal(&answer, &call.url)) }
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/v1/{path}", self.base.path().trim_end_matches('/')));
        url
    }

    fn read<T: serde::de::DeserializeOwned>(&self, answer: &Answer, path: &str) -> Result<T> {
        serde_json::from_slice(&answer.body).map_err(|error| Error::ClerkNotUnderstood {
            url: self.url(path).to_string(),
            cause: format!("{error}; it answered {}", answer.excerpt()),
        })
    }
}

/// Clerk's error envelope: `errors[].code`, `long_message`, `meta.param_name`, `clerk_trace_id`.
fn refusal(answer: &Answer, url: &Url) -> Error {
    let status = answer.status.as_u16();
    let envelope: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let first = &envelope["errors"][0];
    let Some(code) = first["code"].as_str() else {
        return match answer.status {
            StatusCode::TOO_MANY_REQUESTS => {
                Error::ClerkRateLimited { words: answer.excerpt(), wait: answer.retry_after() }
            }
            _ if answer.status.is_server_error() => Error::ClerkFailed { status, words: answer.excerpt() },
            _ => Error::ClerkNotUnderstood { url: url.to_string(), cause: answer.excerpt() },
        };
    };
    let message = first["long_message"].as_str().or_else(|| first["message"].as_str()).unwrap_or_default();
    let field = first["meta"]["param_name"].as_str().filter(|field| !message.contains(field));
    let field = field.map(|field| format!(" ({field})")).unwrap_or_default();
    let trace = envelope["clerk_trace_id"].as_str().or_else(|| answer.header("cf-ray"));
    let trace = trace.map(|trace| format!(" (trace {trace})")).unwrap_or_default();
    let words = mask_text(&format!("{code}: {message}{field}{trace}"));
    let code = code.to_owned();
    match answer.status {
        StatusCode::UNAUTHORIZED => Error::ClerkKeyRefused { code, words },
        StatusCode::TOO_MANY_REQUESTS => Error::ClerkRateLimited { words, wait: answer.retry_after() },
        _ if answer.status.is_server_error() => Error::ClerkFailed { status, words },
        _ => Error::ClerkRefused { status, code, words },
    }
}
