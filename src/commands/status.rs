//! `clerkhook status`: what runs now, from the state files and the agents; Clerk is asked only with `--remote`.

use jiff::Timestamp;

use crate::config::Upstream;
use crate::error::Result;
use crate::handler::listens;
use crate::ngrok::api::{AgentApi, Session};
use crate::report::{Health, Report, Standing};
use crate::running::Setup;
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent};
use crate::steps::latest::latest;
use crate::svix;

/// How many of the last deliveries are shown.
const LAST: usize = 5;

/// Options of `status`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only the set-up for this app.
    pub upstream: Option<Upstream>,
    /// Ask Clerk and Svix for the endpoint.
    pub remote: bool,
}

/// Tells how each part of the running set-ups stands.
///
/// # Errors
/// With `--remote`, those of Clerk and Svix.
pub async fn status(context: &Context, options: &Options) -> Result<()> {
    let say = |part, status, found: String| context.ui.emit(&Report::Status(Standing { part, status, found }));
    let wanted = |setup: &Setup| options.upstream.as_ref().is_none_or(|upstream| upstream.is_same_app(&setup.upstream));
    let setups: Vec<Setup> =
        context.state.running().into_iter().map(|(_, setup)| setup).filter(|setup| wanted(setup)).collect();
    if setups.is_empty() {
        say("set-up", Health::Warn, "none is running; start one with `clerkhook up`".to_owned());
    }
    for setup in &setups {
        say("set-up", Health::Ok, format!("process {}, since {}", setup.pid, since(setup)));
        app(setup, &say).await;
        tunnel(setup, &say).await;
        let registered = match (&setup.endpoint_id, &setup.webhook_url) {
            (Some(id), Some(url)) => (Health::Ok, format!("{id} for {url}")),
            _ => (Health::Warn, "none registered by this set-up; `clerkhook register`".to_owned()),
        };
        say("endpoint", registered.0, registered.1);
        let verified = setup.secured.as_ref().map_or("off", String::as_str);
        say("verification", Health::Ok, verified.to_owned());
        deliveries(context, setup).await;
    }
    for orphan in context.state.orphans() {
        let (pid, upstream) = (orphan.pid, &orphan.setup.upstream);
        let found = format!("process {pid} was left by a killed clerkhook for {upstream}; `kill {pid}` ends it");
        say("agent", Health::Warn, found);
    }
    if options.remote { remote(context, &say).await } else { Ok(()) }
}

/// To the second; the state file is finer, to tell which of two came later.
fn since(setup: &Setup) -> String {
    let second = setup.started_at.parse::<Timestamp>().map(|started| started.strftime("%FT%TZ").to_string());
    second.unwrap_or_else(|_| setup.started_at.clone())
}

async fn app(setup: &Setup, say: &impl Fn(&'static str, Health, String)) {
    let Ok(upstream) = setup.upstream.parse::<Upstream>() else { return };
    match listens(&upstream).await {
        Ok(()) => say("app", Health::Ok, format!("{upstream} answers")),
        Err(error) => say("app", Health::Fail, format!("nothing listens at {upstream} ({error})")),
    }
}

async fn tunnel(setup: &Setup, say: &impl Fn(&'static str, Health, String)) {
    let asked = async { AgentApi::at(&setup.agent_address)?.status().await };
    let (health, word) = match asked.await {
        Ok((Session::Online, _)) => (Health::Ok, "online".to_owned()),
        Ok((Session::Unknown, _)) => (Health::Ok, "listed (this agent does not tell whether it is online)".to_owned()),
        Ok((Session::Offline(word), _)) => (Health::Fail, word),
        Err(error) => (Health::Fail, error.to_string()),
    };
    say("tunnel", health, format!("{} {word}, inspector http://{}", setup.public_url, setup.agent_address));
}

async fn deliveries(context: &Context, setup: &Setup) {
    for delivery in latest(context, setup, LAST).await {
        context.ui.emit(&Report::Delivery(delivery));
    }
}

async fn remote(context: &Context, say: &impl Fn(&'static str, Health, String)) -> Result<()> {
    let remote = context.unless_interrupted(endpoint::connect(context, Intent::Look)).await?;
    let Some(remote) = remote else {
        say("at Clerk", Health::Warn, "webhooks were never enabled on this instance".to_owned());
        return Ok(());
    };
    match endpoint::ours(context, &remote.endpoints)? {
        None => say("at Clerk", Health::Warn, "no endpoint of this machine".to_owned()),
        Some(endpoint) => {
            let twins = svix::twins(&remote.endpoints, &endpoint.url, Some(&endpoint.id));
            let health = if endpoint.disabled { Health::Warn } else { Health::Ok };
            let state = if endpoint.disabled { "disabled" } else { "enabled" };
            let events = endpoint.events.map_or_else(|| "every event".to_owned(), |events| events.join(", "));
            say("at Clerk", health, format!("{} {state}, {} ({events})", endpoint.id, endpoint.url));
            for twin in &twins {
                say("twin", Health::Warn, format!("{}: {}", endpoint::twin_words(twin), endpoint::adopting(twin)));
            }
        }
    }
    remote.svix.log_out().await;
    Ok(())
}
