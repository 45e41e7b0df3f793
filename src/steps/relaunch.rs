//! The agent once more: after it died, or with another policy. The URL is kept where it can be.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Context;
use super::tunnel::{self, Tunnel};
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::ngrok::Launch;

/// How long the edge may hold a URL after its agent is gone (observed: five to ten seconds).
const HELD_FOR: Duration = Duration::from_secs(15);

/// The URL is still held.
const IN_USE: [u32; 2] = [334, 6025];

/// The URL cannot be asked for: plan, reservation, form (ngrok docs, errors).
const NOT_ASKABLE: [u32; 10] = [313, 314, 319, 320, 15002, 15013, 9034, 9035, 9036, 9037];

/// Starts the agent and asks for `url`, which it had before. While the edge still holds it, asking is repeated; where
/// it cannot be had and the person did not ask for it, any URL is taken.
///
/// # Errors
/// Those of the agent's start.
pub async fn relaunch(
    context: &Context,
    launch: &Launch,
    upstream: &Upstream,
    url: &str,
    abort: &CancellationToken,
) -> Result<Tunnel> {
    // The launch may hold a URL that was only tried to keep; what the person asked for stands in the settings.
    let wished = context.settings.domain.as_ref().map(|domain| domain.value.clone());
    // Agents 2.x need a paid plan for every name.
    let kept = (!launch.version.is_legacy()).then(|| url.to_owned());
    let mut asking = Launch { domain: wished.clone().or(kept), ..launch.clone() };
    let until = Instant::now() + HELD_FOR;
    let mut pause = Duration::from_millis(500);
    loop {
        match tunnel::start(context, asking.clone(), upstream, abort).await {
            Err(Error::AgentRefused { number, .. }) if IN_USE.contains(&number) && Instant::now() + pause < until => {
                tokio::select! {
                    () = sleep(pause) => pause *= 2,
                    () = abort.cancelled() => return Err(Error::Interrupted),
                }
            }
            Err(Error::AgentRefused { number, .. })
                if (NOT_ASKABLE.contains(&number) || IN_USE.contains(&number)) && asking.domain != wished =>
            {
                asking.domain.clone_from(&wished);
            }
            result => return result,
        }
    }
}
