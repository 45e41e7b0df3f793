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
    let (mut checked, mut gone, mut failing) = (Instant::now(), false, false);
    loop {
        tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            _ = rhythm.tick() => {}
        }
        let now = match context.unless_interrupted(address(context, options)).await {
            Err(Error::Interrupted) => return Ok(()),
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
            Ok(()) => (url, checked, gone, failing) = (now, Instant::now(), false, false),
            Err(Error::Interrupted) => return Ok(()),
            Err(error) if passes(&error) => {
                let words = format!("the endpoint could not be looked at: {error}; trying again");
                if !std::mem::replace(&mut failing, true) {
                    context.ui.warn(&words);
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether waiting may mend it.
fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::ClerkUnreachable { .. }
            | Error::ClerkRateLimited { .. }
            | Error::ClerkFailed { .. }
            | Error::ClerkNotUnderstood { .. }
            | Error::PortalExchange { .. }
            | Error::SvixUnauthorized { .. }
            | Error::SvixConflict { .. }
            | Error::SvixRateLimited { .. }
            | Error::SvixFailed { .. }
            | Error::SvixUnreachable { .. }
            | Error::SvixNotUnderstood { .. }
    )
}
