//! What `up` has set up so far, step by step; whatever is here must be taken down at the end.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Options;
use super::held::Held;
use super::pending::Pending;
use super::securing::Secured;
use super::showing::Withheld;
use crate::config::{Source, Sourced};
use crate::error::{Error, Result};
use crate::history::Keeper;
use crate::ngrok::Launch;
use crate::ngrok::api::{AgentApi, preferred};
use crate::report::{Hop, Ready, Report, Status, Step};
use crate::running::Setup;
use crate::running::control::{self, Control};
use crate::secret::Secret;
use crate::signature::SigningSecret;
use crate::steps::ahead::{Ahead, ahead};
use crate::steps::app::{self, App};
use crate::steps::endpoint::{self, Registered, Remote};
use crate::steps::feed::{Feed, Ledger};
use crate::steps::proof::Trial;
use crate::steps::secret::{self, EnvWish, Learned};
use crate::steps::tunnel::{self, Beside, Tunnel};
use crate::steps::{Begun, Context, webhook_path};

/// Another set-up that loses its endpoint is told within this time.
const HEARS_WITHIN: Duration = Duration::from_secs(2);

/// The parts, each present once its step is done.
#[derive(Default)]
pub struct SetUp {
    pub app: Option<App>,
    pub tunnel: Option<Tunnel>,
    pub remote: Option<Remote>,
    pub registering: Option<Begun>,
    pub ahead: Ahead,
    pub registered: Option<Registered>,
    pub learned: Option<Learned>,
    /// Every secret that it verified with, the newest first.
    pub known: Vec<SigningSecret>,
    /// What was to be noted last could not be.
    pub unnoted: bool,
    pub control: Option<Control>,
    pub secured: Option<Secured>,
    pub path: String,
    pub webhook_url: String,
    pub deliveries: u64,
    /// Test events that came to the app.
    pub tested: u64,
    /// Deliveries that are not shown yet.
    pub withheld: Withheld,
    /// The proof is still to come.
    pub pending: Option<Pending>,
    pub ready: bool,
    /// Another set-up has the endpoint now.
    pub superseded: bool,
    /// The endpoint has yet to be led to the tunnel's URL, or that to be proven.
    pub behind: bool,
    /// The endpoint is another one than the secret is of.
    pub strange: bool,
    /// What the agent was started with that could not be started again.
    pub fallen: Option<(Launch, String)>,
    /// When it began.
    pub since: Option<Timestamp>,
    /// What the built-in app received and the agent has not told of yet.
    pub held: Held,
    /// What follows the deliveries.
    pub feed: Option<Feed>,
}

/// A secret that was given as a file: the endpoint is made by hand, and Clerk is not asked.
pub fn by_hand(context: &Context) -> Option<&Sourced<Secret>> {
    context.settings.signing_secret.as_ref().filter(|secret| matches!(secret.source, Source::Flag(_)))
}

impl SetUp {
    /// Opens app and tunnel, and at the same time the session with Svix. When one fails, the others end too, the
    /// agent by being asked, so that its session does not linger at the edge.
    pub async fn open(&mut self, context: &Context, options: &Options) -> Result<()> {
        let abort = context.shutdown.child();
        let local = async {
            self.app = Some(or_abort(&abort, context.unless_interrupted(app::ensure(context, &options.app)).await)?);
            let Some(app) = &self.app else { return Ok(()) };
            let opened = tunnel::open(context, &app.upstream, options.reuse, &abort).await;
            self.tunnel = Some(or_abort(&abort, opened)?);
            Ok(())
        };
        let remote = async {
            if by_hand(context).is_some() {
                return Ok(None);
            }
            let (remote, step) = tokio::select! {
                remote = endpoint::connecting(context) => or_abort(&abort, remote)?,
                () = abort.cancelled() => return Err(Error::Interrupted),
            };
            let path = webhook_path(context, &app::wished(&options.app), options.app.serve);
            // Which endpoint it will be is not known beforehand where one is to be taken over.
            let ahead = match options.adopt {
                Some(_) => Ahead::default(),
                None => ahead(context, &remote, &path, &options.events, &abort).await,
            };
            Ok(Some((remote, step, ahead)))
        };
        let (local, remote) = tokio::join!(local, remote);
        let remote = match (local, remote) {
            // The one that was aborted only says so; the other one says why.
            (Err(Error::Interrupted), Err(error)) | (Err(error), _) | (_, Err(error)) => return Err(error),
            (Ok(()), Ok(remote)) => remote,
        };
        if let Some((remote, step, ahead)) = remote {
            (self.remote, self.registering, self.ahead) = (Some(remote), Some(step), ahead);
        }
        let (Some(app), Some(tunnel)) = (&self.app, &self.tunnel) else { return Err(Error::TunnelMissing) };
        self.path = webhook_path(context, &app.upstream, app.built_in.is_some());
        self.webhook_url = endpoint::webhook_url(tunnel.public_url(), &self.path);
        let told = tunnel.told.clone();
        self.control = control::open(&context.shutdown).await.ok();
        let api = tunnel.api.clone();
        self.note(context);
        self.feed = Some(self.begin_feed(context, &api).await);
        context.ui.emit(&Report::Tunnel(told));
        Ok(())
    }

    async fn begin_feed(&self, context: &Context, api: &AgentApi) -> Feed {
        let since = self.since.unwrap_or_else(Timestamp::now);
        let ledger = Ledger::of(Some(context.state.id()), Some(self.path.clone()));
        // Where nothing can be noted nothing can be kept, which was said.
        let keeper = if self.unnoted { Keeper::none() } else { context.keeper() };
        let feed = Feed::since(since, ledger, keeper);
        feed.begin(api).await;
        feed
    }

    /// Notes in the state file how the set-up stands now.
    pub fn note(&mut self, context: &Context) {
        let Some(tunnel) = &self.tunnel else { return };
        let built_in = self.app.as_ref().filter(|app| app.built_in.is_some());
        let noted = tunnel.note(
            context,
            Beside {
                webhook_url: Some(self.webhook_url.as_str()).filter(|url| !url.is_empty()),
                endpoint_id: self.registered.as_ref().map(|registered| registered.endpoint.id.as_str()),
                secured: self.secured.as_ref().map(|secured| secured.mechanism.word()),
                control: self.control.as_ref().map(|control| &control.address),
                page_url: built_in.map(|app| app.upstream.to_string()),
                ready: self.ready,
                since: self.since,
            },
        );
        // It is tried again with each note, and said once.
        let before = std::mem::replace(&mut self.unnoted, noted.is_err());
        if let Some(error) = noted.err().filter(|_| !before) {
            let cause = error.cause().unwrap_or_default().to_owned();
            context
                .ui
                .warn(&format!("{error} ({cause}): other commands will not find this set-up, and nothing is kept"));
        }
    }

    /// Makes the endpoint right.
    pub async fn register(&mut self, context: &Context, options: &Options) -> Result<()> {
        let (Some(remote), Some(step)) = (&self.remote, self.registering.take()) else {
            let words = format!("left to you: its URL must be {}", self.webhook_url);
            context.ui.emit(&Report::step(Step::Endpoint, Status::Skip, words));
            return Ok(());
        };
        let wanted = endpoint::wanted(context, self.webhook_url.clone(), &options.events, options.adopt.as_deref())?;
        let ahead = self.ahead.registered(&self.webhook_url);
        let registered = endpoint::register(context, remote, &wanted, ahead, step).await?;
        let id = registered.endpoint.id.clone();
        if let Some(other) = other_set_up(context, &id) {
            let words = "gets no events from now on; a profile for each app gives each an endpoint of its own";
            context.ui.warn(&format!("the set-up for {} {words}", other.upstream));
            let taken = control::Question::EndpointTaken { endpoint_id: id.clone(), upstream: self.upstream() };
            tell_loser(context, &other, &taken).await;
        }
        context.shutdown.would_leave("endpoint", format!("endpoint {id}, which is enabled"));
        context.ui.emit(&Report::Endpoint(registered.told.clone()));
        self.registered = Some(registered);
        self.note(context);
        // A wish to end that came while Svix was at work.
        if context.shutdown.requested() { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// The app's address.
    fn upstream(&self) -> String {
        self.app.as_ref().map(|app| app.upstream.to_string()).unwrap_or_default()
    }

    /// Learns the signing secret.
    pub async fn learn(&mut self, context: &Context, options: &Options) -> Result<()> {
        let built_in = self.app.as_ref().is_some_and(|app| app.built_in.is_some());
        let env = EnvWish { app_is_told: built_in, ..options.env.clone() };
        let mut learned = match (&self.remote, &self.registered, by_hand(context)) {
            (Some(remote), Some(registered), _) => {
                let read = self.ahead.secret(&registered.endpoint.id);
                secret::learn(context, &remote.svix, registered, read, &env).await?
            }
            (_, _, Some(given)) => secret::take(context, &given.value, &given.source, &env).await?,
            _ => return Err(Error::EndpointMissing),
        };
        learned.written &= !built_in;
        if let Some(built_in) = self.app.as_ref().and_then(|app| app.built_in.as_ref()) {
            built_in.secrets.set(vec![learned.secret.clone()]);
        }
        self.remember(learned.secret.clone());
        self.learned = Some(learned);
        self.verify_deliveries();
        Ok(())
    }

    /// What a test event of this set-up needs; `None` where the endpoint is made by hand.
    pub fn trial(&self, options: &Options) -> Option<Trial> {
        let learned = self.learned.as_ref()?;
        Some(Trial {
            svix: self.remote.as_ref()?.svix.clone(),
            endpoint: self.registered.as_ref()?.endpoint.clone(),
            api: self.tunnel.as_ref()?.api.clone(),
            feed: self.feed.clone()?,
            public_url: self.tunnel.as_ref()?.public_url().to_owned(),
            secrets: vec![learned.secret.clone()],
            twins: self.registered.as_ref()?.twins.clone(),
            upstream: self.app.as_ref()?.upstream.to_string(),
            path: self.path.clone(),
            event: example(&options.events).to_owned(),
            timeout: options.timeout,
            command: "clerkhook send-test",
            secret_is_new: learned.written,
            stays: !options.once && (self.ready || options.detached.is_none()),
        })
    }

    /// Asks the agent for its URL; whether it is another one now.
    pub async fn ask_url(&mut self) -> bool {
        let Some(tunnel) = &mut self.tunnel else { return false };
        let Ok(listed) = tunnel.api.tunnels().await else { return false };
        let Ok(upstream) = tunnel.launch().map_or_else(|| tunnel.told.upstream.parse(), |launch| Ok(launch.upstream))
        else {
            return false;
        };
        let ours = listed.iter().filter(|listed| upstream.is_same_app(&listed.upstream));
        match preferred(ours) {
            Some(now) if now.public_url != tunnel.told.public_url => {
                tunnel.told.public_url.clone_from(&now.public_url);
                true
            }
            _ => false,
        }
    }

    /// Says that everything is ready.
    ///
    /// # Errors
    /// Those of going to the background.
    pub fn announce(&mut self, context: &Context, options: &Options) -> Result<()> {
        self.ready = true;
        context.shutdown.ready();
        self.note(context);
        let Some(tunnel) = &self.tunnel else { return Ok(()) };
        let ready = Ready {
            public_url: tunnel.public_url().to_owned(),
            webhook_url: self.webhook_url.clone(),
            inspector_url: tunnel.told.api_url.clone(),
            endpoint_id: self.registered.as_ref().map(|registered| registered.endpoint.id.clone()),
            secured: self.secured.is_some(),
            pid: std::process::id(),
            waits: !options.once && options.detached.is_none(),
        };
        context.ui.emit(&Report::Ready(ready.clone()));
        options.detached.as_ref().map_or(Ok(()), |detached| detached.leave(context, &ready))
    }
}

/// Whether a test event came to the app, whatever it made of it.
pub fn came<T>(proven: &Result<T>) -> bool {
    matches!(proven, Ok(_) | Err(Error::NotDelivered { hop: Hop::App | Hop::Signature, .. }))
}

/// Another running set-up with the same endpoint.
pub fn other_set_up(context: &Context, endpoint_id: &str) -> Option<Setup> {
    let own = context.state.id();
    let is_it = |setup: &Setup| setup.id != own && setup.endpoint_id.as_deref() == Some(endpoint_id);
    context.state.running().into_iter().map(|(_, setup)| setup).find(is_it)
}

/// Tells another set-up. One that does not listen sees it at its next look at the endpoint.
async fn tell_loser(context: &Context, other: &Setup, taken: &control::Question) {
    let Some(address) = &other.control else { return };
    if let Ok(Err(error)) = timeout(HEARS_WITHIN, control::ask(&context.http, address, taken)).await {
        tracing::debug!(%error, "the other set-up was told in vain");
    }
}

fn or_abort<T>(abort: &CancellationToken, result: Result<T>) -> Result<T> {
    if result.is_err() {
        abort.cancel();
    }
    result
}

/// The walkthrough's event if it is listened to, else the first that is.
pub fn example(events: &[String]) -> &str {
    let usual = events.iter().find(|event| *event == "user.created");
    usual.or_else(|| events.first()).map_or("user.created", String::as_str)
}
