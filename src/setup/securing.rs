//! Verification in front of the app: turned on and off, by the edge or by our own gateway, and proven.

use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Options;
use super::parts::SetUp;
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::gateway::{Gateway, Teller, gateway};
use crate::ngrok::Launch;
use crate::ngrok::policy::{Means, Verification};
use crate::report::{self, Report, Status, Step};
use crate::running::control::SecureWish;
use crate::serve;
use crate::signature::Secrets;
use crate::steps::Context;
use crate::steps::app::START_IT;
use crate::steps::feed::Feed;
use crate::steps::forgery::{self, Forged};
use crate::steps::proof::prove;
use crate::steps::relaunch::relaunch;
use crate::steps::secret::{self, Learned};

/// How the agent starts when the command line starts it.
const AGENT_ENDPOINT: &str = "command_line";

/// Who verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mechanism {
    /// The edge, told through the agent's API.
    PolicyUpdate,
    /// The edge, told by a policy file at a restart.
    PolicyRestart,
    /// The edge, told by flags at a restart.
    FlagRestart,
    /// clerkhook, in front of the app.
    Gateway,
}

impl Mechanism {
    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::PolicyUpdate => "policy-update",
            Self::PolicyRestart => "policy-restart",
            Self::FlagRestart => "flag-restart",
            Self::Gateway => "gateway",
        }
    }
}

/// Verification that is on.
#[derive(Debug)]
pub struct Secured {
    /// Who verifies.
    pub mechanism: Mechanism,
    wish: SecureWish,
    secrets: Secrets,
    _gateway: Option<DropGuard>,
}

impl SetUp {
    /// Turns verification on or off as wished, and proves it.
    ///
    /// # Errors
    /// `AgentForeign`; those of the agent's start, after which it runs as before; `NotSecured`, `NotDelivered`.
    pub async fn secure(&mut self, context: &Context, options: &Options, wish: SecureWish) -> Result<Value> {
        if let Some(app) = &self.app {
            let down = |error: std::io::Error| Error::AppDown {
                upstream: app.upstream.to_string(),
                cause: error.to_string(),
                fix: START_IT,
            };
            context.unless_interrupted(async { crate::handler::listens(&app.upstream).await.map_err(down) }).await?;
        }
        let changed = self.change(context, wish).await;
        // After a refusal too the agent is another process, which the state file must name.
        let led = self.lead_endpoint(context, options).await;
        let mechanism = changed?;
        led?;
        self.note(context);
        self.prove_secured(context, options, wish, mechanism).await
    }

    /// Learns the secret anew after it was rotated, and tells whoever verifies.
    ///
    /// # Errors
    /// Those of Svix and of the agent's restart.
    pub async fn learn_anew(&mut self, context: &Context, options: &Options) -> Result<Value> {
        self.refresh(context, options).await?;
        let (Some(remote), Some(registered)) = (&self.remote, &self.registered) else {
            return Err(Error::EndpointMissing);
        };
        let text = context.unless_interrupted(remote.svix.secret(&registered.endpoint.id)).await?;
        let fresh = Learned { secret: secret::parse(&text, "the endpoint")?, written: false, file: None };
        self.strange = false;
        self.spread(context, options, fresh).await?;
        Ok(Value::Null)
    }

    /// Learns the secret of an endpoint that took the place of ours: the env file has it too.
    ///
    /// # Errors
    /// Those of Svix, of env files and of the agent's restart.
    pub async fn learn_of_new(&mut self, context: &Context, options: &Options) -> Result<()> {
        let (Some(remote), Some(registered)) = (&self.remote, &self.registered) else { return Ok(()) };
        let learned = secret::learn(context, &remote.svix, registered, None, &options.env).await?;
        self.strange = false;
        self.spread(context, options, learned).await
    }

    /// Tells whoever verifies that the secret is another one.
    async fn spread(&mut self, context: &Context, options: &Options, fresh: Learned) -> Result<()> {
        // What was sent before the rotation carries the old one's signature alone.
        let before = self.learned.iter().map(|learned| learned.secret.clone());
        let accepted: Vec<_> = std::iter::once(fresh.secret.clone()).chain(before).collect();
        if let Some(built_in) = self.app.as_ref().and_then(|app| app.built_in.as_ref()) {
            built_in.secrets.set(accepted.clone());
        }
        self.remember(fresh.secret.clone());
        self.learned = Some(fresh);
        self.verify_deliveries();
        match self.secured.as_ref().map(|secured| (secured.mechanism, secured.wish)) {
            None => {}
            Some((Mechanism::Gateway, _)) => {
                self.secured.iter().for_each(|secured| secured.secrets.set(accepted.clone()));
            }
            Some((_, wish)) => {
                self.change(context, wish).await?;
                self.lead_endpoint(context, options).await?;
            }
        }
        Ok(())
    }

    /// Brings the wish about; gives who verifies now, or who did when it is turned off.
    async fn change(&mut self, context: &Context, wish: SecureWish) -> Result<Mechanism> {
        let (Some(tunnel), Some(app), Some(learned)) = (&mut self.tunnel, &self.app, &self.learned) else {
            return Err(Error::TunnelMissing);
        };
        let path = wish.webhook_path_only.then(|| self.path.clone());
        let verification = Verification { secret: learned.secret.text().clone(), path, enforce: !wish.observe };
        let before = self.secured.as_ref().map(|secured| secured.mechanism);
        if wish.in_place && before != Some(Mechanism::Gateway) && before != Some(Mechanism::FlagRestart) {
            let policy = if wish.off { String::new() } else { verification.policy().to_string() };
            match context.unless_interrupted(tunnel.api.set_policy(AGENT_ENDPOINT, &policy)).await {
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Ok(()) => {
                    tunnel.agent.iter_mut().for_each(|agent| agent.verifies((!wish.off).then(|| verification.clone())));
                    self.secured = (!wish.off).then(|| Secured::new(Mechanism::PolicyUpdate, wish));
                    return Ok(Mechanism::PolicyUpdate);
                }
                Err(error) => {
                    let cause = error.cause().unwrap_or_default().to_owned();
                    context.ui.note(&format!("the agent takes no policy in place ({cause}): restarting it"));
                }
            }
        }
        let Some(launch) = tunnel.launch() else {
            return Err(Error::AgentForeign { url: tunnel.api.base().to_owned() });
        };
        let (url, upstream) = (tunnel.public_url().to_owned(), app.upstream.clone());
        let plain = Launch { verification: None, upstream: upstream.clone(), ..launch.clone() };
        let (wanted, secured) =
            if wish.off { (plain, None) } else { self.prepare(context, wish, verification, &plain, &upstream).await? };
        let mechanism =
            secured.as_ref().map(|secured| secured.mechanism).or(before).unwrap_or(Mechanism::PolicyRestart);
        self.restart(context, &launch, &wanted, &upstream, &url).await?;
        self.secured = secured;
        Ok(mechanism)
    }

    /// What the agent is to be started with, by the means that its version has.
    async fn prepare(
        &self,
        context: &Context,
        wish: SecureWish,
        verification: Verification,
        plain: &Launch,
        upstream: &Upstream,
    ) -> Result<(Launch, Option<Secured>)> {
        let mechanism = match Means::of(plain.version) {
            _ if wish.local => Mechanism::Gateway,
            Means::None => {
                context.ui.note("this agent cannot have the edge verify: clerkhook does it in front of the app");
                Mechanism::Gateway
            }
            Means::PolicyFile => Mechanism::PolicyRestart,
            Means::Flags if wish.observe => {
                context.ui.note("this agent's flags can only refuse: clerkhook observes in front of the app");
                Mechanism::Gateway
            }
            Means::Flags => {
                let every_path = if wish.webhook_path_only { ", and every path is verified" } else { "" };
                let words = "this agent takes the secret as a flag only: it shows in the process list";
                context.ui.warn(&format!("{words}{every_path}; `--local` avoids that"));
                Mechanism::FlagRestart
            }
        };
        if mechanism != Mechanism::Gateway {
            let launch = Launch { verification: Some(verification), ..plain.clone() };
            return Ok((launch, Some(Secured::new(mechanism, wish))));
        }
        let mut secured = Secured::new(mechanism, wish);
        secured.secrets.set(self.learned.iter().map(|learned| learned.secret.clone()).collect());
        let taken = |error: std::io::Error| Error::Unexpected { what: "opening the gateway", cause: error.to_string() };
        let listener = serve::bind(0).await.map_err(taken)?;
        let port = listener.local_addr().map_err(taken)?.port();
        let stop = CancellationToken::new();
        let feed = self.feed.clone();
        let teller = Teller::to(move |seen| feed.iter().for_each(|feed| feed.tell(seen.clone())));
        let app = gateway(Gateway {
            upstream: upstream.origin().clone(),
            path: verification.path,
            enforce: verification.enforce,
            secrets: secured.secrets.clone(),
            teller,
            stop: stop.clone(),
        });
        tokio::spawn(serve::serve(listener, app, stop.clone().cancelled_owned()));
        secured._gateway = Some(stop.drop_guard());
        Ok((Launch { upstream: Upstream::local(port), ..plain.clone() }, Some(secured)))
    }

    /// Stops the agent and starts it as wanted; when that fails, as it was.
    async fn restart(
        &mut self,
        context: &Context,
        before: &Launch,
        wanted: &Launch,
        upstream: &Upstream,
        url: &str,
    ) -> Result<()> {
        let abort = context.shutdown.child();
        self.drain(context).await;
        self.feed.iter().for_each(Feed::follow_another);
        if let Some(agent) = self.tunnel.as_mut().and_then(|tunnel| tunnel.agent.take()) {
            agent.stop().await;
        }
        let refused = match relaunch(context, wanted, upstream, url, &abort).await {
            Ok(tunnel) => {
                self.tunnel = Some(tunnel);
                return Ok(());
            }
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => error,
        };
        match relaunch(context, before, upstream, url, &abort).await {
            Ok(tunnel) => {
                self.tunnel = Some(tunnel);
                self.note(context);
                context.ui.note("the agent runs again as before");
            }
            Err(Error::Interrupted) => return Err(Error::Interrupted),
            Err(error) => {
                self.fallen = Some((before.clone(), url.to_owned()));
                context.ui.warn(&format!("the tunnel is down: {error}; starting the agent as before is tried again"));
            }
        }
        Err(refused)
    }

    /// Starts the agent that neither came up as wanted nor as before. Whether it runs now.
    ///
    /// # Errors
    /// `Interrupted`.
    pub async fn restore(&mut self, context: &Context) -> Result<bool> {
        let (Some((launch, url)), Some(app)) = (self.fallen.clone(), &self.app) else { return Ok(false) };
        let upstream = app.upstream.clone();
        match relaunch(context, &launch, &upstream, &url, &context.shutdown.child()).await {
            Ok(tunnel) => {
                let words = format!("{} is back", tunnel.public_url());
                context.ui.emit(&Report::step(Step::Tunnel, Status::Ok, words));
                (self.fallen, self.tunnel) = (None, Some(tunnel));
                self.note(context);
                Ok(true)
            }
            Err(Error::Interrupted) => Err(Error::Interrupted),
            Err(error) => {
                tracing::debug!(%error, "the agent does not start");
                Ok(false)
            }
        }
    }

    /// Forged events must not pass, a genuine one must.
    async fn prove_secured(
        &mut self,
        context: &Context,
        options: &Options,
        wish: SecureWish,
        mechanism: Mechanism,
    ) -> Result<Value> {
        let (Some(tunnel), Some(feed)) = (&self.tunnel, &self.feed) else { return Err(Error::TunnelMissing) };
        let enforced = !wish.off && !wish.observe;
        let mut forged = None;
        if enforced {
            let every_path = !wish.webhook_path_only;
            let trying = forgery::try_all(context, tunnel, feed, &self.path, every_path);
            let tried = context.unless_interrupted(trying).await?;
            refuse_passed(&tried, wish, mechanism)?;
            forged = Some(tried.unsigned);
        }
        let proof = match self.trial(options) {
            Some(trial) => Some(prove(context, &trial).await?),
            None => None,
        };
        let told = report::Secured {
            mechanism: mechanism.word().to_owned(),
            public_url: tunnel.public_url().to_owned(),
            enforced,
            on: !wish.off,
            proof: report::SecuredProof { forged, genuine: proof.as_ref().and_then(|proof| proof.status_code) },
        };
        let value = serde_json::to_value(&told).unwrap_or_default();
        context.ui.emit(&Report::Secured(told));
        self.tested += u64::from(proof.is_some());
        Ok(value)
    }
}

impl Secured {
    fn new(mechanism: Mechanism, wish: SecureWish) -> Self {
        Self { mechanism, wish, secrets: Secrets::default(), _gateway: None }
    }
}

fn refuse_passed(forged: &Forged, wish: SecureWish, mechanism: Mechanism) -> Result<()> {
    let found = match forged {
        Forged { unsigned: 403, tampered: 403, passed: None, .. } => return Ok(()),
        Forged { passed: Some(target), .. } => format!("a forged event passed as `{target}`"),
        Forged { unsigned, tampered, .. } => {
            format!("an unsigned event was answered {unsigned} and a tampered one {tampered}, where 403 is due")
        }
    };
    let fix = match mechanism {
        _ if wish.webhook_path_only => "verify every path: `clerkhook secure`",
        Mechanism::Gateway => "turn it off and on again: `clerkhook secure --off`, then `clerkhook secure --local`",
        _ => "have clerkhook verify instead of the edge: `clerkhook secure --local`",
    };
    Err(Error::NotSecured { found, fix: fix.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passed_is_named() {
        let forged = Forged { unsigned: 403, tampered: 403, passed: Some("/API/webhooks".to_owned()) };
        let wish = |webhook_path_only| SecureWish { webhook_path_only, ..SecureWish::default() };
        let error = refuse_passed(&forged, wish(true), Mechanism::PolicyRestart).expect_err("it passed");
        assert!(error.to_string().contains("passed as `/API/webhooks`"), "{error}");
        assert!(error.hint().contains("`clerkhook secure`"), "{}", error.hint());
        let error = refuse_passed(&forged, wish(false), Mechanism::PolicyRestart).expect_err("it passed");
        assert!(error.hint().contains("--local"), "{}", error.hint());
        assert!(refuse_passed(&Forged { passed: None, ..forged.clone() }, wish(true), Mechanism::Gateway).is_ok());
        assert!(
            refuse_passed(&Forged { unsigned: 200, passed: None, ..forged }, wish(true), Mechanism::Gateway).is_err()
        );
    }
}
