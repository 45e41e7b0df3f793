//! A whole set-up: the steps in their order, then kept alive, then taken down.

mod bare;
mod closing;
mod detached;
mod follow;
mod held;
mod inbox;
mod live;
mod needs;
mod parts;
mod pending;
mod securing;
mod showing;
mod testing;
mod verdicts;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use jiff::Timestamp;

pub use bare::keep_tunnel;
pub use parts::{by_hand, example};

use crate::error::{Error, Result};
use crate::running::control::SecureWish;
use crate::steps::Context;
use crate::steps::app::Wish;
use crate::steps::secret::EnvWish;
use parts::SetUp;
use pending::Pending;

/// A proof gets this much whatever was spent before.
const LEAST: Duration = Duration::from_secs(1);

/// What to do with the endpoint at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExit {
    /// Leave it.
    Keep,
    /// Hold deliveries back.
    Disable,
    /// Remove it with its secret.
    Delete,
}

/// What to set up, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The app.
    pub app: Wish,
    /// Set up, prove, clean up, end.
    pub once: bool,
    /// Send no test event.
    pub no_test: bool,
    /// The event types to listen to.
    pub events: Vec<String>,
    /// Env files.
    pub env: EnvWish,
    /// The endpoint at the end; by the kind of URL when absent.
    pub on_exit: Option<OnExit>,
    /// Use an agent that already runs for this app.
    pub reuse: bool,
    /// Somebody's endpoint to take over.
    pub adopt: Option<String>,
    /// How long to wait for the proof.
    pub timeout: Duration,
    /// Have the edge verify signatures.
    pub secure: Option<SecureWish>,
    /// Nobody looks at it once it is ready.
    pub detached: Option<Detached>,
}

/// How a set-up goes on in the background.
#[derive(Clone, Debug, Default)]
pub struct Detached {
    /// Says that it is ready, for as long as it is.
    pub ready_file: Option<PathBuf>,
}

impl Options {
    /// With what is left of the time for the proof: whoever waits for a verdict waits no longer.
    fn after(&self, since: Instant) -> Self {
        let left = self.timeout.saturating_sub(since.elapsed()).max(LEAST);
        Self { timeout: if self.detached.is_some() { left } else { self.timeout }, ..self.clone() }
    }
}

/// Sets everything up, proves it, keeps it until the end is asked for, and takes it down.
///
/// # Errors
/// That of the step that failed; what was set up until then is taken down before.
pub async fn run(context: &Context, options: &Options) -> Result<()> {
    let (context, options) = &needs::provide(context, options).await?;
    let mut setup = SetUp::default();
    let result = rise(context, options, &mut setup).await;
    context.ui.settle();
    let ready = setup.ready;
    let verdict = setup.pending.as_ref().and_then(Pending::verdict);
    if options.once || !setup.shows() {
        setup.keep_what_came(context).await;
    }
    closing::close(context, options, setup).await;
    options.detached.iter().for_each(Detached::take_back);
    match result {
        // Ctrl-C is how a set-up that waits for events is meant to end.
        Err(Error::Interrupted) if ready => Ok(()),
        // It was waited for in vain.
        Err(Error::Interrupted) => Err(verdict.unwrap_or(Error::Interrupted)),
        result => result,
    }
}

async fn rise(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    let began = Instant::now();
    setup.since = Some(Timestamp::now());
    setup.open(context, options).await?;
    setup.register(context, options).await?;
    setup.learn(context, options).await?;
    if !options.once && options.detached.is_none() {
        setup.await_proof(context, options)?;
        return live::live(context, options, setup).await;
    }
    setup.try_once(context, options, began).await?;
    setup.announce(context, options)?;
    if options.once {
        return Ok(());
    }
    live::live(context, options, setup).await
}
