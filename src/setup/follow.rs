//! What happens to a running set-up, and how it goes on: the agent dies, the session is lost, the URL changes, Svix
//! disables the endpoint.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::Options;
use super::parts::{SetUp, other_set_up};
use crate::error::{Error, Result};
use crate::event::{Event, Status, Step};
use crate::ngrok::offline_code;
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::proof::prove;
use crate::steps::relaunch::relaunch;

/// An agent that lived this long died of something new.
const LONG_LIFE: Duration = Duration::from_secs(30);

/// How many short lives in a row are enough.
const SHORT_LIVES: u32 = 3;

/// A session that is back has its URL again within this time.
const BINDS_WITHIN: Duration = Duration::from_secs(1);

/// The recent past of the agent.
#[derive(Debug)]
pub struct Lives {
    since: Instant,
    short: u32,
}

impl Default for Lives {
    fn default() -> Self {
        Self { since: Instant::now(), short: 0 }
    }
}

impl Lives {
    /// Notes a death; gives how long to wait before the next start, or `None` when it is hopeless.
    fn died(&mut self) -> Option<Duration> {
        self.short = if self.since.elapsed() >= LONG_LIFE { 1 } else { self.short + 1 };
        (self.short <= SHORT_LIVES).then(|| Duration::from_millis(500) * (self.short - 1) * (self.short - 1))
    }

    fn born(&mut self) {
        self.since = Instant::now();
    }
}

impl SetUp {
    /// Starts the agent again after it died of `death`.
    ///
    /// # Errors
    /// `death` when it dies again and again; what ngrok says when it refuses for good; `Interrupted`.
    pub async fn revive(
        &mut self,
        context: &Context,
        options: &Options,
        lives: &mut Lives,
        death: Error,
    ) -> Result<()> {
        let mut death = death;
        let (Some(launch), Some(app)) = (self.tunnel.as_ref().and_then(|tunnel| tunnel.launch()), &self.app) else {
            return Err(death);
        };
        let upstream = app.upstream.clone();
        let url = self.tunnel.as_ref().map(|tunnel| tunnel.public_url().to_owned()).unwrap_or_default();
        let abort = context.shutdown.child();
        loop {
            let Some(pause) = lives.died() else { return Err(death) };
            context.ui.emit(&Event::step(Step::Tunnel, Status::Warn, format!("{death}; starting it again")));
            tokio::select! {
                () = sleep(pause) => {}
                () = abort.cancelled() => return Err(Error::Interrupted),
            }
            match relaunch(context, &launch, &upstream, &url, &abort).await {
                Ok(tunnel) => {
                    lives.born();
                    context.ui.emit(&Event::step(Step::Tunnel, Status::Ok, format!("{} is back", tunnel.public_url())));
                    self.tunnel = Some(tunnel);
                    return self.follow_url(context, options).await;
                }
                Err(error @ (Error::AgentExited { .. } | Error::AgentNotReady { .. })) => death = error,
                Err(error) => return Err(error),
            }
        }
    }

    /// Leads the endpoint to the tunnel's URL if it changed, and proves it with one event. The env file and the secret
    /// stay as they are.
    ///
    /// # Errors
    /// Those of Clerk and Svix. A proof that fails is shown and is no error: the app may be at fault.
    pub async fn follow_url(&mut self, context: &Context, options: &Options) -> Result<()> {
        if self.lead_endpoint(context, options).await? {
            self.prove_again(context, options).await;
        }
        Ok(())
    }

    /// Leads the endpoint to the tunnel's URL; whether it is another one now.
    ///
    /// # Errors
    /// Those of Clerk and Svix.
    pub async fn lead_endpoint(&mut self, context: &Context, options: &Options) -> Result<bool> {
        let Some(tunnel) = &self.tunnel else { return Ok(false) };
        let url = endpoint::webhook_url(tunnel.public_url(), &self.path);
        context.ui.record(&Event::Tunnel(tunnel.told.clone()));
        let changed = url != self.webhook_url;
        self.webhook_url = url;
        // Noted whatever comes: the agent may be another one at the same URL.
        self.note(context);
        match &self.registered {
            _ if !changed => {}
            Some(_) => self.refresh(context, options).await?,
            None => context.ui.warn(&format!("the URL changed: enter {} at the endpoint", self.webhook_url)),
        }
        Ok(changed)
    }

    /// Asks the edge whether it still serves the URL, and starts the agent anew where it does not: 2.x goes on listing a
    /// URL that the edge replaced when the session came back (seen on 2.3.41). Whether it did.
    ///
    /// # Errors
    /// Those of the agent's start.
    pub async fn replace_dead_url(&mut self, context: &Context) -> Result<bool> {
        let Some((url, launch)) =
            self.tunnel.as_ref().and_then(|tunnel| Some((tunnel.public_url().to_owned(), tunnel.launch()?)))
        else {
            return Ok(false);
        };
        let Some(app) = &self.app else { return Ok(false) };
        if offline_code(&context.http, &url).await.is_none() {
            return Ok(false);
        }
        // The agent may be about to ask for the URL once more.
        tokio::select! {
            () = sleep(BINDS_WITHIN) => {}
            () = context.shutdown.wait() => return Err(Error::Interrupted),
        }
        let Some(code) = offline_code(&context.http, &url).await else { return Ok(false) };
        let words = format!("{url} is served by nobody (ERR_NGROK_{code}); starting the agent anew");
        context.ui.emit(&Event::step(Step::Tunnel, Status::Warn, words));
        let upstream = app.upstream.clone();
        if let Some(agent) = self.tunnel.as_mut().and_then(|tunnel| tunnel.agent.take()) {
            agent.stop().await;
        }
        self.tunnel = Some(relaunch(context, &launch, &upstream, &url, &context.shutdown.child()).await?);
        Ok(true)
    }

    /// Makes the endpoint right again, in a new session if the old one is over.
    ///
    /// # Errors
    /// Those of Clerk and Svix.
    pub async fn refresh(&mut self, context: &Context, options: &Options) -> Result<()> {
        let listed = match &self.remote {
            Some(remote) => context.unless_interrupted(remote.svix.endpoints()).await,
            None => return Ok(()),
        };
        match (listed, &mut self.remote) {
            (Ok(endpoints), Some(remote)) => remote.endpoints = endpoints,
            (Err(Error::SvixUnauthorized { .. }), _) => {
                self.remote = context.unless_interrupted(endpoint::connect(context, Intent::Change)).await?;
            }
            (Err(error), _) => return Err(error),
            (Ok(_), None) => {}
        }
        let Some(remote) = &self.remote else { return Err(Error::EndpointMissing) };
        if let Some(now) = endpoint::ours(context, &remote.endpoints)?
            && let Some(other) = other_set_up(context, &now.id)
            && now.url != self.webhook_url
            && other.webhook_url.as_deref() == Some(now.url.as_str())
        {
            self.lose(context, &now.id, &other.upstream);
            return Ok(());
        }
        self.superseded = false;
        let wanted = endpoint::wanted(context, self.webhook_url.clone(), &options.events, None)?;
        let registered = endpoint::ensure(context, remote, &wanted).await?;
        let words = endpoint::words(&registered);
        if registered.told.action != crate::event::Action::Unchanged {
            context.ui.emit(&Event::step(Step::Endpoint, Status::Ok, words));
            context.ui.record(&Event::Endpoint(registered.told.clone()));
        }
        let before = self.registered.replace(registered);
        let (Some(before), Some(now)) = (before, &self.registered) else { return Ok(()) };
        if before.twins != now.twins {
            endpoint::warn_of_twins(context, &now.twins);
        }
        // Somebody adopted another one in the place of ours.
        if before.endpoint.id != now.endpoint.id {
            context.shutdown.would_leave("endpoint", format!("endpoint {}, which is enabled", now.endpoint.id));
            self.note(context);
        }
        Ok(())
    }

    /// Says, once, that the endpoint leads to another set-up.
    pub fn lose(&mut self, context: &Context, endpoint_id: &str, upstream: &str) {
        let is_ours = self.registered.as_ref().is_some_and(|registered| registered.endpoint.id == endpoint_id);
        if is_ours && !std::mem::replace(&mut self.superseded, true) {
            let words = format!("{endpoint_id} leads to the set-up for {upstream} now");
            context.ui.emit(&Event::step(Step::Endpoint, Status::Warn, words));
        }
    }

    /// Sends one event and shows what became of it.
    pub async fn prove_again(&mut self, context: &Context, options: &Options) {
        let Some(trial) = self.trial(options) else { return };
        match prove(context, &trial).await {
            Ok(proof) => self.proven.extend(proof.message_id),
            Err(error) => context.ui.note(&error.hint()),
        }
    }

    /// Says what the agent's log says of its session.
    pub fn say_session(&self, context: &Context, online: bool) {
        let Some(tunnel) = &self.tunnel else { return };
        let url = tunnel.public_url();
        let (status, words) = if online {
            (Status::Ok, format!("{url} is back online"))
        } else {
            (Status::Warn, format!("{url} is offline: the agent reconnects"))
        };
        context.ui.emit(&Event::step(Step::Tunnel, status, words));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_lives_are_counted_and_end_in_giving_up() {
        let mut lives = Lives::default();
        let pauses: Vec<_> = std::iter::from_fn(|| lives.died()).collect();
        assert_eq!(pauses, [0, 500, 2000].map(Duration::from_millis));
    }
}
