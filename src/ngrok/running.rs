//! An agent that already runs for this app is found by its upstream, never by its port alone.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use url::Url;

use super::api::{AgentApi, Listed, Session, preferred};
use super::version::Version;
use crate::config::{PortRange, Upstream};
use crate::http::{Call, Http, Retry};

/// ngrok's free plan shows browsers a page in between; this header says that a program asks (ngrok docs, errors/err_ngrok_6024).
pub const NO_INTERSTITIAL: &str = "ngrok-skip-browser-warning";

/// Marks the request that asks whether a tunnel is online: it reaches the app, and is no delivery.
pub const ONLINE_CHECK: &str = "clerkhook-online-check";

/// An agent on loopback says what it is within this time, or it is none.
const PROBE: Duration = Duration::from_secs(1);

/// A running agent with a tunnel for the app.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its API.
    pub api: AgentApi,
    /// Without a path.
    pub public_url: String,
    /// Absent in versions that do not tell.
    pub version: Option<Version>,
    /// Whether the tunnel is online.
    pub session: Session,
}

/// Asks every address at the same time for a tunnel to `upstream`, on `domain` if one is wished.
pub async fn find(upstream: &Upstream, domain: Option<&str>, ports: PortRange, known: &[String]) -> Option<Found> {
    let ports = (ports.0..=ports.1).map(|port| format!("127.0.0.1:{port}"));
    let mut probes = JoinSet::new();
    for (order, address) in known.iter().cloned().chain(ports).enumerate() {
        let (upstream, domain) = (upstream.clone(), domain.map(str::to_owned));
        probes.spawn(async move {
            let found = timeout(PROBE, probe(&address, &upstream, domain.as_deref())).await.ok().flatten();
            found.map(|found| (order, found))
        });
    }
    let found = probes.join_all().await.into_iter().flatten();
    found.min_by_key(|(order, found)| (matches!(found.session, Session::Offline(_)), *order)).map(|(_, found)| found)
}

async fn probe(address: &str, upstream: &Upstream, domain: Option<&str>) -> Option<Found> {
    let api = AgentApi::at(address).ok()?;
    let tunnels = api.tunnels().await.ok()?;
    let ours = tunnels.iter().filter(|tunnel| upstream.is_same_app(&tunnel.upstream) && is_at(tunnel, domain));
    let public_url = preferred(ours)?.public_url.clone();
    let (session, version) = api.status().await.unwrap_or((Session::Unknown, None));
    Some(Found { api, public_url, version, session })
}

fn is_at(tunnel: &Listed, domain: Option<&str>) -> bool {
    let host = |url: &str| url.split_once("://").map_or(url, |(_, rest)| rest).trim_end_matches('/').to_owned();
    domain.is_none_or(|domain| host(domain) == host(&tunnel.public_url))
}

/// Asks the public URL itself whether anybody serves it: ngrok's error code when it is the edge that answers.
pub async fn offline_code(http: &Http, public_url: &str) -> Option<u32> {
    let url = Url::parse(public_url).ok()?;
    let headers = [ONLINE_CHECK, NO_INTERSTITIAL].map(|name| (name, "1".to_owned())).to_vec();
    let call = Call { headers, retry: Retry::Never, method: reqwest::Method::HEAD, ..Call::get(url) };
    let answer = http.send(&call).await.ok()?;
    super::codes::find(answer.header("ngrok-error-code")?).filter(|code| [3200, 3209, 3210].contains(code))
}
