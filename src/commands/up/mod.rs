//! `clerkhook up`: app, tunnel, endpoint, secret, test event, proof; then a line per delivery until Ctrl-C.

mod closing;
mod live;
mod plan;
mod setup;

use std::time::Duration;

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::steps::Context;
use crate::steps::app::Wish;
use crate::steps::secret::EnvWish;
use setup::SetUp;

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

/// Options of `up`.
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
    /// Print the plan, change nothing.
    pub dry_run: bool,
    /// Use an agent that already runs for this app.
    pub reuse: bool,
    /// Somebody's endpoint to take over.
    pub adopt: Option<String>,
    /// How long to wait for the proof.
    pub timeout: Duration,
}

/// Runs `up`.
///
/// # Errors
/// That of the step that failed; what was set up until then is taken down before.
pub async fn up(context: &Context, options: &Options) -> Result<()> {
    if options.dry_run {
        return context.unless_interrupted(plan::plan(context, options)).await;
    }
    let mut setup = SetUp::default();
    let result = run(context, options, &mut setup).await;
    context.ui.settle();
    let ready = setup.ready;
    closing::close(context, options, setup).await;
    match result {
        // Ctrl-C is how a set-up that waits for events is meant to end.
        Err(Error::Interrupted) if ready => Ok(()),
        result => result,
    }
}

async fn run(context: &Context, options: &Options, setup: &mut SetUp) -> Result<()> {
    let since = Timestamp::now();
    setup.open(context, options).await?;
    setup.register(context, options).await?;
    setup.learn(context, options).await?;
    let proven = setup.test(context, options).await?;
    setup.announce(context, options);
    if options.once {
        return Ok(());
    }
    live::live(context, setup, since, proven.as_deref()).await
}
