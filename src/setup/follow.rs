//! What happens to a running set-up, and how it goes on: the agent dies, the session is lost, the URL changes, Svix
//! disables the endpoint.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::Options;
use super::parts::{SetUp, other_set_up};
use crate::error::{Error, Result};
use crate::ngrok::offline_code;
use crate::report::{Report, Status, Step};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::feed::Feed;
use crate::steps::relaunch::relaunch;
use crate::steps::tunnel::Tunnel;

/// An agent that lived this long died of something new.
const LONG_LIFE: Duration = Duration::from_secs(30);

/// How many short lives in a row are enough.
const SHORT_LIVES: u32 = 3;

/// A session that is back has its URL again within this time.
const BINDS_WITHIN: Duration = Duration::from_secs(1);

/// How long Svix has to lead the endpoint to another URL, until it is tried again later.
const LEADS_WITHIN: Duration = Duration::from_secs(20);

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
            context.ui.emit(&Report::step(Step::Tunnel, Status::Warn, format!("{death}; starting it again")));
            tokio::select! {
                () = sleep(pause) => {}
                () = abort.cancelled() => return Err(Error::Interrupted),
            }
            match relaunch(context, &launch, &upstream, &url, &abort).await {
                Ok(tunnel) => {
                    lives.born();
                    context.ui.emit(&Report::step(
                        Step::Tunnel,
                        Status::Ok,
                        format!("{} is back", tunnel.public_url()),
                    ));
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
        let limited = timeout(LEADS_WITHIN, self.lead_endpoint(context, options)).await;
        let late = || Error::SvixUnreachable { url: self.webhook_url.clone(), cause: "no answer in time".to_owned() };
        match limited.unwrap_or_else(|_| Err(late())) {
            Ok(changed) => self.behind |= changed,
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                let words = format!("the endpoint does not lead to {} yet: {error}; trying again", self.webhook_url);
                context.ui.emit(&Report::step(Step::Endpoint, Status::Warn, words));
                self.behind = true;
                return Ok(());
            }
        }
        self.catch_up(context, options).await
    }

    /// What is due once the endpoint is right: the secret of a new one is learned, and a new URL is proven.
    ///
    /// # Errors
    /// `Interrupted`.
    pub async fn catch_up(&mut self, context: &Context, options: &Options) -> Result<()> {
        if self.strange {
            match self.learn_of_new(context, options).await {
                Ok(()) => {}
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Err(error) => tracing::debug!(%error, "the secret of the new endpoint is asked for next time"),
            }
        }
        if std::mem::take(&mut self.behind) {
            self.prove_again(context, options);
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
        context.ui.emit(&Report::Tunnel(tunnel.told.clone()));
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

    /// Asks the edge whether it still serves the URL: 2.x goes on listing one that the edge replaced when the session came
    /// back (seen on 2.3.41). Gives ngrok's code where it does not.
    ///
    /// # Errors
    /// None.
    pub async fn dead_code(&self, context: &Context) -> Result<Option<u32>> {
        let ours = self.tunnel.as_ref().filter(|tunnel| tunnel.agent.is_some());
        let Some(url) = ours.map(Tunnel::public_url) else { return Ok(None) };
        if offline_code(&context.http, url).await.is_none() {
            return Ok(None);
        }
        // The agent may be about to ask for the URL once more.
        sleep(BINDS_WITHIN).await;
        Ok(offline_code(&context.http, url).await)
    }

    /// Starts the agent anew, as the edge does not serve its URL.
    ///
    /// # Errors
    /// Those of the agent's start.
    pub async fn replace_dead_url(&mut self, context: &Context, code: u32) -> Result<()> {
        let Some((url, launch)) =
            self.tunnel.as_ref().and_then(|tunnel| Some((tunnel.public_url().to_owned(), tunnel.launch()?)))
        else {
            return Ok(());
        };
        let Some(app) = &self.app else { return Ok(()) };
        let words = format!("{url} is served by nobody (ERR_NGROK_{code}); starting the agent anew");
        context.ui.emit(&Report::step(Step::Tunnel, Status::Warn, words));
        let upstream = app.upstream.clone();
        self.drain(context).await;
        self.feed.iter().for_each(Feed::follow_another);
        if let Some(agent) = self.tunnel.as_mut().and_then(|tunnel| tunnel.agent.take()) {
            agent.stop().await;
        }
        self.tunnel = Some(relaunch(context, &launch, &upstream, &url, &context.shutdown.child()).await?);
        Ok(())
    }

    /// Makes the endpoint right again, in a new session if the old one is over.
    ///
    /// # Errors
    /// Those of Clerk and Svix.
    pub async fn refresh(&mut self, context: &Context, options: &Options) -> Result<()> {
        match self.make_right(context, options).await {
            Err(Error::SvixUnauthorized { .. }) => {
                let opened = context.unless_interrupted(endpoint::connect(context, Intent::Change)).await?;
                self.remote = Some(opened.ok_or(Error::EndpointMissing)?);
                self.make_right(context, options).await
            }
            done => done,
        }
    }

    async fn make_right(&mut self, context: &Context, options: &Options) -> Result<()> {
        let listed = match &self.remote {
            Some(remote) => context.unless_interrupted(remote.svix.endpoints()).await,
            None => return Ok(()),
        };
        match (listed, &mut self.remote) {
            (Ok(endpoints), Some(remote)) => remote.endpoints = endpoints,
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
        if registered.told.action != crate::report::Action::Unchanged {
            context.ui.emit(&Report::step(Step::Endpoint, Status::Ok, words));
            context.ui.emit(&Report::Endpoint(registered.told.clone()));
        }
        let before = self.registered.replace(registered);
        let (Some(before), Some(now)) = (before, &self.registered) else { return Ok(()) };
        if before.twins != now.twins {
            endpoint::warn_of_twins(context, &now.twins);
        }
        // Somebody deleted it, or adopted another one in its place.
        if before.endpoint.id != now.endpoint.id {
            if now.told.action == crate::report::Action::Created {
                context
                    .ui
                    .warn(&format!("endpoint `{}` is gone at Svix: another one takes its place", before.endpoint.id));
            }
            self.strange = true;
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
            context.ui.emit(&Report::step(Step::Endpoint, Status::Warn, words));
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
        context.ui.emit(&Report::step(Step::Tunnel, status, words));
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
