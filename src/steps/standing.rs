//! How a running set-up stands, for whoever looks: `status`, `doctor` and a second `up` say the same.

use crate::ngrok::api::{AgentApi, Session};
use crate::report::{self, Health};
use crate::running::Setup;

/// What is told of a running set-up's tunnel.
pub async fn told(setup: &Setup) -> report::Tunnel {
    let status = async { AgentApi::at(&setup.agent_address)?.status().await };
    let version = status.await.ok().and_then(|(_, version)| version);
    report::Tunnel {
        public_url: setup.public_url.clone(),
        upstream: setup.upstream.clone(),
        api_url: setup.inspector_url(),
        agent_version: version.map_or_else(|| "unknown".to_owned(), |version| version.to_string()),
        agent_pid: setup.agent_pid,
        started_by_us: false,
    }
}

/// How a running set-up's tunnel stands, for whoever looks.
pub async fn tunnel(setup: &Setup) -> (Health, String) {
    let asked = async { AgentApi::at(&setup.agent_address)?.status().await };
    let (health, word) = match asked.await {
        Ok((Session::Online, _)) => (Health::Ok, "online".to_owned()),
        Ok((Session::Unknown, _)) => (Health::Ok, "listed (this agent does not tell whether it is online)".to_owned()),
        Ok((Session::Offline(word), _)) => (Health::Fail, word),
        Err(error) => (Health::Fail, error.to_string()),
    };
    (health, format!("{} {word}, inspector {}", setup.public_url, setup.inspector_url()))
}
