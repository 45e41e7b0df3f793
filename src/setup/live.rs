//! The one place that owns the life of a set-up: agent, deliveries, questions and the wish to end are its arms.

use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use super::Options;
use super::follow::Lives;
use super::parts::SetUp;
use crate::delivery::{self, Origin};
use crate::error::{Error, Result};
use crate::event::{Event, Heard, Received};
use crate::ngrok::{News, ONLINE_CHECK};
use crate::session::control::{Asked, Control, Question};
use crate::steps::Context;
use crate::steps::feed::Feed;

/// After so many looks in vain the agent counts as gone.
const PATIENCE: u32 = 20;

/// How long the agent has to tell of a delivery before the built-in app's word is shown.
const HEARD_FIRST: Duration = Duration::from_millis(200);

/// How many requests of the built-in app are taken over in one go.
const AT_ONCE: usize = 256;

/// How many bytes of bodies wait for that.
const HELD: usize = 16 * 1024 * 1024;

/// How long the agent is waited for at the end.
const LAST_LOOK: Duration = Duration::from_millis(500);

/// A wall clock that runs ahead of the machine's by this much means that it slept.
const SLEPT: Duration = Duration::from_secs(30);

/// What happened next.
enum Happening {
    End,
    Agent(News),
    Received(Vec<Heard>),
    Look,
    CheckEndpoint,
    Asked(Asked),
}

/// Keeps the set-up and shows deliveries until the end is asked for.
///
/// # Errors
/// `Interrupted` when the end was asked for; the agent's when it cannot be kept.
pub async fn live(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    setup.verify_deliveries();
    let ended = keep(context, options, setup).await;
    // What was answered is shown, even when the end is asked for in the same moment.
    let built_in = setup.app.as_ref().and_then(|app| app.built_in.as_ref());
    let left = built_in.map(|built_in| built_in.received.take(usize::MAX)).unwrap_or_default();
    hold(context, setup, left);
    for (_, received) in std::mem::take(&mut setup.held) {
        setup.hear(context, received);
    }
    setup.drain(context).await;
    ended
}

async fn keep(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    let mut check = interval(context.settings.endpoint_check);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    check.reset();
    let (mut lives, mut clocks, mut in_vain) = (Lives::default(), Clocks::now(), 0);
    loop {
        let happening = {
            let agent = setup.tunnel.as_mut().and_then(|tunnel| tunnel.agent.as_mut());
            let built_in = setup.app.as_ref().and_then(|app| app.built_in.as_ref());
            tokio::select! {
                () = context.shutdown.wait() => Happening::End,
                news = or_never(agent.map(|agent| agent.news())) => Happening::Agent(news),
                heard = or_never(built_in.map(|built_in| built_in.received.next(AT_ONCE))) => Happening::Received(heard),
                asked = question(setup.control.as_mut()) => Happening::Asked(asked),
                () = or_never(setup.feed.as_ref().map(Feed::due)) => Happening::Look,
                _ = check.tick() => Happening::CheckEndpoint,
            }
        };
        match happening {
            Happening::End => return Err(Error::Interrupted),
            Happening::Agent(News::Ended(death)) => {
                setup.revive(context, options, &mut lives, death).await?;
                setup.feed.iter_mut().for_each(Feed::follow_another);
            }
            Happening::Agent(News::Offline) => setup.say_session(context, false),
            Happening::Agent(News::Online) => {
                setup.say_session(context, true);
                after_a_gap(context, options, setup).await?;
            }
            Happening::Received(heard) => hold(context, setup, heard),
            Happening::Look => {
                in_vain = look(context, setup, in_vain).await?;
                let ripe = setup.held.iter().take_while(|(since, _)| since.elapsed() >= HEARD_FIRST).count();
                let ripe: Vec<_> = setup.held.drain(..ripe).collect();
                ripe.into_iter().for_each(|(_, received)| setup.hear(context, received));
                if clocks.slept() {
                    context.ui.note("this machine slept; looking whether everything still stands");
                    after_a_gap(context, options, setup).await?;
                }
            }
            Happening::CheckEndpoint => {
                if setup.unnoted {
                    setup.note(context);
                }
                after_a_gap(context, options, setup).await?;
            }
            Happening::Asked(asked) => {
                answer(context, options, setup, asked).await;
                setup.verify_deliveries();
            }
        }
    }
}

/// Endpoint and URL are looked at anew. A service that cannot be reached is asked again next time.
async fn after_a_gap(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    if setup.ask_url().await || setup.replace_dead_url(context).await? {
        return setup.follow_url(context, options).await;
    }
    match setup.refresh(context, options).await {
        Err(Error::Interrupted) => Err(Error::Interrupted),
        Err(error) => {
            tracing::debug!(%error, "the endpoint could not be looked at");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

async fn look(context: &Context, setup: &mut SetUp, in_vain: u32) -> Result<u32> {
    match setup.look(context).await {
        Ok(()) => Ok(0),
        Err(error) if in_vain + 1 >= PATIENCE => Err(error),
        Err(error) => {
            tracing::debug!(%error, in_vain, "the agent was asked in vain");
            Ok(in_vain + 1)
        }
    }
}

impl SetUp {
    /// Asks the agent for what is new, and shows it.
    async fn look(&mut self, context: &Context) -> Result<()> {
        let (Some(tunnel), Some(feed)) = (&self.tunnel, &mut self.feed) else { return Ok(()) };
        for message_id in self.proven.drain(..) {
            feed.expect(&message_id, Origin::Test, 1);
        }
        self.forged.drain(..).for_each(|message_id| feed.expect(&message_id, Origin::Check, u32::MAX));
        let news = feed.look(&tunnel.api).await?;
        news.deliveries.iter().for_each(|delivery| show(context, delivery));
        if news.missed > 0 {
            let words = format!("{} deliveries came faster than the agent keeps them, and are not shown", news.missed);
            context.ui.warn(&words);
        }
        Ok(())
    }

    /// Takes what the agent still has, before it ends or is started anew.
    pub async fn drain(&mut self, context: &Context) {
        if let Ok(Err(error)) = timeout(LAST_LOOK, self.look(context)).await {
            tracing::debug!(%error, "the agent had no last word");
        }
        self.deliveries = self.feed.as_ref().map_or(0, |feed| feed.counts().0);
    }

    /// What the built-in app received.
    fn hear(&mut self, context: &Context, received: Received) {
        let checks_itself = received.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(ONLINE_CHECK));
        let Some(feed) = self.feed.as_mut().filter(|_| !checks_itself) else { return };
        if let Some(delivery) = feed.told(received.sighting()) {
            show(context, &delivery);
        }
    }

    /// Deliveries are judged by the secret that is known now.
    pub fn verify_deliveries(&mut self) {
        let secrets = self.learned.iter().map(|learned| learned.secret.clone()).collect();
        if let Some(feed) = &mut self.feed {
            feed.verify_with(secrets);
        }
    }
}

async fn answer(context: &Context, options: &Options, setup: &mut SetUp, asked: Asked) {
    let done = match asked.question {
        Question::Secure(wish) => setup.secure(context, options, wish).await,
        Question::SecretRotated => setup.learn_anew(context, options).await,
        Question::EndpointTaken { endpoint_id, upstream } => {
            setup.lose(context, &endpoint_id, &upstream);
            Ok(serde_json::Value::Null)
        }
    };
    let _ = asked.reply.send(done);
}

/// The agent tells more of the same delivery, such as that it was a replay, so it is heard first.
fn hold(context: &Context, setup: &mut SetUp, heard: Vec<Heard>) {
    let mut bytes: usize = setup.held.iter().map(|(_, received)| received.body.len()).sum();
    for heard in heard {
        match heard {
            Heard::Request(received) => {
                bytes += received.body.len();
                // In a flood the line is worth more than the bytes.
                let body = if bytes > HELD { Bytes::new() } else { received.body };
                setup.held.push((Instant::now(), Received { body, ..*received }));
            }
            Heard::Gap(gap) => context.ui.emit(&Event::Gap(gap)),
        }
    }
}

fn show(context: &Context, delivery: &delivery::Delivery) {
    context.ui.delivery(delivery);
}

pub(super) async fn or_never<T>(happening: Option<impl Future<Output = T>>) -> T {
    match happening {
        Some(happening) => happening.await,
        None => std::future::pending().await,
    }
}

pub(super) async fn question(control: Option<&mut Control>) -> Asked {
    match or_never(control.map(|control| control.questions.recv())).await {
        Some(asked) => asked,
        None => std::future::pending().await,
    }
}

/// Both clocks at one moment: the monotonic one stands still while the machine sleeps.
struct Clocks {
    wall: SystemTime,
    monotonic: Instant,
}

impl Clocks {
    fn now() -> Self {
        Self { wall: SystemTime::now(), monotonic: Instant::now() }
    }

    /// Whether the machine slept since the last call.
    fn slept(&mut self) -> bool {
        let now = Self::now();
        let wall = now.wall.duration_since(self.wall).unwrap_or_default();
        let gap = wall.saturating_sub(now.monotonic - self.monotonic);
        *self = now;
        gap > SLEPT
    }
}
