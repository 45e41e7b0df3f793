//! A bare tunnel, kept without an endpoint: it can be asked to verify as any set-up can, and finds the endpoint then.

use jiff::Timestamp;
use serde_json::Value;

use super::Options;
use super::inbox::Inbox;
use super::live::or_never;
use super::parts::SetUp;
use crate::error::{Error, Result};
use crate::report::{Action, Report, Tunnel as Told};
use crate::running::control::{self, Asked, Question};
use crate::steps::app::App;
use crate::steps::endpoint::{self, Intent, Registered};
use crate::steps::feed::Feed;
use crate::steps::secret::{self, Learned};
use crate::steps::tunnel::Tunnel;
use crate::steps::{Context, webhook_path};
use crate::svix;

/// Keeps a tunnel until the end is asked for.
///
/// # Errors
/// `AgentDied` when the agent ends by itself.
pub async fn keep_tunnel(context: &Context, options: &Options, tunnel: Tunnel) -> Result<()> {
    let told: Told = tunnel.told.clone();
    let control = control::open(&context.shutdown).await.ok();
    let mut setup = SetUp { tunnel: Some(tunnel), control, since: Some(Timestamp::now()), ..SetUp::default() };
    // Who reads the URL may at once run a command that looks for the set-up.
    setup.note(context);
    context.ui.emit(&Report::Tunnel(told).answer());
    let ended = keep(context, options, &mut setup).await;
    context.state.withdraw();
    if let Some(remote) = &setup.remote {
        remote.svix.log_out().await;
    }
    if let Some(tunnel) = setup.tunnel {
        tunnel.close(context).await;
    }
    context.state.forget();
    ended
}

async fn keep(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    let mut inbox = Inbox::of(setup.control.as_mut());
    loop {
        let agent = setup.tunnel.as_mut().and_then(|tunnel| tunnel.agent.as_mut());
        let asked = tokio::select! {
            () = context.shutdown.wait() => return Ok(()),
            error = or_never(agent.map(|agent| agent.ended())) => return Err(error),
            asked = inbox.next() => asked,
        };
        let Asked { question, reply } = asked;
        let _ = reply.send(answer(context, options, setup, question).await);
    }
}

async fn answer(context: &Context, options: &Options, setup: &mut SetUp, question: Question) -> Result<Value> {
    match question {
        Question::Secure(wish) => {
            setup.find_endpoint(context).await?;
            setup.secure(context, options, wish).await
        }
        Question::SecretRotated if setup.learned.is_some() => setup.learn_anew(context, options).await,
        Question::Verdicts => setup.verdicts().await,
        Question::SecretRotated | Question::EndpointTaken { .. } | Question::End { .. } => Ok(Value::Null),
    }
}

impl SetUp {
    /// Takes this machine's endpoint and its secret, as they are.
    async fn find_endpoint(&mut self, context: &Context) -> Result<()> {
        if self.learned.is_some() {
            return Ok(());
        }
        let Some(tunnel) = &self.tunnel else { return Err(Error::TunnelMissing) };
        let upstream: crate::config::Upstream = tunnel.told.upstream.parse().map_err(|_| Error::TunnelMissing)?;
        // Whoever asks waits at another terminal, so nobody is asked here.
        if context.settings.clerk_secret_key.is_none() {
            return Err(endpoint::key_missing());
        }
        let connected = context.unless_interrupted(endpoint::connect(context, Intent::Send)).await?;
        let remote = connected.ok_or(Error::EndpointMissing)?;
        let endpoint = endpoint::ours(context, &remote.endpoints)?.ok_or(Error::EndpointMissing)?;
        let text = context.unless_interrupted(remote.svix.secret(&endpoint.id)).await?;
        let secret = secret::parse(&text, "the endpoint")?;
        self.path = url::Url::parse(&endpoint.url)
            .map_or_else(|_| webhook_path(context, &upstream, false), |url| url.path().to_owned());
        self.webhook_url.clone_from(&endpoint.url);
        let twins = svix::twins(&remote.endpoints, &endpoint.url, Some(&endpoint.id));
        let told = endpoint::told(&remote, &endpoint, Action::Unchanged);
        self.registered = Some(Registered { endpoint, told, released: None, reasons: Vec::new(), twins });
        self.learned = Some(Learned { secret, written: false, file: None });
        self.app = Some(App { upstream, built_in: None, listened: true });
        self.remote = Some(remote);
        // Nobody shows what passes here; the proof alone looks at it.
        self.feed = Some(Feed::passing());
        Ok(())
    }
}
