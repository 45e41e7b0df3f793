//! `clerkhook watch`: the health of any endpoint of the instance, production too. It only reads, unless it is told to enable
//! one.

mod look;
mod place;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::time::Duration;

use tokio::time::sleep;

use crate::error::{Error, Result};
use crate::report::{EndpointHealth, Health, Plan, Report, Status, Step};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent, Remote};
use crate::steps::log::named_endpoint;
use crate::steps::typed::Typed;
use crate::svix::Endpoint;
use crate::ui::Question;

/// Options of `watch`.
#[derive(Clone, Debug)]
pub struct Options {
    /// These, by id, uid or URL; all of the instance when none is named.
    pub endpoints: Vec<String>,
    /// Look once.
    pub once: bool,
    /// How often to look.
    pub every: Duration,
    /// What counts as trouble.
    pub limits: Limits,
    /// A command that is run when an endpoint gets into trouble.
    pub on_trouble: Option<String>,
    /// Enable those that are disabled.
    pub enable: bool,
    /// Say what would be enabled.
    pub dry_run: bool,
}

/// What counts as trouble.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The time that is looked at.
    pub window: Duration,
    /// How many of a hundred messages may fail.
    pub errors: f64,
}

/// Watches.
///
/// # Errors
/// `EndpointTrouble` when the last look found some, `EndpointUnknown`, those of Clerk and Svix.
pub async fn watch(context: &Context, options: &Options) -> Result<()> {
    if options.enable {
        enable(context, options).await?;
    }
    let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut last = Ok(());
    loop {
        let found = match look(context, options).await {
            Err(Error::Interrupted) if !options.once => return last,
            Err(error) if error.may_pass() && !options.once => {
                context.ui.warn(&format!("{error}; looked for again in {} s", options.every.as_secs()));
                None
            }
            looked => Some(looked?),
        };
        if let Some(found) = &found {
            tell(context, options, found, &mut known).await?;
        }
        last = found.as_deref().map_or(last, verdict);
        if options.once {
            return last;
        }
        tokio::select! {
            () = context.shutdown.wait() => return last,
            () = sleep(options.every) => {}
        }
    }
}

async fn look(context: &Context, options: &Options) -> Result<Vec<EndpointHealth>> {
    let remote = context.unless_interrupted(endpoint::connect(context, Intent::Look)).await?;
    let remote = remote.ok_or(Error::EndpointMissing)?;
    let looked = look_by(context, options, &remote).await;
    remote.svix.log_out().await;
    looked
}

async fn look_by(context: &Context, options: &Options, remote: &Remote) -> Result<Vec<EndpointHealth>> {
    let mut found = Vec::new();
    for endpoint in meant(&remote.endpoints, &options.endpoints)? {
        let is_named = !options.endpoints.is_empty();
        let looked = look::look(context, &remote.svix, endpoint, options.limits, is_named);
        found.push(context.unless_interrupted(looked).await?);
    }
    if found.is_empty() {
        context.ui.note("the instance has no webhook endpoint");
    }
    Ok(found)
}

fn meant<'a>(all: &'a [Endpoint], names: &[String]) -> Result<Vec<&'a Endpoint>> {
    if names.is_empty() {
        Ok(all.iter().collect())
    } else {
        names.iter().map(|name| named_endpoint(all, name)).collect()
    }
}

/// Shows what was found, and runs the command for each that is newly in trouble, or in another one.
async fn tell(
    context: &Context,
    options: &Options,
    found: &[EndpointHealth],
    known: &mut BTreeMap<String, Vec<String>>,
) -> Result<()> {
    for health in found {
        context.ui.emit(&Report::Health(health.clone()));
        let sorts: Vec<String> = health.troubles.iter().map(|trouble| sort(trouble)).collect();
        let before = known.insert(health.endpoint_id.clone(), sorts.clone()).unwrap_or_default();
        let news = sorts.iter().any(|sort| !before.contains(sort));
        if let Some(line) = options.on_trouble.as_deref().filter(|_| news) {
            let ended = run(context, line, health).await;
            if let Err(error @ Error::CommandFailed { .. }) = ended {
                context.ui.warn(&error.to_string());
            } else {
                ended?;
            }
        }
    }
    Ok(())
}

/// A trouble without its figures, which change from look to look.
fn sort(trouble: &str) -> String {
    trouble.chars().take_while(|letter| *letter != ':').collect()
}

async fn run(context: &Context, line: &str, health: &EndpointHealth) -> Result<()> {
    let told = [
        ("CLERKHOOK_ENDPOINT", health.endpoint_id.clone()),
        ("CLERKHOOK_ENDPOINT_URL", health.url.clone()),
        ("CLERKHOOK_TROUBLE", health.troubles.join("\n")),
    ];
    let mut command = Typed::start(line, told.map(|(name, value)| (OsString::from(name), value.into())).to_vec())?;
    let ended = context.unless_interrupted(command.end(context)).await;
    command.stop().await;
    ended
}

fn verdict(found: &[EndpointHealth]) -> Result<()> {
    let mut troubled = found.iter().filter(|health| health.status == Health::Fail);
    match troubled.next() {
        None => Ok(()),
        Some(first) => Err(Error::EndpointTrouble {
            troubled: 1 + troubled.count(),
            watched: found.len(),
            id: first.endpoint_id.clone(),
        }),
    }
}

/// Enables those that are named and disabled, after a yes.
async fn enable(context: &Context, options: &Options) -> Result<()> {
    let intent = if options.dry_run { Intent::Look } else { Intent::Send };
    let remote = context.unless_interrupted(endpoint::connect(context, intent)).await?;
    let remote = remote.ok_or(Error::EndpointMissing)?;
    let enabled = enable_by(context, options, &remote).await;
    remote.svix.log_out().await;
    enabled
}

async fn enable_by(context: &Context, options: &Options, remote: &Remote) -> Result<()> {
    for endpoint in meant(&remote.endpoints, &options.endpoints)?.into_iter().filter(|endpoint| endpoint.disabled) {
        let what = format!("{} ({})", endpoint.id, endpoint.url);
        if options.dry_run {
            let detail = format!("{what}: enable it again");
            context.ui.emit(&Report::Plan(Plan { step: Step::Endpoint, action: "change", detail }));
            continue;
        }
        if !context.yes {
            context.ui.agree(Question::EnableEndpoint { what }, context.shutdown.wait()).await?;
        }
        let step = context.begin(Step::Endpoint, "enabling the endpoint");
        let done = context.unless_overdue(remote.svix.set_disabled(&endpoint.id, false)).await;
        step.settle(done, |endpoint| (Status::Ok, format!("{} enabled again", endpoint.id)))?;
    }
    Ok(())
}
