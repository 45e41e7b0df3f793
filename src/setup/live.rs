//! The one place that owns the life of a set-up: agent, deliveries, questions and the wish to end are its arms.

use std::time::{Duration, SystemTime};

use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use super::Options;
use super::follow::Lives;
use super::inbox::Inbox;
use super::parts::SetUp;
use crate::delivery;
use crate::error::{Error, Result};
use crate::ngrok::{News, ONLINE_CHECK};
use crate::report::{Heard, Proof, Received, Report};
use crate::running::control::{Asked, Question};
use crate::shutdown::Continued;
use crate::steps::Context;
use crate::steps::feed::{self, Feed};

/// After so many looks in vain the agent counts as gone.
const PATIENCE: u32 = 20;

/// How many requests of the built-in app are taken over in one go.
const AT_ONCE: usize = 256;

/// When an agent that could not be started again is started once more.
const RESTORES_AFTER: Duration = Duration::from_secs(2);

/// How long the agent is waited for at the end.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// A clock that runs ahead of the one that sleeps with the machine by this much means that it slept.
const SLEPT: Duration = Duration::from_secs(30);

/// What happened next.
enum Happening {
    End,
    Agent(News),
    Received(Vec<Heard>),
    Look,
    /// When the look began, and what it brought.
    Looked(Instant, Result<feed::News>),
    /// What is held has waited long enough.
    Ripe,
    CheckEndpoint,
    Asked(Asked),
    Continued,
    Restore,
    /// The app is worth a try.
    Try,
    Tried(Result<Proof>),
}

/// Keeps the set-up and shows deliveries until the end is asked for.
///
/// # Errors
/// `Interrupted` when the end was asked for; the agent's when it cannot be kept.
pub async fn live(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    setup.verify_deliveries();
    let ended = keep(context, options, setup).await;
    if !setup.shows() {
        return ended;
    }
    // What was answered is shown, even when the end is asked for in the same moment.
    let left = setup.left_over(context);
    setup.hear(context, left);
    setup.drain(context).await;
    ended
}

async fn keep(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    let mut check = interval(context.settings.endpoint_check);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    check.reset();
    let (mut lives, mut clocks, mut in_vain) = (Lives::default(), Clocks::now(), 0);
    let (mut inbox, mut continued) = (Inbox::of(setup.control.as_mut()), Continued::listen());
    let (mut trial, mut looking) = (None, None);
    loop {
        let (idle, looks) = (trial.is_none(), looking.is_none() && setup.fallen.is_none());
        let happening = {
            let agent = setup.tunnel.as_mut().and_then(|tunnel| tunnel.agent.as_mut());
            let built_in = setup.app.as_ref().and_then(|app| app.built_in.as_ref());
            tokio::select! {
                biased;
                () = context.shutdown.wait() => Happening::End,
                asked = inbox.next() => Happening::Asked(asked),
                news = or_never(agent.map(|agent| agent.news())) => Happening::Agent(news),
                (began, looked) = or_never(looking.as_mut()) => Happening::Looked(began, looked),
                () = or_never(setup.held.ripe_at().map(sleep_until)) => Happening::Ripe,
                heard = or_never(built_in.map(|built_in| built_in.received.next(AT_ONCE))) => Happening::Received(heard),
                () = continued.next() => Happening::Continued,
                _ = check.tick() => Happening::CheckEndpoint,
                () = or_never(setup.fallen.as_ref().map(|_| sleep(RESTORES_AFTER))) => Happening::Restore,
                proven = or_never(trial.as_mut()) => Happening::Tried(proven),
                () = or_never(setup.pending.as_mut().filter(|_| idle).map(|pending| pending.next(context))) => Happening::Try,
                () = or_never(setup.feed.as_ref().filter(|_| looks).map(Feed::due)) => Happening::Look,
            }
        };
        if happening.may_change_the_agent() {
            looking = None;
        }
        match happening {
            Happening::End => return Err(Error::Interrupted),
            Happening::Agent(News::Ended(death)) => {
                setup.revive(context, options, &mut lives, death).await?;
                setup.feed.iter().for_each(Feed::follow_another);
            }
            Happening::Agent(News::Offline) => setup.say_session(context, false),
            Happening::Agent(News::Online) => {
                setup.say_session(context, true);
                after_a_gap(context, options, setup, &mut inbox).await?;
            }
            Happening::Try => trial = setup.begin_try(context, options).await?.map(Box::pin),
            Happening::Tried(proven) => {
                trial = None;
                setup.ended_try(context, options, proven)?;
            }
            Happening::Received(heard) => hold(context, setup, heard),
            Happening::Look => looking = setup.begin_look().map(Box::pin),
            Happening::Looked(began, looked) => {
                looking = None;
                in_vain = setup.end_look(context, began, looked, in_vain)?;
                if clocks.slept() {
                    context.ui.note("this machine slept; looking whether everything still stands");
                    after_a_gap(context, options, setup, &mut inbox).await?;
                }
            }
            Happening::Ripe => {
                let ripe = setup.held.take_ripe();
                setup.hear(context, ripe);
            }
            Happening::CheckEndpoint | Happening::Restore => {
                if setup.unnoted {
                    setup.note(context);
                }
                after_a_gap(context, options, setup, &mut inbox).await?;
            }
            Happening::Continued => {
                tracing::debug!("goes on after it was stopped");
                clocks = Clocks::now();
                after_a_gap(context, options, setup, &mut inbox).await?;
            }
            Happening::Asked(asked) => {
                answer(context, options, setup, asked).await;
                setup.verify_deliveries();
            }
        }
    }
}

/// Endpoint and URL are looked at anew. A service that cannot be reached is asked again next time.
async fn after_a_gap(context: &Context, options: &Options, setup: &mut SetUp, inbox: &mut Inbox) -> Result<()> {
    let mut moved = setup.restore(context).await?;
    if !moved {
        let Some(asked) = inbox.beside(context, async { Ok(setup.ask_url().await) }).await? else { return Ok(()) };
        moved = asked;
    }
    if !moved {
        let Some(dead) = inbox.beside(context, setup.dead_code(context)).await? else { return Ok(()) };
        if let Some(code) = dead {
            setup.replace_dead_url(context, code).await?;
            moved = true;
        }
    }
    if moved {
        return setup.follow_url(context, options).await;
    }
    match inbox.beside(context, setup.refresh(context, options)).await {
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => tracing::debug!(%error, "the endpoint could not be looked at"),
        Ok(None) => tracing::debug!("the endpoint is looked at next time"),
        Ok(Some(())) => setup.catch_up(context, options).await?,
    }
    setup.verify_deliveries();
    Ok(())
}

impl Happening {
    /// Whether what is done about it takes long, or ends with another agent: a look that is under way is left then.
    fn may_change_the_agent(&self) -> bool {
        let goes_on = matches!(self, Self::Received(_) | Self::Ripe | Self::Look | Self::Looked(..) | Self::Tried(_));
        !goes_on
    }
}

impl SetUp {
    /// Asks the agent beside the rest; safe to be left.
    fn begin_look(&self) -> Option<impl Future<Output = (Instant, Result<feed::News>)> + use<>> {
        let (api, feed) = (self.tunnel.as_ref()?.api.clone(), self.feed.clone()?);
        Some(async move { (Instant::now(), feed.look(&api).await) })
    }

    /// Shows what a look brought, and what waited for it. Gives how many looks were in vain since one was not.
    fn end_look(&mut self, context: &Context, began: Instant, looked: Result<feed::News>, in_vain: u32) -> Result<u32> {
        match looked {
            Ok(news) => {
                self.show_news(context, &news);
                let heard = self.held.take_until(began);
                self.hear(context, heard);
                Ok(0)
            }
            Err(error) if in_vain + 1 >= PATIENCE => Err(error),
            Err(error) => {
                tracing::debug!(%error, in_vain, "the agent was asked in vain");
                Ok(in_vain + 1)
            }
        }
    }

    async fn ask(&mut self) -> Result<feed::News> {
        let (Some(tunnel), Some(feed)) = (&self.tunnel, &self.feed) else { return Ok(feed::News::default()) };
        feed.look(&tunnel.api).await
    }

    /// What the built-in app received and nobody took over yet.
    fn left_over(&mut self, context: &Context) -> Vec<Received> {
        let built_in = self.app.as_ref().and_then(|app| app.built_in.as_ref());
        let left = built_in.map(|built_in| built_in.received.take(usize::MAX)).unwrap_or_default();
        hold(context, self, left);
        std::mem::take(&mut self.held).take_until(Instant::now())
    }

    /// Keeps what came to a set-up that never lived: its proof was all that was wanted, or did not hold.
    pub async fn keep_what_came(&mut self, context: &Context) {
        self.verify_deliveries();
        for received in self.left_over(context) {
            self.take(received);
        }
        if let Ok(Err(error)) = timeout(LAST_LOOK, self.ask()).await {
            tracing::debug!(%error, "the agent had no last word");
        }
    }

    /// Takes what the agent still has, before it ends or is started anew.
    pub async fn drain(&mut self, context: &Context) {
        self.feed.iter().for_each(Feed::expect_no_more);
        match timeout(LAST_LOOK, self.ask()).await {
            Ok(Ok(news)) => self.show_news(context, &news),
            Ok(Err(error)) => tracing::debug!(%error, "the agent had no last word"),
            Err(_) => tracing::debug!("the agent had no last word in time"),
        }
        self.deliveries = self.feed.as_ref().map_or(0, |feed| feed.counts().0);
    }

    /// What the built-in app received.
    fn hear(&mut self, context: &Context, received: Vec<Received>) {
        let deliveries: Vec<_> = received.into_iter().filter_map(|received| self.take(received)).collect();
        self.show(context, deliveries);
    }

    fn take(&self, received: Received) -> Option<std::sync::Arc<delivery::Delivery>> {
        let checks_itself = received.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(ONLINE_CHECK));
        self.feed.as_ref().filter(|_| !checks_itself)?.told(received.sighting())
    }

    /// Deliveries are judged by the secret that is known now.
    pub fn verify_deliveries(&self) {
        let secrets = self.learned.iter().map(|learned| learned.secret.clone()).collect();
        if let Some(feed) = &self.feed {
            feed.verify_with(secrets);
        }
    }
}

async fn answer(context: &Context, options: &Options, setup: &mut SetUp, asked: Asked) {
    let done = match asked.question {
        Question::Secure(wish) => setup.secure(context, options, wish).await,
        Question::SecretRotated => setup.learn_anew(context, options).await,
        Question::Verdicts => setup.verdicts().await,
        Question::EndpointTaken { endpoint_id, upstream } => {
            setup.lose(context, &endpoint_id, &upstream);
            Ok(serde_json::Value::Null)
        }
        Question::End { .. } => Ok(serde_json::Value::Null),
    };
    let _ = asked.reply.send(done);
}

/// What was received waits for the agent, which is asked at once.
fn hold(context: &Context, setup: &mut SetUp, heard: Vec<Heard>) {
    for heard in heard {
        match heard {
            Heard::Request(received) => setup.held.hold(*received),
            Heard::Gap(gap) => context.ui.emit(&Report::Gap(gap)),
        }
    }
    setup.feed.iter().for_each(Feed::call);
}

pub(super) async fn or_never<T>(happening: Option<impl Future<Output = T>>) -> T {
    match happening {
        Some(happening) => happening.await,
        None => std::future::pending().await,
    }
}

/// Two clocks at one moment, of which the monotonic one stands still while the machine sleeps.
struct Clocks {
    running: Duration,
    monotonic: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { running: since_boot(), monotonic: Instant::now() }
    }

    /// Whether the machine slept since the last call.
    fn slept(&mut self) -> bool {
        let now = Self::now();
        let gap = now.running.saturating_sub(self.running).saturating_sub(now.monotonic - self.monotonic);
        *self = now;
        gap > SLEPT
    }
}

/// Runs on while the machine sleeps. Where the system does not tell it (Linux does), the wall clock stands in, which
/// somebody may set.
fn since_boot() -> Duration {
    let uptime = std::fs::read_to_string("/proc/uptime").ok();
    let seconds = uptime.and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    let running = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    running.unwrap_or_else(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}
