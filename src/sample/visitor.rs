//! Who asks: a sender of webhooks, or a browser on this machine. The tunnel makes the app public, the page shows
//! payloads, so only the latter may see it.

use axum::http::header::{ACCEPT, HOST};
use axum::http::{HeaderMap, HeaderName, Method};

/// Headers that a tunnel or proxy adds (ngrok: the three `x-forwarded-*`).
const FORWARDED: [HeaderName; 4] = [
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("forwarded"),
];

/// Host names that can only mean this machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visitor {
    /// Sends something to the app.
    Sender,
    /// A browser on this machine wants to see the page.
    Browser,
    /// A browser under a name that is not this machine's: rebound DNS, or a proxy that hides itself.
    Stranger,
}

impl Visitor {
    pub(super) fn of(method: &Method, headers: &HeaderMap) -> Self {
        let forwarded = FORWARDED.iter().any(|name| headers.contains_key(name));
        let reads = [Method::GET, Method::HEAD].contains(method);
        if forwarded || !reads || !wants_html(headers) {
            Self::Sender
        } else if is_local(headers) {
            Self::Browser
        } else {
            Self::Stranger
        }
    }
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accepts = |value: &str| value.to_ascii_lowercase().contains("text/html");
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(accepts))
}

fn is_local(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
    host.to_str().is_ok_and(|host| LOCAL.contains(&without_port(host).to_ascii_lowercase().as_str()))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(method: Method, headers: &[(&str, &str)]) -> Visitor {
        let parsed = |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        Visitor::of(&method, &headers.iter().map(parsed).collect())
    }

    const HTML: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

    #[test]
    fn a_browser_here_sees_the_page() {
        for host in ["localhost", "localhost:3000", "LocalHost:3000", "127.0.0.1:1", "[::1]:3000", "[::1]"] {
            assert_eq!(visitor(Method::GET, &[HTML, ("host", host)]), Visitor::Browser, "{host}");
        }
        assert_eq!(visitor(Method::HEAD, &[HTML, ("host", "localhost")]), Visitor::Browser);
    }

    #[test]
    fn a_foreign_name_does_not() {
        for host in
            ["evil.example", "localhost.evil.example:3000", "127.0.0.1.nip.io", "127.0.0.2", "localhost:x", "", "::1"]
        {
            assert_eq!(visitor(Method::GET, &[HTML, ("host", host)]), Visitor::Stranger, "{host}");
        }
        assert_eq!(visitor(Method::GET, &[HTML]), Visitor::Stranger);
        let two = [HTML, ("host", "localhost"), ("host", "evil.example")];
        assert_eq!(visitor(Method::GET, &two), Visitor::Stranger);
    }

    #[test]
    fn what_came_through_a_tunnel_never_does() {
        for name in ["x-forwarded-for", "X-Forwarded-Host", "x-forwarded-proto", "forwarded"] {
            let headers = [HTML, ("host", "localhost:3000"), (name, "203.0.113.1")];
            assert_eq!(visitor(Method::GET, &headers), Visitor::Sender, "{name}");
        }
    }

    #[test]
    fn other_requests_are_taken_as_sent() {
        let host = ("host", "localhost:3000");
        assert_eq!(visitor(Method::POST, &[HTML, host]), Visitor::Sender);
        assert_eq!(visitor(Method::GET, &[("accept", "*/*"), host]), Visitor::Sender);
        assert_eq!(visitor(Method::GET, &[host]), Visitor::Sender);
    }
}
