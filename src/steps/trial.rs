//! A set-up that runs already, found for a trial: its tunnel, its endpoint, its secret; and one event sent through it.

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use super::endpoint::{self, Intent, Remote};
use super::feed::Feed;
use super::proof::{Trial, deliverable, prove};
use super::{Context, secret, tunnel, webhook_path};
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::report::{self, Action, Plan, Report, Step};
use crate::signature::SigningSecret;
use crate::svix::{self, Endpoint};

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

/// Where events arrive: a running tunnel and this machine's endpoint.
pub struct Place {
    tunnel: tunnel::Tunnel,
    feed: Feed,
    remote: Remote,
    /// The endpoint.
    pub endpoint: Endpoint,
    path: String,
    secrets: Vec<SigningSecret>,
    twins: Vec<String>,
}

impl Place {
    /// Finds it, while `connecting` opens the session.
    ///
    /// # Errors
    /// `EndpointMissing`, `TunnelMissing`, those of connecting.
    pub async fn find(
        context: &Context,
        upstream: Option<&Upstream>,
        connecting: impl Future<Output = Result<Option<Remote>>>,
    ) -> Result<Self> {
        let feed = Feed::passing();
        let local = context.unless_interrupted(tunnel::existing(context, upstream));
        let (tunnel, remote) = tokio::try_join!(local, context.unless_interrupted(connecting))?;
        let remote = remote.ok_or(Error::EndpointMissing)?;
        let Some(endpoint) = endpoint::ours(context, &remote.endpoints)? else {
            remote.svix.log_out().await;
            return Err(Error::EndpointMissing);
        };
        let upstream: Upstream = tunnel.told.upstream.parse().map_err(|_| Error::TunnelMissing)?;
        let path = url::Url::parse(&endpoint.url)
            .map_or_else(|_| webhook_path(context, &upstream, false), |url| url.path().to_owned());
        Ok(Self { tunnel, feed, remote, endpoint, path, secrets: Vec::new(), twins: Vec::new() })
    }

    /// Reads the endpoint's secret, and says where its URL is not the tunnel's.
    ///
    /// # Errors
    /// Those of Svix, `SigningSecretMalformed`.
    pub async fn prepare(&mut self, context: &Context) -> Result<()> {
        let (url, tunnel) = (&self.endpoint.url, self.tunnel.public_url());
        if !url.starts_with(tunnel) {
            context.ui.warn(&format!(
                "the endpoint's URL {url} is not this tunnel's ({tunnel}); `clerkhook register` mends it"
            ));
        }
        let text = context.unless_interrupted(self.remote.svix.secret(&self.endpoint.id)).await?;
        self.secrets = vec![secret::parse(&text, "the endpoint")?];
        self.twins = svix::twins(&self.remote.endpoints, url, Some(&self.endpoint.id));
        endpoint::warn_of_twins(context, &self.twins);
        Ok(())
    }

    /// What a test event needs here.
    pub fn trial(&self, event: &str, timeout: Duration, command: &'static str) -> Trial {
        Trial {
            svix: self.remote.svix.clone(),
            endpoint: self.endpoint.clone(),
            api: self.tunnel.api.clone(),
            feed: self.feed.clone(),
            public_url: self.tunnel.public_url().to_owned(),
            secrets: self.secrets.clone(),
            twins: self.twins.clone(),
            upstream: self.tunnel.told.upstream.clone(),
            path: self.path.clone(),
            event: event.to_owned(),
            timeout,
            command,
            secret_is_new: false,
            stays: false,
        }
    }

    /// What is told of the endpoint.
    pub fn told(&self) -> report::Endpoint {
        endpoint::told(&self.remote, &self.endpoint, Action::Unchanged)
    }

    /// Sends an event through it and proves that it arrives.
    ///
    /// # Errors
    /// `EndpointDisabled`, `EndpointFiltered`, `NotDelivered`, those of Svix.
    pub async fn prove(&mut self, context: &Context, event: &str, timeout: Duration) -> Result<()> {
        deliverable(&self.endpoint, &[event])?;
        self.prepare(context).await?;
        prove(context, &self.trial(event, timeout, "clerkhook send-test")).await.map(drop)
    }

    /// Ends the session.
    pub async fn leave(&self) {
        self.remote.svix.log_out().await;
    }
}

/// Sends an event to a running tunnel's endpoint and proves it.
///
/// # Errors
/// `EndpointMissing`, `EndpointDisabled`, `EndpointFiltered`, `TunnelMissing`, `NotDelivered`, those of Clerk and Svix.
pub async fn prove_running(context: &Context, wish: &Wish) -> Result<()> {
    endpoint::warn_of_unknown(context, &wish.event);
    let intent = if wish.dry_run { Intent::Look } else { Intent::Send };
    context.http.end_by(Some(Instant::now() + wish.timeout));
    let mut place = Place::find(context, wish.upstream.as_ref(), endpoint::connect(context, intent)).await?;
    let proven = prove_at(context, wish, &mut place).await;
    place.leave().await;
    proven
}

async fn prove_at(context: &Context, wish: &Wish, place: &mut Place) -> Result<()> {
    if wish.dry_run {
        deliverable(&place.endpoint, &[&wish.event])?;
        let detail = format!("{} to {} ({})", wish.event, place.endpoint.id, place.endpoint.url);
        context.ui.emit(&Report::Plan(Plan { step: Step::Test, action: "send", detail }));
        return Ok(());
    }
    place.prove(context, &wish.event, wish.timeout).await
}
