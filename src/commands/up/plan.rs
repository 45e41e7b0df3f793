//! `up --dry-run`: what would be started, created, changed and left alone.

use crate::error::Result;
use crate::handler::listens;
use crate::report::{Plan, Report, Step};
use crate::setup::{Options, by_hand};
use crate::steps::endpoint::{self, Intent};
use crate::steps::{Context, app, secret, tunnel, webhook_path};

/// Stands for a URL that only the agent will know.
const UNKNOWN_URL: &str = "https://(the tunnel's URL)";

/// Looks at everything and prints the plan.
///
/// # Errors
/// Those that the real run would meet: a key that is refused, an agent that is missing.
pub async fn plan(context: &Context, options: &Options) -> Result<()> {
    let upstream = app::wished(&options.app);
    let say = |step, action, detail: String| context.ui.emit(&Report::Plan(Plan { step, action, detail }));
    match listens(&upstream).await {
        _ if options.app.serve => say(Step::App, "start", format!("the built-in app at {upstream}")),
        Ok(()) => say(Step::App, "use", format!("{upstream}, which answers")),
        Err(error) => say(Step::App, "skip", format!("nothing listens at {upstream} ({error}): `--serve` would")),
    }
    let running = tunnel::plan(context, &upstream, options.reuse).await?;
    let domain = context.settings.domain.as_ref().map(|domain| as_url(&domain.value));
    let public_url = running.or(domain).unwrap_or_else(|| UNKNOWN_URL.to_owned());
    let path = webhook_path(context, &upstream, options.app.serve);
    if by_hand(context).is_some() {
        say(Step::Endpoint, "skip", "a signing secret is given, so Clerk is not asked".to_owned());
    } else {
        let remote = endpoint::connect(context, Intent::Look).await?;
        let url = endpoint::webhook_url(&public_url, &path);
        let wanted = endpoint::wanted(context, url, &options.events, options.adopt.as_deref())?;
        context.ui.emit(&endpoint::planned(remote.as_ref(), &wanted)?);
        if let Some(remote) = remote {
            remote.svix.log_out().await;
        }
    }
    context.ui.emit(&secret::planned(context, &options.env)?);
    let test =
        if options.no_test { ("skip", "no test event") } else { ("start", "send the example event and prove it") };
    say(Step::Test, test.0, test.1.to_owned());
    Ok(())
}

fn as_url(domain: &str) -> String {
    if domain.contains("://") { domain.to_owned() } else { format!("https://{domain}") }
}
