//! A sandbox, a caller of its two services, and an app that takes webhooks.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use clerkhook::report;
use clerkhook::sandbox::{Latency, Options, Sandbox};
use clerkhook::signature::{Reason, Signed, SigningSecret, verify};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Nothing here takes so long unless it is broken.
pub const LIMIT: Duration = Duration::from_secs(20);

/// The real schedule's five seconds are over at once.
pub const FAST: f64 = 1_000_000.0;

pub fn options(faults: &[&str]) -> Options {
    Options {
        faults: faults.iter().map(|fault| fault.parse().expect("a fault")).collect(),
        latency: Latency::default(),
        retry_speed: 1.0,
        state: None,
        agent_version: "3.39.10".to_owned(),
        program: PathBuf::from("clerkhook"),
    }
}

/// A running sandbox with an open portal session.
pub struct Fixture {
    pub sandbox: Sandbox,
    pub addresses: report::Sandbox,
    pub app_id: String,
    pub token: String,
    pub http: reqwest::Client,
}

/// An answer: status and JSON, null where there is none.
pub type Answer = (u16, Value);

impl Fixture {
    pub async fn start(faults: &[&str]) -> Self {
        Self::with(options(faults)).await
    }

    pub async fn with(options: Options) -> Self {
        let mut fixture = Self::closed(options).await;
        let (_, key) = fixture.portal().await;
        let (status, session) = fixture.exchange(&key).await;
        assert_eq!(status, 200, "{session}");
        fixture.app_id = text(&key["appId"]);
        fixture.token = text(&session["token"]);
        fixture
    }

    /// Without a portal session.
    pub async fn closed(options: Options) -> Self {
        // Another test of this binary may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let sandbox = Sandbox::start(options).await.expect("a sandbox");
        let addresses = sandbox.addresses();
        Self { sandbox, addresses, app_id: String::new(), token: String::new(), http: reqwest::Client::new() }
    }

    /// The portal URL, and what its key says.
    pub async fn portal(&self) -> (String, Value) {
        let (status, body) = self.clerk(Method::POST, "/v1/webhooks/svix_url", None).await;
        assert_eq!(status, 200, "{body}");
        let url = text(&body["svix_url"]);
        let (_, key) = url.split_once("#key=").expect("a key in the fragment");
        let key = svix_key(key);
        (url, key)
    }

    pub async fn exchange(&self, key: &Value) -> Answer {
        let body = json!({"oneTimeToken": key["oneTimeToken"]});
        let url = format!("{}/api/v1/auth/one-time-token/", self.addresses.svix_server_url);
        call(self.http.post(url).json(&body)).await
    }

    pub async fn clerk(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let url = format!("{}{path}", self.addresses.clerk_api_url);
        let request = self.http.request(method, url).bearer_auth(&self.addresses.clerk_secret_key);
        call(with_body(request, body)).await
    }

    /// A call on the session's application.
    pub async fn svix(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        call(with_body(self.svix_request(method, path), body)).await
    }

    /// A read of what belongs to no application.
    pub async fn svix_at(&self, path: &str) -> Answer {
        let url = format!("{}/api/v1{path}", self.addresses.svix_server_url);
        call(self.http.get(url).bearer_auth(&self.token)).await
    }

    pub fn svix_request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}/api/v1/app/{}{path}", self.addresses.svix_server_url, self.app_id);
        self.http.request(method, url).bearer_auth(&self.token)
    }

    /// An endpoint with a uid of its own name.
    pub async fn endpoint(&self, uid: &str, url: &str) -> String {
        let body = json!({"uid": uid, "url": url, "filterTypes": ["user.created", "user.updated", "user.deleted"]});
        let (status, endpoint) = self.svix(Method::POST, "/endpoint", Some(body)).await;
        assert_eq!(status, 201, "{endpoint}");
        text(&endpoint["id"])
    }

    pub async fn secret(&self, endpoint: &str) -> SigningSecret {
        let (status, body) = self.svix(Method::GET, &format!("/endpoint/{endpoint}/secret"), None).await;
        assert_eq!(status, 200, "{body}");
        SigningSecret::parse(&text(&body["key"])).expect("a signing secret")
    }

    /// Sends an example and gives its message id.
    pub async fn example(&self, endpoint: &str, event_type: &str) -> String {
        let path = format!("/endpoint/{endpoint}/send-example");
        let (status, message) = self.svix(Method::POST, &path, Some(json!({"eventType": event_type}))).await;
        assert_eq!(status, 200, "{message}");
        text(&message["id"])
    }

    /// The attempts of a message, oldest first, once there are so many.
    pub async fn attempts(&self, message: &str, count: usize) -> Vec<Value> {
        let path = format!("/attempt/msg/{message}");
        let enough = async {
            loop {
                let (status, list) = self.svix(Method::GET, &path, None).await;
                assert_eq!(status, 200, "{list}");
                let mut attempts = list["data"].as_array().expect("a list").clone();
                if attempts.len() >= count {
                    attempts.reverse();
                    return attempts;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LIMIT, enough).await.expect("attempts in time")
    }
}

fn svix_key(key: &str) -> Value {
    use base64::Engine as _;
    let key = base64::engine::general_purpose::STANDARD.decode(key).expect("base64");
    serde_json::from_slice(&key).expect("JSON")
}

fn with_body(request: reqwest::RequestBuilder, body: Option<Value>) -> reqwest::RequestBuilder {
    match body {
        Some(body) => request.json(&body),
        None => request,
    }
}

pub async fn call(request: reqwest::RequestBuilder) -> Answer {
    let response = request.timeout(LIMIT).send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") })
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

/// A request as the app got it.
#[derive(Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub fn verified(&self, secret: &SigningSecret) -> Result<(), Reason> {
        self.verified_at(secret, jiff::Timestamp::now().as_second())
    }

    /// `now` in Unix seconds.
    pub fn verified_at(&self, secret: &SigningSecret, now: i64) -> Result<(), Reason> {
        let signed = Signed::read(|name| self.headers.get(name)?.to_str().ok());
        verify(std::slice::from_ref(secret), &signed, &self.body, now)
    }
}

/// An app whose answer to each request, counted from zero, is what `answer` gives.
pub struct App {
    pub url: String,
    received: mpsc::UnboundedReceiver<Received>,
}

type Script = Box<dyn Fn(usize) -> Response + Send + Sync>;

struct Behind {
    answer: Script,
    count: std::sync::atomic::AtomicUsize,
    received: mpsc::UnboundedSender<Received>,
}

impl App {
    pub async fn start(answer: impl Fn(usize) -> Response + Send + Sync + 'static) -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let behind = Behind { answer: Box::new(answer), count: 0.into(), received: sender };
        let app = Router::new().fallback(take).with_state(Arc::new(behind));
        let listener = clerkhook::serve::bind(0).await.expect("a port");
        let url = format!("http://{}/api/webhooks", listener.local_addr().expect("an address"));
        tokio::spawn(clerkhook::serve::serve(listener, app, std::future::pending()));
        Self { url, received }
    }

    pub async fn answering(status: u16) -> Self {
        Self::start(move |_| StatusCode::from_u16(status).expect("a status").into_response()).await
    }

    pub async fn next(&mut self) -> Received {
        tokio::time::timeout(LIMIT, self.received.recv()).await.expect("a delivery in time").expect("the app runs")
    }
}

async fn take(State(behind): State<Arc<Behind>>, headers: HeaderMap, body: Bytes) -> Response {
    let number = behind.count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    let _ = behind.received.send(Received { headers, body });
    (behind.answer)(number)
}
