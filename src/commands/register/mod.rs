//! `clerkhook register`: makes this machine's endpoint right and writes its secret; scripts run it after a URL change.

mod list;
mod watch;

use url::Url;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::report::{Action, Report};
use crate::steps::endpoint::{self, Intent};
use crate::steps::secret::{self, EnvWish};
use crate::steps::{Context, tunnel, webhook_path};

/// Options of `register`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The public URL; the running tunnel's when absent.
    pub url: Option<Url>,
    /// Which tunnel, when several run.
    pub upstream: Option<Upstream>,
    /// The event types to listen to.
    pub events: Vec<String>,
    /// Env files.
    pub env: EnvWish,
    /// Somebody's endpoint to take over.
    pub adopt: Option<String>,
    /// List the endpoints of the instance instead.
    pub list: bool,
    /// Go on, and follow the tunnel's URL.
    pub watch: bool,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Registers the endpoint.
///
/// # Errors
/// `EndpointUrl`, `TunnelMissing`, and those of Clerk, Svix and env files.
pub async fn register(context: &Context, options: &Options) -> Result<()> {
    if options.list {
        return list::list(context).await;
    }
    let url = address(context, options).await?;
    if options.dry_run {
        let wanted = endpoint::wanted(context, url, &options.events, options.adopt.as_deref())?;
        let remote = context.unless_interrupted(endpoint::connect(context, Intent::Look)).await?;
        context.ui.emit(&endpoint::planned(remote.as_ref(), &wanted)?);
        context.ui.emit(&secret::planned(context, &options.env)?);
        if let Some(remote) = remote {
            remote.svix.log_out().await;
        }
        return Ok(());
    }
    once(context, options, url.clone(), false).await?;
    if options.watch { watch::watch(context, options, url).await } else { Ok(()) }
}

/// Registers `url`. `silently`: only a change is told.
async fn once(context: &Context, options: &Options, url: String, silently: bool) -> Result<()> {
    let wanted = endpoint::wanted(context, url, &options.events, options.adopt.as_deref())?;
    if silently {
        let looked = context.unless_interrupted(endpoint::connect(context, Intent::Change)).await?;
        let remote = looked.ok_or(Error::EndpointMissing)?;
        let registered = endpoint::ensure(context, &remote, &wanted).await?;
        if registered.told.action != Action::Unchanged {
            context.ui.emit(&Report::Endpoint(registered.told).answer());
        }
        remote.svix.log_out().await;
        return Ok(());
    }
    let (remote, step) = endpoint::connecting(context).await?;
    let registered = endpoint::register(context, &remote, &wanted, None, step).await?;
    let learned = secret::learn(context, &remote.svix, &registered, None, &options.env).await;
    context.ui.emit(&Report::Endpoint(registered.told).answer());
    remote.svix.log_out().await;
    learned?;
    match &registered.released {
        Some(released) => secret::tell_set_ups(context, released).await,
        None => Ok(()),
    }
}

async fn address(context: &Context, options: &Options) -> Result<String> {
    if let Some(url) = &options.url {
        check(url).map_err(|why| Error::EndpointUrl { url: harmless(url), why })?;
        // A bare host means the webhook path there; any other path is meant as it stands.
        if url.path() != "/" {
            return Ok(url.to_string());
        }
        let path = context.settings.path.as_ref().map_or(crate::steps::WEBHOOK_PATH, |path| path.value.as_str());
        return Ok(endpoint::webhook_url(url.as_str(), path));
    }
    let setup = context.set_up(options.upstream.as_ref());
    if let Some(url) = setup.and_then(|setup| setup.webhook_url)
        && context.settings.named_path().is_none()
    {
        return Ok(url);
    }
    let tunnel = tunnel::existing(context, options.upstream.as_ref()).await?;
    let upstream = tunnel.told.upstream.parse().map_err(|_| Error::TunnelMissing)?;
    let path = webhook_path(context, options.upstream.as_ref().unwrap_or(&upstream), false);
    Ok(endpoint::webhook_url(tunnel.public_url(), &path))
}

/// The URL without its credentials.
fn harmless(url: &Url) -> String {
    let mut url = url.clone();
    // Only URLs that cannot have any refuse this.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.to_string()
}

fn check(url: &Url) -> Result<(), &'static str> {
    match url {
        _ if !["http", "https"].contains(&url.scheme()) => Err("it begins with neither http:// nor https://"),
        _ if url.host().is_none() => Err("it names no host"),
        _ if !url.username().is_empty() || url.password().is_some() => Err("it holds credentials"),
        _ => Ok(()),
    }
}
