//! One webhook request: signed, sent, and what came back.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use reqwest::header::{HOST, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use url::{Host, Url};

use super::mischief::Delivery;
use crate::http::{Http, Unreachable};
use crate::sandbox::identifier::{identifier, now};
use crate::sandbox::store::{Attempt, Endpoint, Message, Status, Trigger};
use crate::signature::{HEADERS, sign};

/// As hosted Svix names itself.
const USER_AGENT: &str = "Svix-Webhooks/1.62.0 (sender-9YMgn; +https://www.svix.com/http-sender/)";

/// Longer answers of an app are cut, in bytes (Svix server, worker).
const ANSWER_LIMIT: usize = 20_000;

/// A request that is ready to be sent.
pub struct Prepared {
    /// The attempt, as far as it is known beforehand.
    pub attempt: Attempt,
    url: String,
    headers: HeaderMap,
    body: String,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Reply {
    /// 0 where no HTTP answer came.
    pub status_code: u16,
    /// The answer's body, cut; or why there was no answer.
    pub body: String,
    /// Until the answer was read, in milliseconds.
    pub duration_ms: u64,
    /// How long the app wants to be left alone.
    pub retry_after: Option<Duration>,
    /// Status 429, or no answer in time.
    pub overloaded: bool,
    /// The app wants no more deliveries at all.
    pub disables: bool,
    /// The app does not want this message again.
    pub aborts: bool,
}

impl Reply {
    /// Only 2xx is a success; redirects are not followed.
    pub fn status(&self) -> Status {
        if (200..300).contains(&self.status_code) { Status::Success } else { Status::Fail }
    }

    /// Whether the message need not come again.
    pub fn ends(&self) -> bool {
        self.status() == Status::Success || self.aborts
    }
}

/// Signs a message for an endpoint, now.
pub fn prepare(message: &Message, endpoint: &Endpoint, delivery: &Delivery, trigger: Trigger) -> Prepared {
    let timestamp = now();
    let (url, host) = reachable(&endpoint.url);
    let mut headers = signed(message, delivery, timestamp);
    headers.extend(host.map(|host| (HOST, host)));
    let own = endpoint
        .headers
        .iter()
        .filter_map(|(name, value)| Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?)));
    headers.extend(own);
    let attempt = Attempt {
        id: identifier("atmpt"),
        message_id: message.id.clone(),
        endpoint_id: endpoint.id.clone(),
        url: endpoint.url.clone(),
        response: String::new(),
        status_code: 0,
        duration_ms: 0,
        status: Status::Sending,
        trigger,
        timestamp,
    };
    Prepared { attempt, url, headers, body: message.body.clone() }
}

fn signed(message: &Message, delivery: &Delivery, timestamp: Timestamp) -> HeaderMap {
    let seconds = timestamp.as_second() - delivery.age;
    let signature = sign(&delivery.secrets, &message.id, seconds, message.body.as_bytes());
    let [id, time, signatures] = HEADERS;
    let named = [
        ("content-type", "application/json".to_owned()),
        ("user-agent", USER_AGENT.to_owned()),
        (id, message.id.clone()),
        (time, seconds.to_string()),
        (signatures, signature),
    ];
    named
        .into_iter()
        .filter_map(|(name, value)| Some((HeaderName::from_static(name), HeaderValue::try_from(value).ok()?)))
        .collect()
}

/// Names under `.localhost` mean this machine (RFC 6761), but not every resolver knows them.
fn reachable(text: &str) -> (String, Option<HeaderValue>) {
    let unchanged = (text.to_owned(), None);
    let Ok(mut url) = Url::parse(text) else { return unchanged };
    let Some(Host::Domain(name)) = url.host() else { return unchanged };
    if !name.ends_with(".localhost") || url.scheme() != "http" {
        return unchanged;
    }
    let host = url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"));
    let moved = url.set_host(Some("127.0.0.1")).is_ok();
    HeaderValue::try_from(host).ok().filter(|_| moved).map_or(unchanged, |host| (url.to_string(), Some(host)))
}

/// Sends it and reads the answer.
pub async fn send(http: &Http, prepared: &Prepared) -> Reply {
    let started = Instant::now();
    let reply = match exchange(http, prepared).await {
        Ok(reply) => reply,
        Err(error) => {
            Reply { overloaded: error.is_timeout(), body: Unreachable::from(error).to_string(), ..Reply::default() }
        }
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Reply { duration_ms, ..reply }
}

async fn exchange(http: &Http, prepared: &Prepared) -> reqwest::Result<Reply> {
    let url = Url::parse(&prepared.url).expect("the URL was checked when the endpoint was made");
    let request = http.client(&url).post(url).headers(prepared.headers.clone()).body(prepared.body.clone());
    let response = request.send().await?;
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let control = header("webhook-delivery");
    Ok(Reply {
        status_code: response.status().as_u16(),
        retry_after: header(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok()).map(Duration::from_secs),
        overloaded: response.status() == StatusCode::TOO_MANY_REQUESTS,
        disables: control.as_deref() == Some("disable"),
        aborts: control.as_deref() == Some("abort-message"),
        body: cut(response).await?,
        duration_ms: 0,
    })
}

async fn cut(mut response: Response) -> reqwest::Result<String> {
    let mut body = Vec::new();
    while body.len() < ANSWER_LIMIT
        && let Some(chunk) = response.chunk().await?
    {
        body.extend_from_slice(&chunk);
    }
    body.truncate(ANSWER_LIMIT);
    Ok(String::from_utf8_lossy(&body).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_under_localhost_are_reached_without_a_resolver() {
        let (url, host) = reachable("http://quiet-owl.localhost:4443/api/webhooks?a=b");
        assert_eq!(url, "http://127.0.0.1:4443/api/webhooks?a=b");
        assert_eq!(host, Some(HeaderValue::from_static("quiet-owl.localhost:4443")));
        let other = "https://quiet-owl.ngrok-free.app/";
        assert_eq!(reachable(other), (other.to_owned(), None));
    }
}
