//! `clerkhook secret`: shows, rotates or writes the endpoint's signing secret.

use crate::error::{Error, Result};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::secret::{self, EnvWish};

/// What to do with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Print it.
    Show,
    /// Make a new one.
    Rotate,
    /// Write it to the env file.
    Write,
}

/// Options of `secret`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to do.
    pub deed: Deed,
    /// Env files.
    pub env: EnvWish,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Does it. Each running set-up is told of a rotation, so that whoever verifies keeps in step.
///
/// # Errors
/// `EndpointMissing`, those of Clerk, Svix, env files and the set-up.
pub async fn secret(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.deed == Deed::Rotate { Intent::Change } else { Intent::Look };
    let remote = context.unless_interrupted(endpoint::connect(context, intent)).await?.ok_or(Error::EndpointMissing)?;
    let ours = endpoint::ours(context, &remote.endpoints)?.ok_or(Error::EndpointMissing)?;
    if options.dry_run {
        context.ui.emit(&secret::planned(context, &options.env)?);
        return Ok(());
    }
    match options.deed {
        // The one command whose purpose is to show it.
        Deed::Show => {
            let text = context.unless_interrupted(remote.svix.secret(&ours.id)).await?;
            context.ui.reveal(&text);
        }
        Deed::Write => drop(secret::fetch(context, &remote.svix, &ours.id, &options.env).await?),
        Deed::Rotate => {
            remote.svix.rotate_secret(&ours.id).await?;
            secret::fetch(context, &remote.svix, &ours.id, &options.env).await?;
            secret::tell_set_ups(context, &ours.id).await?;
        }
    }
    remote.svix.log_out().await;
    Ok(())
}
