//! The tunnel: a running agent for this app is reused, else one is started.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::relaunch::relaunch;
use super::{Begun, Context, standing};
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::ngrok::api::{AgentApi, Session};
use crate::ngrok::version::{self, Version};
use crate::ngrok::{self, Agent, Launch};
use crate::process;
use crate::report::{self, Status, Step};
use crate::running::control::Address;
use crate::running::{SCHEMA, Setup};

/// How long a left agent may take to end.
const ORPHAN_ENDS_WITHIN: Duration = Duration::from_secs(3);

/// Of fixed width, so that moments of one second are in order as text too.
const MOMENT: &str = "%FT%T%.6fZ";

/// A public URL for the app, with the agent behind it.
pub struct Tunnel {
    /// Present when clerkhook started it.
    pub agent: Option<Agent>,
    /// Its API.
    pub api: AgentApi,
    /// What is told of it.
    pub told: report::Tunnel,
}

/// What a state file holds beside the tunnel.
#[derive(Clone, Debug, Default)]
pub struct Beside<'a> {
    /// Public URL and webhook path.
    pub webhook_url: Option<&'a str>,
    /// `ep_…`.
    pub endpoint_id: Option<&'a str>,
    /// How the edge verifies.
    pub secured: Option<&'a str>,
    /// The control channel.
    pub control: Option<&'a Address>,
    /// The page of the built-in app.
    pub page_url: Option<String>,
    /// It was said to be ready.
    pub ready: bool,
    /// When the set-up began; now when absent.
    pub since: Option<Timestamp>,
}

impl Tunnel {
    /// Without a path.
    pub fn public_url(&self) -> &str {
        &self.told.public_url
    }

    /// The agent API's `host:port`.
    pub fn agent_address(&self) -> String {
        self.api.base().trim_start_matches("http://").to_owned()
    }

    /// Writes the record, by which other commands find the set-up.
    ///
    /// # Errors
    /// `State` with the system's reason. What was noted before stays.
    pub fn note(&self, context: &Context, beside: Beside<'_>) -> Result<()> {
        let setup = Setup {
            started_at: beside.since.unwrap_or_else(Timestamp::now).strftime(MOMENT).to_string(),
            public_url: self.told.public_url.clone(),
            agent_address: self.agent_address(),
            agent_pid: self.told.agent_pid,
            owns_agent: self.told.started_by_us,
            webhook_url: beside.webhook_url.map(str::to_owned),
            endpoint_id: beside.endpoint_id.map(str::to_owned),
            secured: beside.secured.map(str::to_owned),
            policy: self.agent.as_ref().and_then(Agent::policy).map(Path::to_owned),
            control: beside.control.cloned(),
            page_url: beside.page_url,
            ready: beside.ready,
            ..beginning(context, &self.told.upstream)
        };
        context.state.save(&setup)
    }

    /// What its agent was started with, when clerkhook did it.
    pub fn launch(&self) -> Option<Launch> {
        self.agent.as_ref().map(|agent| agent.launch().clone())
    }

    /// Stops the agent if clerkhook started it.
    pub async fn close(self, context: &Context) {
        if let Some(agent) = self.agent {
            agent.stop().await;
        }
        context.shutdown.cleaned("agent");
    }
}

/// A set-up of which nothing is known but the app.
fn beginning(context: &Context, upstream: &str) -> Setup {
    let settings = &context.settings;
    Setup {
        schema: SCHEMA,
        id: context.state.id(),
        profile: settings.profile.value.clone(),
        sandbox: settings.sandbox,
        ready: false,
        page_url: None,
        pid: std::process::id(),
        started_at: Timestamp::now().strftime(MOMENT).to_string(),
        upstream: upstream.to_owned(),
        public_url: String::new(),
        agent_address: String::new(),
        agent_pid: None,
        owns_agent: false,
        webhook_url: None,
        endpoint_id: None,
        secured: None,
        policy: None,
        log_file: settings.log_file.clone(),
        control: None,
        services: settings.addresses(),
    }
}

/// Ends the agents that killed clerkhooks left of some set-ups.
pub async fn end_left(context: &Context, of: impl Fn(&Setup) -> bool) {
    for orphan in context.state.orphans().into_iter().filter(|orphan| of(&orphan.setup)) {
        let (pid, app) = (orphan.pid, orphan.setup.upstream.clone());
        process::end(pid, ORPHAN_ENDS_WITHIN).await;
        context.ui.note(&format!("ended the ngrok agent (process {pid}) that a killed clerkhook had left for {app}"));
        orphan.forget();
    }
}

/// Ends the agents that a killed clerkhook left for this app, and gives the URL that one held. Those for other apps
/// are only named.
async fn end_orphans(context: &Context, upstream: &Upstream) -> Option<String> {
    let mut url = None;
    for orphan in context.state.orphans() {
        let (pid, app) = (orphan.pid, orphan.setup.upstream.clone());
        if upstream.is_same_app(&app) {
            process::end(pid, ORPHAN_ENDS_WITHIN).await;
            context
                .ui
                .note(&format!("ended the ngrok agent (process {pid}) that a killed clerkhook had left for this app"));
            url = Some(orphan.setup.public_url.clone()).filter(|url| !url.is_empty());
            orphan.forget();
        } else {
            context.ui.warn(&format!(
                "an ngrok agent (process {pid}) that a killed clerkhook left still runs for {app}; `kill {pid}` ends it"
            ));
        }
    }
    url
}

/// Finds or starts the agent. `abort` ends a start that nobody needs any more.
///
/// # Errors
/// Those of the agent's start; `Interrupted` when aborted.
pub async fn open(context: &Context, upstream: &Upstream, reuse: bool, abort: &CancellationToken) -> Result<Tunnel> {
    let step = context.begin(Step::Tunnel, "looking for an agent");
    let opened = find_or_start(context, upstream, reuse, abort, &step).await;
    let opened = step.settle(opened, |tunnel| (Status::Ok, words(&tunnel.told)))?;
    if let Some(agent) = &opened.agent {
        warn(context, agent.version());
    }
    Ok(opened)
}

fn words(told: &report::Tunnel) -> String {
    let reused = if told.started_by_us { "" } else { "already running, " };
    format!(
        "{} → {}  ({reused}agent {}, inspector {})",
        told.public_url, told.upstream, told.agent_version, told.api_url
    )
}

fn warn(context: &Context, version: Version) {
    if version < Version::SUPPORTED {
        let age = format!("ngrok agent {version} is past its support; free accounts may be refused (`ngrok update`)");
        context.ui.warn(&age);
    }
    if !context.settings.proxies.is_empty() {
        let names = context.settings.proxies.join(", ");
        context.ui.note(&format!("kept {names} from the agent: free ngrok plans allow no proxy (ERR_NGROK_9009)"));
    }
}

async fn find_or_start(
    context: &Context,
    upstream: &Upstream,
    reuse: bool,
    abort: &CancellationToken,
    step: &Begun,
) -> Result<Tunnel> {
    let looking = async {
        let held = end_orphans(context, upstream).await;
        match if reuse { search(context, upstream).await } else { Search::Nothing } {
            Search::Found(running) => return Ok(Err(*running)),
            Search::Offline(what) => context.ui.note(&format!("{what}: starting another")),
            Search::Nothing => {}
        }
        let bin = ngrok::locate(&context.settings)?;
        let version = version::ask(&bin).await?;
        Ok(Ok((held, bin, version)))
    };
    let looked: Result<_> = tokio::select! {
        looked = looking => looked,
        () = abort.cancelled() => Err(Error::Interrupted),
    };
    let (held, bin, version) = match looked? {
        Ok(found) => found,
        Err(running) => return Ok(running),
    };
    let settings = &context.settings;
    let launch = Launch {
        bin,
        version,
        config: settings.ngrok_config.clone(),
        authtoken: settings.ngrok_authtoken.as_ref().map(|token| token.value.clone()),
        upstream: upstream.clone(),
        domain: settings.domain.as_ref().map(|domain| domain.value.clone()),
        without: settings.proxies.clone(),
        policies: context.state.policies(),
        ready_within: settings.agent_timeout,
        verification: None,
    };
    step.update(&format!("starting ngrok {version}"));
    match held {
        Some(url) => relaunch(context, &launch, upstream, &url, abort).await,
        None => start(context, launch, upstream, abort).await,
    }
}

/// Starts an agent. `upstream` is the app, which a gateway may stand in front of.
///
/// # Errors
/// Those of the agent's start.
pub async fn start(
    context: &Context,
    launch: Launch,
    upstream: &Upstream,
    abort: &CancellationToken,
) -> Result<Tunnel> {
    let version = launch.version;
    let beginning = beginning(context, &upstream.to_string());
    let started = |pid, policy: Option<&Path>| {
        context.shutdown.would_leave("agent", format!("the ngrok agent (process {pid})"));
        context.state.note_agent(&beginning, pid, policy);
    };
    let agent = ngrok::start(launch, abort.cancelled(), started).await;
    let agent = agent.inspect_err(|_| {
        context.shutdown.cleaned("agent");
        context.state.forget_beginning();
    })?;
    let told = report::Tunnel {
        public_url: agent.public_url.clone(),
        upstream: upstream.to_string(),
        api_url: agent.api.base().to_owned(),
        agent_version: version.to_string(),
        agent_pid: Some(agent.pid()),
        started_by_us: true,
    };
    Ok(Tunnel { api: agent.api.clone(), agent: Some(agent), told })
}

/// Says what a dry run would do: use a running agent, whose public URL is given, or start one.
///
/// # Errors
/// `AgentMissing`, `AgentNotRunnable`, `AgentVersion`.
pub async fn plan(context: &Context, upstream: &Upstream, reuse: bool) -> Result<Option<String>> {
    let running = if reuse { find(context, upstream).await } else { None };
    let (action, detail) = match &running {
        Some(running) => ("use", format!("{} of a running agent", running.public_url())),
        None => {
            let bin = ngrok::locate(&context.settings)?;
            let version = version::ask(&bin).await?;
            ("start", format!("ngrok {version} ({}) for {upstream}", bin.display()))
        }
    };
    context.ui.emit(&report::Report::Plan(report::Plan { step: Step::Tunnel, action, detail }));
    Ok(running.map(|running| running.public_url().to_owned()))
}

/// What a look at the running agents gave.
enum Search {
    /// None serves this app.
    Nothing,
    /// One does, but its tunnel is not online: what was said of it.
    Offline(String),
    /// One does.
    Found(Box<Tunnel>),
}

/// A running agent whose tunnel to this app is online.
pub async fn find(context: &Context, upstream: &Upstream) -> Option<Tunnel> {
    match search(context, upstream).await {
        Search::Found(tunnel) => Some(*tunnel),
        Search::Nothing | Search::Offline(_) => None,
    }
}

async fn search(context: &Context, upstream: &Upstream) -> Search {
    let settings = &context.settings;
    let setups = context.state.running();
    let known: Vec<String> = setups.iter().map(|(_, setup)| setup.agent_address.clone()).collect();
    let domain = settings.domain.as_ref().map(|domain| domain.value.as_str());
    let found = ngrok::find(upstream, domain, settings.agent_ports, &known).await;
    let Some(found) = found else { return Search::Nothing };
    let offline = match &found.session {
        Session::Online => None,
        Session::Offline(word) => Some(word.clone()),
        // A listed tunnel need not be online, so the edge itself is asked.
        Session::Unknown => {
            ngrok::offline_code(&context.http, &found.public_url).await.map(|code| format!("ERR_NGROK_{code}"))
        }
    };
    if let Some(word) = offline {
        return Search::Offline(format!(
            "the agent at {} serves this app but is not online ({word})",
            found.api.base()
        ));
    }
    let told = report::Tunnel {
        public_url: found.public_url,
        upstream: upstream.to_string(),
        api_url: found.api.base().to_owned(),
        agent_version: found.version.map_or_else(|| "unknown".to_owned(), |version| version.to_string()),
        agent_pid: setups
            .iter()
            .find(|(_, setup)| found.api.base().ends_with(&setup.agent_address))
            .and_then(|(_, setup)| setup.agent_pid),
        started_by_us: false,
    };
    Search::Found(Box::new(Tunnel { agent: None, api: found.api, told }))
}

/// The tunnel that later steps need: a running set-up's, whatever stands between it and the app, or that of any agent
/// that serves the app.
///
/// # Errors
/// `TunnelMissing`, `TunnelOffline`.
pub async fn existing(context: &Context, upstream: Option<&Upstream>) -> Result<Tunnel> {
    if let Some(setup) = context.set_up(upstream)
        && let Some(tunnel) = of_setup(&setup).await
    {
        return Ok(tunnel);
    }
    let usual = super::app::usual(context);
    match search(context, upstream.unwrap_or(&usual)).await {
        Search::Found(tunnel) => Ok(*tunnel),
        Search::Offline(what) => Err(Error::TunnelOffline { what }),
        Search::Nothing => Err(Error::TunnelMissing),
    }
}

async fn of_setup(setup: &Setup) -> Option<Tunnel> {
    let api = AgentApi::at(&setup.agent_address).ok()?;
    let listed = api.tunnels().await.ok()?;
    if !listed.iter().any(|tunnel| tunnel.public_url == setup.public_url) {
        return None;
    }
    Some(Tunnel { agent: None, api, told: standing::told(setup).await })
}
