//! `clerkhook status`: what runs now, from the records and the agents; Clerk is asked only with `--remote`.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::handler::listens;
use crate::report::{Health, Report, SetUp, Standing};
use crate::running::{Setup, Wanted};
use crate::steps::app::PORT;
use crate::steps::endpoint::{self, Intent};
use crate::steps::latest::latest;
use crate::steps::{Context, standing, tunnel};
use crate::svix;

/// How many of the last deliveries are shown.
const LAST: usize = 5;

/// How often it is looked for one that is ready.
const EVERY: Duration = Duration::from_millis(100);

/// Options of `status`.
#[derive(Clone, Debug)]
pub struct Options {
    /// Only the set-up for this app.
    pub upstream: Option<Upstream>,
    /// Ask Clerk and Svix for the endpoint.
    pub remote: bool,
    /// Wait so long for one that is ready.
    pub wait: Option<Duration>,
    /// It is an error when none is ready.
    pub exit_code: bool,
}

/// Tells how each part of the running set-ups stands.
///
/// # Errors
/// `NoneReady` where it was asked for; with `--remote`, those of Clerk and Svix.
pub async fn status(context: &Context, options: &Options) -> Result<()> {
    let setups = match options.wait {
        Some(limit) => context.unless_interrupted(ready_within(context, options, limit)).await?,
        None => running(context, options),
    };
    let mut context = context.clone();
    // What runs now need not have run when the settings were settled.
    if let Some(first) = setups.first().filter(|_| options.wait.is_some()) {
        context.settings.follow(&first.services, &first.profile, &context.settings.state_dir.value.clone());
    }
    show(&context, options, &setups).await?;
    let gate = options.exit_code || options.wait.is_some();
    if gate && !setups.iter().any(|setup| setup.ready) {
        let unready = setups.iter().map(|setup| format!("{} runs and is not ready yet", setup.words()));
        let found = unready.collect::<Vec<_>>().join("\n");
        return Err(Error::NoneReady { found: if found.is_empty() { "none is running".to_owned() } else { found } });
    }
    Ok(())
}

fn running(context: &Context, options: &Options) -> Vec<Setup> {
    let meant = context.state.meant(&Wanted::any(&context.settings, options.upstream.as_ref()));
    meant.into_iter().map(|(_, setup)| setup).collect()
}

async fn ready_within(context: &Context, options: &Options, limit: Duration) -> Result<Vec<Setup>> {
    let deadline = Instant::now() + limit;
    loop {
        let setups = running(context, options);
        if setups.iter().any(|setup| setup.ready) || Instant::now() >= deadline {
            return Ok(setups);
        }
        sleep_until((Instant::now() + EVERY).min(deadline)).await;
    }
}

async fn show(context: &Context, options: &Options, setups: &[Setup]) -> Result<()> {
    let say = |part, status, found: String| context.ui.emit(&Report::Status(Standing { part, status, found }));
    if setups.is_empty() {
        say("set-up", Health::Warn, "none is running; start one with `clerkhook up`".to_owned());
        // An agent that `up` would use.
        let upstream = options.upstream.clone().unwrap_or_else(|| Upstream::local(PORT));
        if let Some(found) = tunnel::find(context, &upstream).await {
            let words = format!("{} for {upstream}, inspector {}", found.public_url(), found.told.api_url);
            say("tunnel", Health::Ok, words);
        }
    }
    for setup in setups {
        context.ui.emit(&Report::SetUp(told(setup)));
        let log = setup.log_file.as_ref().map(|path| format!(", in the background; log {}", path.display()));
        let log = log.unwrap_or_default();
        say("set-up", Health::Ok, format!("process {}, since {}{log}", setup.pid, since(setup)));
        app(setup, &say).await;
        let (health, words) = standing::tunnel(setup).await;
        say("tunnel", health, words);
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

fn told(setup: &Setup) -> SetUp {
    SetUp {
        id: setup.id.clone(),
        pid: setup.pid,
        upstream: setup.upstream.clone(),
        public_url: setup.public_url.clone(),
        webhook_url: setup.webhook_url.clone(),
        inspector_url: setup.inspector_url(),
        page_url: setup.page_url.clone(),
        endpoint_id: setup.endpoint_id.clone(),
        secured: setup.secured.is_some(),
        ready: setup.ready,
        sandbox: setup.sandbox,
        log_file: setup.log_file.as_ref().map(|path| path.display().to_string()),
        since: setup.started_at.clone(),
    }
}

/// To the second; the record is finer, to tell which of two came later.
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
