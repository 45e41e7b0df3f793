//! `register --watch`: the endpoint follows the URL of an agent that somebody else keeps.

use tokio::time::{Duration, Instant, MissedTickBehavior, interval};

use super::{Options, address, once};
use crate::error::{Error, Result};
use crate::steps::Context;

/// How often the agent is asked for its URL.
const EVERY: Duration = Duration::from_secs(1);

/// Registers again whenever the URL changed, and now and then, since Svix may have disabled the endpoint.
///
/// # Errors
/// Those of a registration that no waiting mends: the key, the session, the env file.
pub async fn watch(context: &Context, options: &Options, mut url: String) -> Result<()> {
    context.ui.note("watching the tunnel; press Ctrl-C to stop");
    let mut rhythm = interval(EVERY);
    rhythm.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut checked, mut gone) = (Instant::now(), false);
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            _ = rhythm.tick() => {}
        }
        let now = match address(context, options).await {
            Ok(now) => now,
            Err(_) if gone => continue,
            Err(error) => {
                gone = true;
                context.ui.warn(&format!("{error}; waiting for one"));
                continue;
            }
        };
        let due = checked.elapsed() >= context.settings.endpoint_check;
        if now == url && !gone && !due {
            continue;
        }
        match once(context, options, now.clone(), now == url).await {
            Ok(()) => (url, checked, gone) = (now, Instant::now(), false),
            Err(Error::Interrupted) => return Ok(()),
            Err(error @ (Error::ClerkUnreachable { .. } | Error::SvixUnreachable { .. })) => {
                tracing::debug!(%error, "trying again");
            }
            Err(error) => return Err(error),
        }
    }
}
