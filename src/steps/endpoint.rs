//! The endpoint: a session with the instance's Svix app, and this machine's endpoint made right.

use super::{Begun, Context};
use crate::catalogue;
use crate::clerk::{Clerk, portal};
use crate::config::{ClerkKey, Source, Sourced};
use crate::error::{Error, Result};
use crate::report::{self, Action, Report, Status, Step};
use crate::secret::Secret;
use crate::svix::{self, Change, Endpoint, Svix, Wanted};
use crate::ui::Question;

/// How often others may register at the same moment before it is an error.
const CONFLICTS: u32 = 3;

/// What a command will do at Clerk and Svix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// It sets things up, and enables webhooks where they never were.
    Change,
    /// It sends events through what is set up.
    Send,
    /// It only looks.
    Look,
}

/// A session, and the endpoints that were there when it began.
#[derive(Debug)]
pub struct Remote {
    /// The session.
    pub svix: Svix,
    /// Over all pages.
    pub endpoints: Vec<Endpoint>,
}

/// The endpoint as it is now, and as it was.
#[derive(Clone, Debug)]
pub struct Registered {
    /// Now.
    pub endpoint: Endpoint,
    /// What is told of it.
    pub told: report::Endpoint,
    /// The one that was this machine's until another was adopted.
    pub released: Option<String>,
    /// What of it was changed.
    pub reasons: Vec<String>,
    /// Endpoints of others with the same URL.
    pub twins: Vec<String>,
}

/// A client for the instance that the key opens; asks for the key where a person can be asked.
///
/// # Errors
/// Those of the key's shape; `KeyLive` for a production key without `--live`.
pub async fn clerk(context: &Context, intent: Intent) -> Result<Clerk> {
    let (_, key) = opened(context, intent).await?;
    Ok(Clerk::new(context.http.clone(), context.settings.clerk_api_url.value.clone(), key))
}

/// The context with a key that was asked for and a production instance that was agreed to, so that nobody is asked
/// once more.
///
/// # Errors
/// Those of [`clerk`].
pub async fn answered(context: &Context, intent: Intent) -> Result<Context> {
    let (raw, _) = opened(context, intent).await?;
    let mut answered = context.clone();
    answered.settings.clerk_secret_key = Some(raw);
    answered.agreed = true;
    Ok(answered)
}

/// The key as it came through its door, and the key.
async fn opened(context: &Context, intent: Intent) -> Result<(Sourced<Secret>, ClerkKey)> {
    let raw = match &context.settings.clerk_secret_key {
        Some(key) => key.clone(),
        None if context.ui.interactive() => {
            let typed = context.ui.ask_secret(Question::ClerkKey, context.shutdown.wait()).await?;
            Sourced::new(typed, Source::Prompt)
        }
        None => return Err(key_missing()),
    };
    let key = ClerkKey::parse(&raw)?;
    if key.is_live() && intent != Intent::Look {
        confirm_live(context, &raw.source).await?;
    }
    Ok((raw, key))
}

/// Whether the key opens a production instance.
pub fn is_live(context: &Context) -> bool {
    let key = context.settings.clerk_secret_key.as_ref();
    key.is_some_and(|key| ClerkKey::parse(key).is_ok_and(|key| key.is_live()))
}

/// No key, and where it was looked for.
pub fn key_missing() -> Error {
    let looked = "looked in `CLERK_SECRET_KEY`, `.env.local`, `.env.development.local`, `.env.development`, `.env`";
    Error::KeyMissing { looked: looked.to_owned() }
}

async fn confirm_live(context: &Context, source: &Source) -> Result<()> {
    if !context.live {
        return Err(Error::KeyLive { source_name: source.to_string() });
    }
    if context.yes || context.agreed {
        return Ok(());
    }
    context.ui.agree(Question::Production, context.shutdown.wait()).await
}

/// Opens the session and lists the endpoints. Webhooks that were never enabled on the instance are enabled when
/// something is to be set up; else there is nothing to look at: `None`.
///
/// # Errors
/// Those of Clerk, the portal exchange and Svix.
pub async fn connect(context: &Context, intent: Intent) -> Result<Option<Remote>> {
    let clerk = clerk(context, intent).await?;
    connect_by(context, &clerk, intent).await
}

/// Opens the session by a client that is there already.
///
/// # Errors
/// Those of Clerk, the portal exchange and Svix.
pub async fn connect_by(context: &Context, clerk: &Clerk, intent: Intent) -> Result<Option<Remote>> {
    let server_url = context.settings.svix_server_url.as_ref().map(|url| &url.value);
    let mut grant = portal::open(&context.http, clerk, server_url).await?;
    if grant.is_none() && intent == Intent::Change {
        clerk.enable_webhooks().await?;
        grant = portal::open(&context.http, clerk, server_url).await?;
    }
    let Some(grant) = grant else { return Ok(None) };
    let svix = Svix::new(context.http.clone(), grant.server_url, grant.app_id, grant.token);
    let endpoints = svix.endpoints().await?;
    Ok(Some(Remote { svix, endpoints }))
}

/// What the endpoint of this machine, user and profile should be.
pub fn wanted(context: &Context, url: String, events: &[String], adopt: Option<&str>) -> Result<Wanted> {
    let marks = context.state.marks(&context.settings)?;
    let mut listed = Vec::with_capacity(events.len());
    // Svix takes no name twice.
    for event in events {
        if !listed.contains(event) {
            warn_of_unknown(context, event);
            listed.push(event.clone());
        }
    }
    Ok(Wanted { uid: marks.now, former: marks.former, url, events: listed, adopt: adopt.map(str::to_owned) })
}

/// Warns of an event that Clerk does not document, with the nearest one that it does.
pub fn warn_of_unknown(context: &Context, event: &str) {
    if !catalogue::types().contains(&event) {
        let nearest = catalogue::nearest(event).map(|name| format!("; did you mean `{name}`?"));
        context.ui.warn(&format!("Clerk documents no event `{event}`{}", nearest.unwrap_or_default()));
    }
}

/// This machine's endpoint, if it is registered.
pub fn ours(context: &Context, endpoints: &[Endpoint]) -> Result<Option<Endpoint>> {
    let marks = context.state.marks(&context.settings)?;
    Ok(svix::marked(endpoints, &marks.now, &marks.former).cloned())
}

/// The public URL with the webhook path.
pub fn webhook_url(public_url: &str, path: &str) -> String {
    format!("{}{path}", public_url.trim_end_matches('/'))
}

/// Creates or patches the endpoint, or finds it right, and tells.
///
/// # Errors
/// `AdoptMissing` and those of Svix.
pub async fn ensure(context: &Context, remote: &Remote, wanted: &Wanted) -> Result<Registered> {
    let mut plan = svix::plan(&remote.endpoints, wanted)?;
    if let Some(id) = &plan.released {
        context.unless_overdue(remote.svix.release(id)).await?;
        context.ui.note(&format!("endpoint `{id}` was this machine's until now; it is disabled and may be deleted"));
    }
    let mut rounds = CONFLICTS;
    let endpoint = loop {
        match apply(context, remote, wanted, &plan.change).await {
            // Somebody registered at the same moment: what is there now is made right.
            Err(Error::SvixConflict { .. }) if rounds > 0 => {
                rounds -= 1;
                let released = plan.released.take();
                let now = context.unless_overdue(remote.svix.endpoints()).await?;
                plan = svix::plan(&now, wanted)?;
                plan.released = released;
            }
            applied => break applied?,
        }
    };
    let told = told(remote, &endpoint, plan.change.action());
    let reasons = plan.change.reasons().to_vec();
    Ok(Registered { endpoint, told, released: plan.released, reasons, twins: plan.twins })
}

/// What is told of an endpoint.
pub fn told(remote: &Remote, endpoint: &Endpoint, action: Action) -> report::Endpoint {
    report::Endpoint {
        action,
        endpoint_id: endpoint.id.clone(),
        app_id: remote.svix.app_id().to_owned(),
        url: endpoint.url.clone(),
        events: endpoint.events.clone().unwrap_or_default(),
        disabled: endpoint.disabled,
    }
}

/// Does what was planned. It is not cut off at once: a request that was sent may have been carried out, and nobody would
/// know.
async fn apply(context: &Context, remote: &Remote, wanted: &Wanted, change: &Change) -> Result<Endpoint> {
    if !matches!(change, Change::Create(_)) {
        return context.unless_overdue(remote.svix.apply(change)).await;
    }
    let left = format!("an endpoint for {}, if Svix has made it", wanted.url);
    context.shutdown.would_leave("endpoint", left.as_str());
    let made = context.unless_overdue(remote.svix.apply(change)).await;
    match made {
        Err(Error::Interrupted) => context.ui.warn(&format!("this stays behind: {left}")),
        _ => context.shutdown.cleaned("endpoint"),
    }
    made
}

/// Names each endpoint with the same URL as ours, and how it becomes ours.
pub fn warn_of_twins(context: &Context, twins: &[String]) {
    for id in twins {
        context.ui.warn(&format!("{}: {}", twin_words(id), adopting(id)));
    }
}

/// What a twin does.
pub fn twin_words(id: &str) -> String {
    format!("endpoint `{id}` of somebody else has the same URL, so events arrive twice, once with its signature")
}

/// What ends it.
pub fn adopting(id: &str) -> String {
    format!("take it over with `clerkhook register --adopt {id}`, or delete it in the Clerk dashboard")
}

/// What the endpoint's line says.
pub fn words(registered: &Registered) -> String {
    let told = &registered.told;
    let reasons = registered.reasons.join(", ");
    let reasons = if reasons.is_empty() { String::new() } else { format!(": {reasons}") };
    format!("{} {}{reasons}; {}", told.endpoint_id, told.action.word(), told.events.join(", "))
}

/// What a dry run would do to the endpoint.
pub fn planned(remote: Option<&Remote>, wanted: &Wanted) -> Result<Report> {
    let Some(remote) = remote else {
        let detail = format!("enable webhooks on the instance and create an endpoint for {}", wanted.url);
        return Ok(Report::Plan(report::Plan { step: Step::Endpoint, action: "create", detail }));
    };
    let plan = svix::plan(&remote.endpoints, wanted)?;
    let events = wanted.events.join(", ");
    let (action, detail) = match &plan.change {
        Change::Create(_) => ("create", format!("an endpoint for {} with {events}", wanted.url)),
        Change::Patch(endpoint, _, reasons) => {
            ("change", format!("{} ({}) to {} with {events}", endpoint.id, reasons.join(", "), wanted.url))
        }
        Change::Keep(endpoint) => ("keep", format!("{} as it is", endpoint.id)),
    };
    let others = remote.endpoints.len() - usize::from(plan.change.before().is_some());
    let alone = match others {
        0 => String::new(),
        1 => "; 1 endpoint of others is left alone".to_owned(),
        others => format!("; {others} endpoints of others are left alone"),
    };
    Ok(Report::Plan(report::Plan { step: Step::Endpoint, action, detail: format!("{detail}{alone}") }))
}

/// Begins the endpoint's line and connects; the line is open until the registration ends it.
pub async fn connecting(context: &Context) -> Result<(Remote, Begun)> {
    let step = context.begin(Step::Endpoint, "asking Clerk for the instance's endpoints");
    match context.unless_interrupted(connect(context, Intent::Change)).await {
        Ok(Some(remote)) => Ok((remote, step)),
        Ok(None) => Err(step.fail(Error::EndpointMissing)),
        Err(error) => Err(step.fail(error)),
    }
}

/// Registers, unless it was done `ahead`, and ends the line that [`connecting`] began.
pub async fn register(
    context: &Context,
    remote: &Remote,
    wanted: &Wanted,
    ahead: Option<Registered>,
    step: Begun,
) -> Result<Registered> {
    step.update(&format!("registering {}", wanted.url));
    let registered = match ahead {
        Some(registered) => Ok(registered),
        None => ensure(context, remote, wanted).await,
    };
    let registered = step.settle(registered, |registered| (Status::Ok, words(registered)))?;
    warn_of_twins(context, &registered.twins);
    Ok(registered)
}
