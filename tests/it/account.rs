//! What the owner of an instance sees and does at Clerk and Svix, beside clerkhook: a portal session of the test's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::fixture::Sandbox;

/// A session with the instance's Svix app.
pub struct Account {
    runtime: Runtime,
    client: Client,
    clerk: String,
    key: String,
    app: String,
    token: String,
}

impl Account {
    /// Goes the way of the dashboard: Clerk's portal URL, its one-time token, a token.
    pub fn at(sandbox: &Sandbox) -> Self {
        // Another test of this binary may have done it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Runtime::new().expect("a runtime");
        let client = Client::builder().no_proxy().build().expect("a client");
        let address = |name: &str| sandbox.addresses[name].as_str().expect("an address");
        let (clerk, svix, key) = (address("clerk_api_url"), address("svix_server_url"), address("clerk_secret_key"));
        let (clerk, key) = (clerk.to_owned(), key.to_owned());
        let token = key.clone();
        let mut account = Self { runtime, client, clerk: format!("{clerk}/v1"), key, app: String::new(), token };
        let (_, portal) = account.call(Method::POST, &format!("{clerk}/v1/webhooks/svix_url"), None);
        let (_, key) = portal["svix_url"].as_str().and_then(|url| url.split_once("#key=")).expect("a portal URL");
        let key: Value = serde_json::from_slice(&STANDARD.decode(key).expect("base64")).expect("JSON");
        let one_time = json!({ "oneTimeToken": key["oneTimeToken"] });
        let (_, session) = account.call(Method::POST, &format!("{svix}/api/v1/auth/one-time-token"), Some(one_time));
        account.token = session["token"].as_str().expect("a token").to_owned();
        account.app = format!("{svix}/api/v1/app/{}", key["appId"].as_str().expect("an id"));
        account
    }

    /// A call on the app; status and JSON.
    pub fn svix(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call(method, &format!("{}/{path}", self.app), body)
    }

    /// A call on the instance at Clerk; status and JSON.
    pub fn clerk(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        self.call_with(&self.key, method, &format!("{}/{path}", self.clerk), body)
    }

    /// The ids of the instance's users.
    pub fn users(&self) -> Vec<String> {
        let (status, users) = self.clerk(Method::GET, "users?limit=500", None);
        assert_eq!(status, 200, "{users}");
        let users = users.as_array().expect("a list").iter();
        users.map(|user| user["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// Makes a user that is a real person's.
    pub fn add_person(&self, address: &str) -> String {
        let body = json!({"email_address": [address], "skip_password_requirement": true});
        let (status, user) = self.clerk(Method::POST, "users", Some(body));
        assert_eq!(status, 200, "{user}");
        user["id"].as_str().expect("an id").to_owned()
    }

    /// The items of a list, of at most 250.
    pub fn list(&self, path: &str) -> Vec<Value> {
        let (status, page) = self.svix(Method::GET, path, None);
        assert_eq!(status, 200, "{page}");
        page["data"].as_array().expect("a list").clone()
    }

    /// Adds an endpoint that somebody else made, and gives its id.
    pub fn add_endpoint(&self, url: &str) -> String {
        let (status, endpoint) = self.svix(Method::POST, "endpoint", Some(json!({ "url": url })));
        assert_eq!(status, 201, "{endpoint}");
        endpoint["id"].as_str().expect("an id").to_owned()
    }

    /// An endpoint as it is now.
    pub fn endpoint(&self, id: &str) -> Value {
        self.svix(Method::GET, &format!("endpoint/{id}"), None).1
    }

    /// Changes some fields of an endpoint.
    pub fn patch(&self, id: &str, fields: Value) {
        let (status, endpoint) = self.svix(Method::PATCH, &format!("endpoint/{id}"), Some(fields));
        assert_eq!(status, 200, "{endpoint}");
    }

    /// An endpoint's signing secret.
    pub fn secret(&self, id: &str) -> String {
        let (_, secret) = self.svix(Method::GET, &format!("endpoint/{id}/secret"), None);
        secret["key"].as_str().expect("a secret").to_owned()
    }

    fn call(&self, method: Method, url: &str, body: Option<Value>) -> (u16, Value) {
        self.call_with(&self.token, method, url, body)
    }

    fn call_with(&self, token: &str, method: Method, url: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method, url).bearer_auth(token);
        let request = if let Some(body) = body { request.json(&body) } else { request };
        self.runtime.block_on(async {
            let answer = request.send().await.expect("an answer");
            (answer.status().as_u16(), answer.json().await.unwrap_or_default())
        })
    }
}
