//! One event for a tunnel that runs already, sent and proven.

use std::time::Duration;

use super::endpoint::{self, Intent};
use super::proof::{Trial, deliverable, prove};
use super::{Context, secret, tunnel, webhook_path};
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::event::{Event, Plan, Step};

/// What to send, and where.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Event type.
    pub event: String,
    /// Which tunnel, when several run.
    pub upstream: Option<Upstream>,
    /// How long to wait for the proof.
    pub timeout: Duration,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Sends an event to a running tunnel's endpoint and proves it.
///
/// # Errors
/// `EndpointMissing`, `EndpointDisabled`, `EndpointFiltered`, `TunnelMissing`, `NotDelivered`, those of Clerk and Svix.
pub async fn prove_running(context: &Context, wish: &Wish) -> Result<()> {
    endpoint::warn_of_unknown(context, &wish.event);
    let intent = if wish.dry_run { Intent::Look } else { Intent::Send };
    let local = context.unless_interrupted(tunnel::existing(context, wish.upstream.as_ref()));
    let remote = context.unless_interrupted(endpoint::connect(context, intent));
    let (tunnel, remote) = tokio::try_join!(local, remote)?;
    let remote = remote.ok_or(Error::EndpointMissing)?;
    let proven = prove_with(context, wish, &tunnel, &remote).await;
    remote.svix.log_out().await;
    proven
}

async fn prove_with(context: &Context, wish: &Wish, tunnel: &tunnel::Tunnel, remote: &endpoint::Remote) -> Result<()> {
    let endpoint = endpoint::ours(context, &remote.endpoints)?.ok_or(Error::EndpointMissing)?;
    deliverable(&endpoint, &wish.event)?;
    if wish.dry_run {
        let detail = format!("{} to {} ({})", wish.event, endpoint.id, endpoint.url);
        context.ui.emit(&Event::Plan(Plan { step: Step::Test, action: "send", detail }));
        return Ok(());
    }
    if !endpoint.url.starts_with(tunnel.public_url()) {
        let (url, tunnel) = (&endpoint.url, tunnel.public_url());
        context
            .ui
            .warn(&format!("the endpoint's URL {url} is not this tunnel's ({tunnel}); `clerkhook register` mends it"));
    }
    let text = context.unless_interrupted(remote.svix.secret(&endpoint.id)).await?;
    let secret = secret::parse(&text, "the endpoint")?;
    let upstream: Upstream = tunnel.told.upstream.parse().map_err(|_| Error::TunnelMissing)?;
    let path = url::Url::parse(&endpoint.url)
        .map_or_else(|_| webhook_path(context, &upstream, false), |url| url.path().to_owned());
    let trial = Trial {
        svix: &remote.svix,
        endpoint: &endpoint,
        api: &tunnel.api,
        secrets: &[secret],
        upstream: tunnel.told.upstream.clone(),
        path: &path,
        event: &wish.event,
        timeout: wish.timeout,
        secret_is_new: false,
    };
    prove(context, &trial).await.map(drop)
}
