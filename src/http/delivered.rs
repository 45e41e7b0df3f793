//! Sending a webhook to an app: the bytes and headers that it was given, at once or slowly.

use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use reqwest::{Client, Method, Request};
use url::Url;

use super::trickle::Trickle;
use super::{Answer, Connections, DELIVERED_LIMIT, Http, Unreachable, Way, build, is_loopback, read};

/// A webhook as it goes to an app: given headers and bytes, nothing added but `Host` and the length.
#[derive(Debug)]
pub struct Delivered<'a> {
    /// HTTP method.
    pub method: &'a str,
    /// Where to.
    pub url: &'a Url,
    /// Headers as text.
    pub headers: &'a [(String, String)],
    /// The bytes.
    pub body: Vec<u8>,
    /// Until the whole answer is there; the client's own limit when absent.
    pub within: Option<Duration>,
    /// Whose certificates are accepted.
    pub certificates: Certificates,
}

/// Whose certificates are accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Certificates {
    /// Those that the platform trusts.
    #[default]
    Trusted,
    /// Any, for an app on this machine that signed its own.
    Any,
}

impl Http {
    /// The client for deliveries to an address: each has a connection of its own. An app that closes one just when the
    /// next delivery goes over it would be blamed for an answer that it never owed.
    pub fn delivering(&self, url: &Url) -> &Client {
        let way = if is_loopback(url) { Way::Direct } else { Way::Proxied };
        let place = &self.clients.delivering[usize::from(way == Way::Direct)];
        place.get_or_init(|| build(self.timeout, way, Connections::Single))
    }

    /// Sends a webhook once; redirects are answers.
    pub async fn deliver(&self, mut delivered: Delivered<'_>) -> Result<Answer, Unreachable> {
        let body = std::mem::take(&mut delivered.body);
        self.deliver_body(delivered, body.into()).await
    }

    /// Sends a webhook once, its body in so many pieces with a pause between them.
    pub async fn deliver_slowly(
        &self,
        mut delivered: Delivered<'_>,
        pieces: usize,
        pause: Duration,
    ) -> Result<Answer, Unreachable> {
        let body = Trickle::new(std::mem::take(&mut delivered.body), pieces, pause);
        self.deliver_body(delivered, reqwest::Body::wrap(body)).await
    }

    async fn deliver_body(&self, delivered: Delivered<'_>, body: reqwest::Body) -> Result<Answer, Unreachable> {
        let method = Method::from_bytes(delivered.method.as_bytes()).unwrap_or(Method::POST);
        let mut request = Request::new(method, delivered.url.clone());
        for (name, value) in delivered.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                request.headers_mut().append(name, value);
            }
        }
        // Which is not added of itself, and a server may take its absence for a body that never ends.
        if body.as_bytes().is_some_and(<[u8]>::is_empty) && request.method() == Method::POST {
            request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        *request.body_mut() = Some(body);
        *request.timeout_mut() = delivered.within;
        let client = match delivered.certificates {
            Certificates::Trusted => self.delivering(delivered.url),
            Certificates::Any => {
                self.clients.trusting.get_or_init(|| build(self.timeout, Way::Trusting, Connections::Single))
            }
        };
        read(client, request, DELIVERED_LIMIT).await
    }
}
