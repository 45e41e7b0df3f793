//! The agent API: tunnels, session and captured requests of a running agent (ngrok docs, agent/api).

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use super::capture::Capture;
use super::running::ONLINE_CHECK;
use super::version::Version;
use crate::error::{Error, Result};
use crate::http::{ANSWER_LIMIT, Answer, Call, Http, Retry};
use crate::secret::mask_text;

/// Loopback answers at once; a port that does not is no agent.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Bodies stand in base64 beside their headers. The agent keeps 50 MiB by default (ngrok docs, agent/config), of which a
/// look needs a few.
const CAPTURES_LIMIT: usize = 32 * 1024 * 1024;

/// A client for one agent.
#[derive(Clone, Debug)]
pub struct AgentApi {
    http: Http,
    base: Url,
}

/// A public URL with its upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// `command_line` for one that was started on the command line.
    pub name: String,
    /// `https://…`.
    pub public_url: String,
    /// As the agent words it.
    pub upstream: String,
}

/// What the agent says of its session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Session {
    /// The tunnel can be reached.
    Online,
    /// It cannot, in the agent's word (`reconnecting`).
    Offline(String),
    /// This version does not tell.
    Unknown,
}

#[derive(Deserialize)]
struct Tunnels {
    tunnels: Vec<Tunnel>,
}

#[derive(Deserialize)]
struct Tunnel {
    name: String,
    public_url: String,
    #[serde(default)]
    config: TunnelConfig,
}

#[derive(Default, Deserialize)]
struct TunnelConfig {
    #[serde(default)]
    addr: Value,
}

#[derive(Deserialize)]
struct Endpoints {
    endpoints: Vec<AgentEndpoint>,
}

#[derive(Deserialize)]
struct AgentEndpoint {
    name: String,
    url: String,
    #[serde(default)]
    upstream: Value,
}

#[derive(Deserialize)]
struct Status {
    status: String,
    agent_version: Option<String>,
}

#[derive(Deserialize)]
struct Captures {
    #[serde(default)]
    requests: Option<Vec<Capture>>,
}

impl AgentApi {
    /// `address` is `host:port` as the agent's log says it.
    pub fn at(address: &str) -> Result<Self> {
        let url = format!("http://{address}");
        let base = Url::parse(&url).map_err(|error| Error::AgentApi { url, cause: error.to_string() })?;
        Ok(Self { http: Http::new(TIMEOUT), base })
    }

    /// `http://127.0.0.1:4040`.
    pub fn base(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The public URLs that the agent holds, from whichever family of calls it knows. One that is listed need not
    /// be online (seen on 2.3.41).
    pub async fn tunnels(&self) -> Result<Vec<Listed>> {
        if let Some(known) = self.get::<Tunnels>("tunnels").await? {
            let listed = |tunnel: Tunnel| Listed {
                upstream: address(&tunnel.config.addr),
                name: tunnel.name,
                public_url: tunnel.public_url,
            };
            return Ok(known.tunnels.into_iter().map(listed).collect());
        }
        let known = self.get::<Endpoints>("endpoints").await?;
        let listed = |endpoint: AgentEndpoint| Listed {
            upstream: address(endpoint.upstream.get("url").unwrap_or(&endpoint.upstream)),
            name: endpoint.name,
            public_url: endpoint.url,
        };
        Ok(known.into_iter().flat_map(|known| known.endpoints).map(listed).collect())
    }

    /// How many requests the agent has served, over all of its tunnels; `None` where it does not tell.
    pub async fn served(&self) -> Option<u64> {
        let known: Value = self.get("tunnels").await.ok()??;
        let counts = known["tunnels"].as_array()?.iter().map(|tunnel| tunnel["metrics"]["http"]["count"].as_u64());
        counts.sum()
    }

    /// The session's state and the agent's version, where it tells them.
    pub async fn status(&self) -> Result<(Session, Option<Version>)> {
        let Some(status) = self.get::<Status>("status").await? else { return Ok((Session::Unknown, None)) };
        let version = status.agent_version.and_then(|version| version.parse().ok());
        let session = if status.status == "online" { Session::Online } else { Session::Offline(status.status) };
        Ok((session, version))
    }

    /// Captured requests, the newest first. Where so many are too much to be held in memory, fewer are asked for. Only
    /// `steps::feed` asks, so that each is read once.
    ///
    /// # Errors
    /// `AgentApi`, also when the newest alone is too large.
    pub async fn captures(&self, limit: u16) -> Result<Vec<Capture>> {
        let mut limit = limit;
        let answer = loop {
            let answer = self.ask(&format!("requests/http?limit={limit}"), CAPTURES_LIMIT).await?;
            if !answer.cut || limit <= 1 {
                break answer;
            }
            limit /= 2;
        };
        let captures = self.known::<Captures>(&answer)?;
        let mut requests = captures.and_then(|captures| captures.requests).unwrap_or_default();
        requests.sort_by_key(|capture| std::cmp::Reverse(capture.started()));
        Ok(requests)
    }

    /// One captured request; `None` when the agent has forgotten it.
    ///
    /// # Errors
    /// `AgentApi`.
    pub async fn capture(&self, id: &str) -> Result<Option<Capture>> {
        let answer = self.ask(&format!("requests/http/{id}"), CAPTURES_LIMIT).await?;
        self.known(&answer)
    }

    /// Asks the agent to send a captured request to the app once more, byte for byte. That it was taken says nothing:
    /// the proof is a new capture (seen on 2.3.41).
    ///
    /// # Errors
    /// `CaptureMissing` when the agent has forgotten it, `AgentApi`.
    pub async fn replay(&self, id: &str) -> Result<()> {
        let url = self.base.join("/api/requests/http").map_err(|error| self.fault(error.to_string()))?;
        let call = Call { json: Some(json!({ "id": id })), retry: Retry::Never, ..Call::post(url) };
        let answer = self.http.send(&call).await.map_err(|unreachable| self.fault(unreachable.to_string()))?;
        match answer.status.as_u16() {
            200..=299 => Ok(()),
            404 => Err(Error::CaptureMissing { id: id.to_owned() }),
            _ => Err(self.fault(answer.excerpt())),
        }
    }

    /// Gives the agent's endpoint another traffic policy without a restart (3.30 and newer). `policy` is JSON; the empty
    /// text takes it away.
    ///
    /// # Errors
    /// `AgentApi` with the agent's words when it refuses or does not know the call.
    pub async fn set_policy(&self, name: &str, policy: &str) -> Result<()> {
        let path = format!("endpoints/{name}");
        let unknown = || self.fault("this version has no `/api/endpoints`".to_owned());
        let mut endpoint: Value = self.get(&path).await?.ok_or_else(unknown)?;
        endpoint["traffic_policy"] = policy.into();
        let url = self.base.join(&format!("/api/{path}")).map_err(|error| self.fault(error.to_string()))?;
        let call = Call { method: Method::PUT, json: Some(endpoint), retry: Retry::Never, ..Call::post(url) };
        let answer = self.http.send(&call).await.map_err(|unreachable| self.fault(unreachable.to_string()))?;
        if answer.status.is_success() { Ok(()) } else { Err(self.fault(answer.excerpt())) }
    }

    /// `None` where this version does not know the path.
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>> {
        let answer = self.ask(path, ANSWER_LIMIT).await?;
        self.known(&answer)
    }

    async fn ask(&self, path: &str, limit: usize) -> Result<Answer> {
        let url = self.base.join(&format!("/api/{path}")).map_err(|error| self.fault(error.to_string()))?;
        let call = Call { retry: Retry::Never, limit, ..Call::get(url) };
        self.http.send(&call).await.map_err(|unreachable| self.fault(unreachable.to_string()))
    }

    /// `None` where this version does not know the path.
    fn known<T: DeserializeOwned>(&self, answer: &Answer) -> Result<Option<T>> {
        match answer.status.as_u16() {
            404 => Ok(None),
            200..=299 => self.read(answer).map(Some),
            _ => Err(self.fault(answer.excerpt())),
        }
    }

    fn read<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T> {
        if answer.cut {
            return Err(self.fault(format!("its answer is larger than {} MiB", answer.body.len() >> 20)));
        }
        let parsed = serde_json::from_slice(&answer.body);
        parsed.map_err(|error| self.fault(format!("{error}; it answered {}", answer.excerpt())))
    }

    fn fault(&self, cause: String) -> Error {
        Error::AgentApi { url: self.base().to_owned(), cause: mask_text(&cause) }
    }
}

/// Whether it is a check of clerkhook's own.
pub fn is_check(capture: &Capture) -> bool {
    capture.request.header(ONLINE_CHECK).is_some()
}

/// An upstream, which some versions give as text and some as an object of a URL's parts.
fn address(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(Value::as_str).unwrap_or_default();
            format!("{}://{}", part("Scheme"), part("Host"))
        }
        _ => String::new(),
    }
}

/// The one to use of several for the same app: https before http.
pub fn preferred<'a>(tunnels: impl IntoIterator<Item = &'a Listed>) -> Option<&'a Listed> {
    let mut first = None;
    for tunnel in tunnels {
        if tunnel.public_url.starts_with("https://") {
            return Some(tunnel);
        }
        first.get_or_insert(tunnel);
    }
    first
}
