//! What Clerk and Svix know: the secrets of all endpoints, and the time.

use crate::error::Result;
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent, Remote};
use crate::verdict::Candidate;

/// What was learned.
pub struct Asked {
    /// The secret of each endpoint that could be read.
    pub candidates: Vec<Candidate>,
    /// How many seconds this machine's clock is ahead of Clerk's.
    pub clock_ahead: Option<i64>,
}

/// Asks for both at the same time.
///
/// # Errors
/// Those of Clerk and Svix, but for a single secret that cannot be read: that is a warning.
pub async fn ask(context: &Context) -> Result<Asked> {
    context.unless_interrupted(asked(context)).await
}

async fn asked(context: &Context) -> Result<Asked> {
    let clerk = endpoint::clerk(context, Intent::Look).await?;
    let (instance, remote) = tokio::join!(clerk.instance(), endpoint::connect_by(context, &clerk, Intent::Look));
    let clock_ahead = instance.ok().and_then(|instance| instance.clock_skew);
    let candidates = match remote? {
        Some(remote) => secrets(context, &remote).await,
        None => Vec::new(),
    };
    if candidates.is_empty() {
        context.ui.warn("no endpoint of this instance has a secret that can be read");
    }
    Ok(Asked { candidates, clock_ahead })
}

async fn secrets(context: &Context, remote: &Remote) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for endpoint in &remote.endpoints {
        match remote.svix.secret(&endpoint.id).await {
            Ok(text) => {
                let source = format!("endpoint {} ({})", endpoint.id, endpoint.url);
                candidates.push(Candidate { source, text, remote: true });
            }
            Err(error) => context.ui.warn(&format!("the secret of {} is left out: {error}", endpoint.id)),
        }
    }
    remote.svix.log_out().await;
    candidates
}
