//! What is done at Svix while the agent still starts: the endpoint's secret is read, and where the public URL is known
//! beforehand an endpoint that is there is made right.

use tokio_util::sync::CancellationToken;

use super::endpoint::{self, Registered, Remote};
use super::{Context, secret};
use crate::config::Source;
use crate::secret::Secret;
use crate::svix::Endpoint;

/// What was done before the agent's URL was known.
#[derive(Debug, Default)]
pub struct Ahead {
    /// The endpoint, made right for the URL that was expected.
    registered: Option<Registered>,
    /// The secret of the endpoint with this id.
    secret: Option<(String, Secret)>,
}

impl Ahead {
    /// The endpoint, when it leads to this URL.
    pub fn registered(&mut self, webhook_url: &str) -> Option<Registered> {
        self.registered.take().filter(|registered| registered.endpoint.url == webhook_url)
    }

    /// The endpoint's secret, when it was read.
    pub fn secret(&mut self, endpoint_id: &str) -> Option<Secret> {
        self.secret.take().filter(|(id, _)| id == endpoint_id).map(|(_, secret)| secret)
    }
}

/// Does it, until `aborted`: then what is only read is left. What failed is left to be done in its turn, where it is told.
pub async fn ahead(
    context: &Context,
    remote: &Remote,
    path: &str,
    events: &[String],
    aborted: &CancellationToken,
) -> Ahead {
    let reading = async { aborted.run_until_cancelled(read(context, remote)).await.flatten() };
    let (registered, read) = tokio::join!(register(context, remote, path, events), reading);
    let secret = match (read, &registered) {
        (None, Some(registered)) => aborted.run_until_cancelled(read_of(context, remote, registered)).await.flatten(),
        (read, _) => read,
    };
    Ahead { registered, secret }
}

/// The URL that the agent will have, as far as it may be acted upon. A random one of before may be a stranger's now.
fn expected(context: &Context, path: &str) -> Option<String> {
    let domain = &context.settings.domain.as_ref()?.value;
    let bare = domain.split_once("://").map_or(domain.as_str(), |(_, rest)| rest).trim_end_matches('/');
    Some(endpoint::webhook_url(&format!("https://{bare}"), path))
}

async fn register(context: &Context, remote: &Remote, path: &str, events: &[String]) -> Option<Registered> {
    let wanted = endpoint::wanted(context, expected(context, path)?, events, None).ok()?;
    let now = endpoint::ours(context, &remote.endpoints).ok().flatten()?;
    // Events that wait for it would find no tunnel yet.
    if now.disabled {
        return None;
    }
    match endpoint::ensure(context, remote, &wanted).await {
        Ok(registered) => Some(registered),
        Err(error) => {
            tracing::debug!(%error, "the endpoint was not made ahead");
            None
        }
    }
}

/// The secret of the endpoint that is there already. A sandbox of our own gives it the project's first.
async fn read(context: &Context, remote: &Remote) -> Option<(String, Secret)> {
    let key = context.settings.clerk_secret_key.as_ref();
    if key.is_some_and(|key| key.source == Source::Sandbox) {
        return None;
    }
    let Endpoint { id, .. } = endpoint::ours(context, &remote.endpoints).ok().flatten()?;
    let text = context.unless_interrupted(remote.svix.secret(&id)).await.ok()?;
    Some((id, text))
}

/// The secret of the one that was made right.
async fn read_of(context: &Context, remote: &Remote, registered: &Registered) -> Option<(String, Secret)> {
    let text = secret::of_endpoint(context, &remote.svix, registered).await.ok()?;
    Some((registered.endpoint.id.clone(), text))
}
