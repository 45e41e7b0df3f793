//! `clerkhook send-test`: sends Svix's example event and proves, hop by hop, that it reached the app.

use std::time::Duration;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::event::{Event, Plan, Step};
use crate::steps::endpoint::{self, Intent};
use crate::steps::proof::{Trial, deliverable, prove};
use crate::steps::{Context, secret, tunnel, webhook_path};

/// Options of `send-test`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Event type.
    pub event: String,
    /// Which tunnel, when several run.
    pub upstream: Option<Upstream>,
    /// How long to wait for the proof.
    pub timeout: Duration,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Sends and proves.
///
/// # Errors
/// `EndpointMissing`, `EndpointDisabled`, `EndpointFiltered`, `TunnelMissing`, `NotDelivered`, those of Clerk and Svix.
pub async fn send_test(context: &Context, options: &Options) -> Result<()> {
    endpoint::warn_of_unknown(context, &options.event);
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let local = context.unless_interrupted(tunnel::existing(context, options.upstream.as_ref()));
    let remote = context.unless_interrupted(endpoint::connect(context, intent));
    let (tunnel, remote) = tokio::try_join!(local, remote)?;
    let remote = remote.ok_or(Error::EndpointMissing)?;
    let proven = prove_with(context, options, &tunnel, &remote).await;
    remote.svix.log_out().await;
    proven
}

async fn prove_with(
    context: &Context,
    options: &Options,
    tunnel: &tunnel::Tunnel,
    remote: &endpoint::Remote,
) -> Result<()> {
    let endpoint = endpoint::ours(context, &remote.endpoints)?.ok_or(Error::EndpointMissing)?;
    deliverable(&endpoint, &options.event)?;
    if options.dry_run {
        let detail = format!("{} to {} ({})", options.event, endpoint.id, endpoint.url);
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
        upstream: &tunnel.told.upstream,
        path: &path,
        event: &options.event,
        timeout: options.timeout,
        secret_is_new: false,
    };
    prove(context, &trial).await.map(drop)
}
