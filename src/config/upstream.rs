//! The app's address, as forgiving as people are when they type it.

use std::fmt;
use std::str::FromStr;

use url::Url;

/// Where the app listens, with the webhook path if one was typed along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    origin: Url,
    path: Option<String>,
}

/// Why a text is no upstream address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UpstreamFault {
    /// `0`, `70000`.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// `ftp://…`.
    #[error("an address begins with http:// or https://")]
    Scheme,
    /// `http://user:password@localhost`: it would show wherever the address does.
    #[error("leave user name and password out of the address")]
    Credentials,
    /// Nothing that an address could be.
    #[error("expected a port, `localhost:3000` or `http://localhost:3000/api/webhooks`")]
    Form,
}

impl Upstream {
    /// The local port without a path, plain HTTP.
    pub fn local(port: u16) -> Self {
        let origin = Url::parse(&format!("http://localhost:{port}")).expect("a port makes an address");
        Self { origin, path: None }
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &Url {
        &self.origin
    }

    /// The path that was typed, if it was more than `/`.
    pub fn path(&self) -> Option<&str> {
        self.path.as_deref()
    }

    /// The port, named or by scheme.
    pub fn port(&self) -> u16 {
        self.origin.port_or_known_default().unwrap_or(80)
    }

    /// As the agent takes it: the port alone for `http://localhost`, else scheme, host and port.
    pub fn for_agent(&self) -> String {
        let host = self.origin.host_str().unwrap_or_default();
        if self.origin.scheme() == "http" && host == "localhost" {
            self.port().to_string()
        } else {
            format!("{}://{host}:{}", self.origin.scheme(), self.port())
        }
    }

    /// Whether an agent's word for its upstream (`http://localhost:3000`, `localhost:3000`, `3000`) means this app.
    pub fn is_same_app(&self, agent_word: &str) -> bool {
        let Ok(other) = agent_word.parse::<Self>() else { return false };
        let host = |upstream: &Self| match upstream.origin.host_str() {
            Some("localhost" | "127.0.0.1" | "[::1]") => "localhost".to_owned(),
            host => host.unwrap_or_default().to_owned(),
        };
        self.port() == other.port() && host(self) == host(&other)
    }

    /// A URL of the app.
    pub fn join(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }
}

impl fmt::Display for Upstream {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.origin.as_str().trim_end_matches('/'))
    }
}

impl FromStr for Upstream {
    type Err = UpstreamFault;

    fn from_str(text: &str) -> Result<Self, UpstreamFault> {
        let text = text.trim();
        let url = Url::parse(&spelled_out(text)).map_err(|error| match error {
            url::ParseError::InvalidPort => UpstreamFault::Port,
            _ => UpstreamFault::Form,
        })?;
        if !["http", "https"].contains(&url.scheme()) {
            return Err(UpstreamFault::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UpstreamFault::Credentials);
        }
        let host = url.host_str().unwrap_or_default();
        // `abc` alone would be a host name; nobody runs the app on a bare word other than localhost.
        if !text.contains("://") && url.port().is_none() && !host.contains('.') && host != "localhost" {
            return Err(UpstreamFault::Form);
        }
        if url.port() == Some(0) {
            return Err(UpstreamFault::Port);
        }
        let path = Some(url.path().to_owned()).filter(|path| path != "/");
        let mut origin = url;
        origin.set_path("");
        origin.set_query(None);
        origin.set_fragment(None);
        Ok(Self { origin, path })
    }
}

/// With scheme and host. A number is the port of this machine, where `Url` takes it for an address (`0.0.11.184`).
fn spelled_out(text: &str) -> String {
    let bare = text.strip_prefix(':').unwrap_or(text);
    let first = bare.split(['/', '?', '#']).next().unwrap_or_default();
    let is_port = !first.is_empty() && first.chars().all(|c| c.is_ascii_digit());
    match (is_port, text.contains("://")) {
        (true, _) => format!("http://localhost:{bare}"),
        (false, true) => text.to_owned(),
        (false, false) => format!("http://{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_spelling_is_understood() {
        for (typed, shown, agent, path) in [
            ("3000", "http://localhost:3000", "3000", None),
            (":3000", "http://localhost:3000", "3000", None),
            ("3000/hook", "http://localhost:3000", "3000", Some("/hook")),
            (":3000/hook?x=1", "http://localhost:3000", "3000", Some("/hook")),
            ("80", "http://localhost", "80", None),
            ("localhost:3000", "http://localhost:3000", "3000", None),
            ("http://localhost:3000/", "http://localhost:3000", "3000", None),
            ("http://localhost:3000/api/webhooks", "http://localhost:3000", "3000", Some("/api/webhooks")),
            ("localhost:3000/hook?x=1#y", "http://localhost:3000", "3000", Some("/hook")),
            ("https://localhost:3443", "https://localhost:3443", "https://localhost:3443", None),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "http://127.0.0.1:8080", None),
            ("http://[::1]:8080", "http://[::1]:8080", "http://[::1]:8080", None),
            ("app.internal", "http://app.internal", "http://app.internal:80", None),
        ] {
            let upstream: Upstream = typed.parse().expect(typed);
            assert_eq!(upstream.to_string(), shown);
            assert_eq!(upstream.for_agent(), agent);
            assert_eq!(upstream.path(), path);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (typed, fault) in [
            ("0", UpstreamFault::Port),
            ("70000", UpstreamFault::Port),
            ("0/hook", UpstreamFault::Port),
            ("70000/hook", UpstreamFault::Port),
            ("http://ada:pw@localhost:3000", UpstreamFault::Credentials),
            ("ada@localhost:3000", UpstreamFault::Credentials),
            ("localhost:70000", UpstreamFault::Port),
            ("localhost:0", UpstreamFault::Port),
            ("abc", UpstreamFault::Form),
            ("", UpstreamFault::Form),
            ("ftp://localhost:21", UpstreamFault::Scheme),
        ] {
            assert_eq!(typed.parse::<Upstream>(), Err(fault), "{typed:?}");
        }
    }

    #[test]
    fn an_agents_word_is_compared_by_host_and_port() {
        let upstream = Upstream::local(3000);
        for same in ["http://localhost:3000", "localhost:3000", "3000", "http://127.0.0.1:3000", "http://[::1]:3000"] {
            assert!(upstream.is_same_app(same), "{same}");
        }
        for other in ["http://localhost:3001", "http://app.internal:3000", "", "file:///tmp"] {
            assert!(!upstream.is_same_app(other), "{other}");
        }
    }
}
