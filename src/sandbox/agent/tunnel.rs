//! A tunnel as the agent knows it, and the table of all of them.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use svix_ksuid::Ksuid;

use super::version::Version;
use crate::sandbox::edge::wire::Bind;

/// The address of the app, over plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Upstream {
    /// A name or an address.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

impl FromStr for Upstream {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || format!("malformed upstream address '{text}'");
        if text.starts_with("https://") {
            return Err(format!("this sandboxed agent speaks plain HTTP to the upstream, not '{text}'"));
        }
        let bare = text.strip_prefix("http://").unwrap_or(text);
        let bare = bare.strip_suffix('/').unwrap_or(bare);
        if let Ok(port) = bare.parse::<u16>() {
            return Ok(Self { host: "localhost".to_owned(), port });
        }
        let (host, port) = match bare.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| malformed())?),
            None => (bare, 80),
        };
        let bracketed = host.starts_with('[') && host.ends_with(']');
        if host.contains(['/', ' ']) || (host.contains(':') && !bracketed) {
            return Err(malformed());
        }
        let host = if host.is_empty() { "localhost" } else { host };
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

impl Upstream {
    /// `http://host:port`.
    pub(super) fn url(&self) -> String {
        format!("http://{self}")
    }

    /// As `started tunnel` shows it: text, or the parts of a URL since 3.39 (seen in public logs).
    pub(super) fn logged(&self, version: Version) -> Value {
        if version.logs_address_as_object() {
            json!({"Scheme": "http", "Opaque": "", "User": null, "Host": self.to_string(), "Path": "", "RawPath": ""})
        } else {
            self.url().into()
        }
    }
}

/// What a tunnel is asked to be.
#[derive(Clone, Debug)]
pub(super) struct Wish {
    /// Its names with the protocol of each: 2.x lists two for one.
    pub names: Vec<(String, &'static str)>,
    /// Where its requests go.
    pub upstream: Upstream,
    /// The public URL that is asked for.
    pub url: Option<String>,
    /// A traffic policy in JSON.
    pub policy: Option<String>,
    /// Whether other agents may hold the URL too.
    pub pooling: bool,
    /// Whether requests are captured.
    pub inspect: bool,
}

/// A tunnel, online or waiting for a session.
#[derive(Debug)]
pub(super) struct Tunnel {
    /// Its id, of ngrok's shape.
    pub id: String,
    wish: Wish,
    state: Mutex<State>,
    /// Connections so far.
    pub connections: AtomicU64,
    /// Requests so far.
    pub requests: AtomicU64,
}

#[derive(Debug)]
struct State {
    url: Option<String>,
    policy: Option<String>,
}

impl Tunnel {
    pub(super) fn new(wish: Wish) -> Self {
        let state = State { url: wish.url.clone(), policy: wish.policy.clone() };
        let id = Ksuid::new_raw(0, None).to_string();
        let state = Mutex::new(state);
        Self { id, wish, state, connections: AtomicU64::default(), requests: AtomicU64::default() }
    }

    /// Its names with the protocol of each; never empty.
    pub(super) fn names(&self) -> &[(String, &'static str)] {
        &self.wish.names
    }

    /// The name under which its requests are captured: the last, which 2.x gives to the https one.
    pub(super) fn name(&self) -> &str {
        self.wish.names.last().map_or("", |(name, _)| name)
    }

    /// Where its requests go.
    pub(super) fn upstream(&self) -> &Upstream {
        &self.wish.upstream
    }

    /// Whether requests are captured.
    pub(super) fn inspect(&self) -> bool {
        self.wish.inspect
    }

    /// Whether other agents may hold the URL too.
    pub(super) fn pooling(&self) -> bool {
        self.wish.pooling
    }

    /// The public URL; before the first session the one that was asked for.
    pub(super) fn url(&self) -> Option<String> {
        self.lock().url.clone()
    }

    /// The traffic policy's text.
    pub(super) fn policy(&self) -> Option<String> {
        self.lock().policy.clone()
    }

    /// What the edge is asked for: after the first time the same URL again.
    pub(super) fn bind(&self) -> Bind {
        let state = self.lock();
        Bind { url: state.url.clone(), policy: state.policy.clone(), pooling: self.wish.pooling }
    }

    /// The edge gave this URL.
    pub(super) fn bound(&self, url: Option<String>) {
        self.lock().url = url;
    }

    /// The edge obeys this policy from now on.
    pub(super) fn set_policy(&self, policy: Option<String>) {
        self.lock().policy = policy;
    }

    /// Counts one connection or request.
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All tunnels of an agent.
#[derive(Debug, Default)]
pub(super) struct Tunnels {
    all: Mutex<Vec<Arc<Tunnel>>>,
}

impl Tunnels {
    pub(super) fn all(&self) -> Vec<Arc<Tunnel>> {
        self.lock().clone()
    }

    pub(super) fn add(&self, tunnel: Arc<Tunnel>) {
        self.lock().push(tunnel);
    }

    pub(super) fn named(&self, wanted: &str) -> Option<Arc<Tunnel>> {
        self.lock().iter().find(|tunnel| tunnel.names().iter().any(|(name, _)| name == wanted)).cloned()
    }

    pub(super) fn at(&self, url: &str) -> Option<Arc<Tunnel>> {
        self.lock().iter().find(|tunnel| tunnel.url().as_deref() == Some(url)).cloned()
    }

    pub(super) fn remove(&self, gone: &Tunnel) {
        self.lock().retain(|tunnel| tunnel.id != gone.id);
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Tunnel>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_are_read_as_ngrok_reads_them() {
        for (text, url) in [
            ("3000", "http://localhost:3000"),
            (":3000", "http://localhost:3000"),
            ("127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://localhost:3000/", "http://localhost:3000"),
            ("http://[::1]:3000", "http://[::1]:3000"),
            ("http://app.test", "http://app.test:80"),
        ] {
            assert_eq!(text.parse::<Upstream>().map(|upstream| upstream.url()), Ok(url.to_owned()), "{text}");
        }
        for text in ["https://localhost:3443", "localhost:99999", "localhost:3000/path", "a b:1", "::1"] {
            assert!(text.parse::<Upstream>().is_err(), "{text}");
        }
    }
}
