//! Where the events go, and which secret signs them there.

use crate::clerk::Clerk;
use crate::error::{Error, Result};
use crate::http::is_loopback;
use crate::signature::SigningSecret;
use crate::steps::endpoint::{self, Intent};
use crate::steps::log::{listed, named_endpoint};
use crate::steps::target::{self, Target, To};
use crate::steps::{Context, secret};

/// A route and its secret.
#[derive(Debug)]
pub struct Destination {
    /// The route.
    pub target: Target,
    /// What it verifies with.
    pub secret: SigningSecret,
}

/// The address that was typed, or the running set-up's app.
pub fn target(context: &Context, to: Option<&To>) -> Target {
    target::local(context, to)
}

/// An app on this machine has this machine's secret. One elsewhere has that of the endpoint that leads to it, or one that was
/// given.
///
/// # Errors
/// `EndpointAtNone`, those of Clerk, Svix and of learning the secret.
pub async fn find(context: &Context, clerk: &Clerk, to: Option<&To>, target: Target) -> Result<Destination> {
    let elsewhere = to.is_some() && !is_loopback(&target.url);
    if !elsewhere || context.settings.signing_secret.is_some() {
        return Ok(Destination { secret: secret::for_signing(context).await?, target });
    }
    let connected = endpoint::connect_by(context, clerk, Intent::Look);
    let remote = context.unless_interrupted(connected).await?.ok_or(Error::EndpointMissing)?;
    let url = target.url.to_string();
    let found = match named_endpoint(&remote.endpoints, &url) {
        Ok(endpoint) => context.unless_interrupted(remote.svix.secret(&endpoint.id)).await,
        Err(_) => Err(Error::EndpointAtNone { url, known: listed(&remote.endpoints) }),
    };
    remote.svix.log_out().await;
    Ok(Destination { secret: secret::parse(&found?, "the endpoint")?, target })
}
