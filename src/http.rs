//! The one place that builds HTTP clients, and the one retry policy for calls to Clerk, Svix and the agent.

mod connection;
mod delivered;
mod hop;
mod obstacle;
mod reading;
mod target;
mod tls;
mod trickle;
mod watch;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use backon::{ExponentialBuilder, Retryable as _};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Request, StatusCode};
use tokio::time::Instant;
use url::{Host, Url};

pub use self::connection::{Exact, connect};
pub use self::delivered::{Certificates, Delivered};
pub use self::hop::end_to_end;
pub use self::obstacle::{Obstacle, Unreachable};
pub use self::reading::{PLAIN, could_mean, is_plain};
pub use self::target::{NotOriginForm, OriginForm};
pub use self::watch::SLOW;
use self::watch::Watch;
use crate::secret::{Secret, mask_text};

/// Marks a request of clerkhook's own that is no delivery: the built-in app has no route for it.
pub const PROBE: &str = "clerkhook-probe";

/// Answers of the services are small; what is longer is cut.
pub const ANSWER_LIMIT: usize = 8 * 1024 * 1024;

/// An app's answer to a webhook is looked at, not kept: what is longer is cut.
const DELIVERED_LIMIT: usize = 1024 * 1024;

/// A longer `Retry-After` is told instead of waited for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How often a call is tried again.
const RETRIES: usize = 3;

/// Clients that trust the platform's certificates and follow no redirects. Cheap to clone, built at first use.
#[derive(Clone, Debug)]
pub struct Http {
    timeout: Duration,
    clients: Arc<Clients>,
    watch: Arc<Watch>,
}

#[derive(Debug, Default)]
struct Clients {
    direct: OnceLock<Client>,
    proxied: OnceLock<Client>,
    trusting: OnceLock<Client>,
    delivering: [OnceLock<Client>; 2],
}

/// Which failures of a call are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Asking twice does no harm: reads, and writes with an idempotency key.
    Safe,
    /// Only when the other side said that it did nothing: status 429.
    WhenLimited,
    /// Asked once.
    Never,
}

/// A call to a service.
#[derive(Debug)]
pub struct Call {
    /// HTTP method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// `Authorization: Bearer …`.
    pub bearer: Option<Secret>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// A JSON body.
    pub json: Option<serde_json::Value>,
    /// What is tried again.
    pub retry: Retry,
    /// How many bytes of the answer are read.
    pub limit: usize,
}

impl Call {
    /// A read, tried again when it fails.
    pub fn get(url: Url) -> Self {
        let (method, retry, limit) = (Method::GET, Retry::Safe, ANSWER_LIMIT);
        Self { method, url, bearer: None, headers: Vec::new(), json: None, retry, limit }
    }

    /// A write, tried again only when limited.
    pub fn post(url: Url) -> Self {
        Self { method: Method::POST, retry: Retry::WhenLimited, ..Self::get(url) }
    }
}

/// What a service answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Response headers.
    pub headers: HeaderMap,
    /// The body, as bytes.
    pub body: Vec<u8>,
    /// There was more of it than is read.
    pub cut: bool,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The beginning of the body for a person: one line, masked, at most 300 characters.
    pub fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line = mask_text(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let kind = self.header("content-type").unwrap_or("no content type");
        match line.char_indices().nth(300) {
            _ if line.is_empty() => format!("{} with an empty body", self.status),
            Some((cut, _)) => format!("{} ({kind}): {}…", self.status, &line[..cut]),
            None => format!("{} ({kind}): {line}", self.status),
        }
    }

    /// How long `Retry-After` asks to wait, in seconds or until a date.
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = httpdate::parse_http_date(text).ok()?;
        Some(until.duration_since(SystemTime::now()).unwrap_or_default())
    }
}

impl Http {
    /// Clients whose calls end after `timeout`.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, clients: Arc::default(), watch: Arc::default() }
    }

    /// The same, which hand the address of a call that takes long to `tell`.
    pub fn telling(self, tell: impl Fn(&Url) + Send + Sync + 'static) -> Self {
        Self { watch: Arc::new(Watch::telling(tell)), ..self }
    }

    /// From now on every call ends at this time, or when its own time is over.
    pub fn end_by(&self, time: Option<Instant>) {
        self.watch.end_by(time);
    }

    /// The same clients for calls that take as long as a whole set-up.
    pub fn patient(&self) -> Self {
        Self { timeout: Duration::from_secs(120), clients: Arc::default(), ..self.clone() }
    }

    /// The client for an address: loopback is never asked through a proxy.
    pub fn client(&self, url: &Url) -> &Client {
        if is_loopback(url) {
            self.clients.direct.get_or_init(|| build(self.timeout, Way::Direct, Connections::Kept))
        } else {
            self.clients.proxied.get_or_init(|| build(self.timeout, Way::Proxied, Connections::Kept))
        }
    }

    /// Sends a call, tries it again as its policy says, and gives the last answer whatever its status.
    pub async fn send(&self, call: &Call) -> Result<Answer, Unreachable> {
        self.watch.in_time(self.send_until_answered(call)).await.unwrap_or_else(|| Err(Unreachable::late()))
    }

    async fn send_until_answered(&self, call: &Call) -> Result<Answer, Unreachable> {
        let once = || self.once(call);
        let backoff = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(150))
            .with_max_delay(Duration::from_secs(5))
            .with_max_times(RETRIES)
            .with_jitter();
        let result = once
            .retry(backoff)
            .when(|outcome: &Outcome| outcome.again(call.retry))
            .adjust(|outcome: &Outcome, delay| match outcome {
                Outcome::Refused(answer) => answer.retry_after().or(delay).filter(|_| delay.is_some()),
                Outcome::Unreachable(_) => delay,
            })
            .notify(|outcome: &Outcome, delay| {
                tracing::debug!(url = %loggable(&call.url), ?delay, %outcome, "trying again");
            })
            .await;
        match result {
            Ok(answer) | Err(Outcome::Refused(answer)) => Ok(answer),
            Err(Outcome::Unreachable(unreachable)) => Err(unreachable),
        }
    }

    async fn once(&self, call: &Call) -> Result<Answer, Outcome> {
        let client = self.client(&call.url);
        let request = request(call);
        let started = std::time::Instant::now();
        let answer = read(client, request, call.limit);
        let answer = self.watch.waiting(&call.url, answer).await.map_err(Outcome::Unreachable)?;
        tracing::debug!(
            method = %call.method,
            url = %loggable(&call.url),
            status = answer.status.as_u16(),
            ms = started.elapsed().as_millis(),
            "answered"
        );
        let refused = answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS;
        if refused { Err(Outcome::Refused(answer)) } else { Ok(answer) }
    }
}

/// A try that may be worth another.
#[derive(Debug)]
enum Outcome {
    Refused(Answer),
    Unreachable(Unreachable),
}

impl Outcome {
    fn again(&self, retry: Retry) -> bool {
        match (self, retry) {
            (_, Retry::Never) => false,
            (Self::Refused(answer), _) if answer.status == StatusCode::TOO_MANY_REQUESTS => {
                answer.retry_after().is_none_or(|wait| wait <= LONGEST_WAIT)
            }
            (_, Retry::WhenLimited) => false,
            (_, Retry::Safe) => true,
        }
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(answer) => write!(formatter, "status {}", answer.status.as_u16()),
            Self::Unreachable(unreachable) => unreachable.fmt(formatter),
        }
    }
}

fn request(call: &Call) -> Request {
    let mut request = Request::new(call.method.clone(), call.url.clone());
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    if let Some(bearer) = &call.bearer
        && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", bearer.expose()))
    {
        value.set_sensitive(true);
        headers.insert("authorization", value);
    }
    for (name, value) in &call.headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if let Some(json) = &call.json {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(json.to_string().into());
    }
    request
}

/// Sends one request and reads its answer up to a number of bytes.
async fn read(client: &Client, request: Request, limit: usize) -> Result<Answer, Unreachable> {
    let mut response = client.execute(request).await?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let (mut body, mut cut) = (Vec::new(), false);
    while !cut && let Some(chunk) = response.chunk().await? {
        // No more than is kept, as a vector that grows doubles.
        let room = limit - body.len();
        cut = chunk.len() > room;
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
    }
    Ok(Answer { status, headers, body, cut })
}

/// How a client gets to an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Loopback.
    Direct,
    /// Through the platform's proxy, where one is set.
    Proxied,
    /// Loopback, whatever its certificate.
    Trusting,
}

/// What becomes of a connection after its answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connections {
    /// It waits for the next call.
    Kept,
    /// It is closed.
    Single,
}

fn build(timeout: Duration, way: Way, connections: Connections) -> Client {
    let builder = || {
        let builder = Client::builder()
            .user_agent(concat!("clerkhook/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .timeout(timeout)
            .tcp_nodelay(true)
            .pool_max_idle_per_host(if connections == Connections::Single { 0 } else { usize::MAX });
        match way {
            Way::Proxied => builder,
            Way::Direct => builder.no_proxy(),
            Way::Trusting => builder.no_proxy().tls_danger_accept_invalid_certs(true),
        }
    };
    // A slim container has no CA files; loopback must work there all the same.
    let bundled = || builder().tls_backend_preconfigured(bundled_roots()).build();
    builder().build().or_else(|_| bundled()).expect("the bundled certificates make a client")
}

/// TLS that trusts Mozilla's authorities, where the platform names none.
fn bundled_roots() -> rustls::ClientConfig {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec!["http/1.1".into()];
    tls
}

/// Whether an address can only mean this machine.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn loggable(url: &Url) -> String {
    mask_text(url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_authorities_make_a_client() {
        // reqwest refuses the settings of any other rustls than its own.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client::builder().tls_backend_preconfigured(bundled_roots()).build().expect("a client");
        assert!(bundled_roots().alpn_protocols == [b"http/1.1"] && webpki_roots::TLS_SERVER_ROOTS.len() > 100);
    }
}
