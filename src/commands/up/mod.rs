//! `clerkhook up`: app, tunnel, endpoint, secret, test event, proof; then a line per delivery until Ctrl-C.

mod plan;

use crate::error::Result;
use crate::setup;
use crate::steps::Context;

/// Options of `up`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to set up, and how.
    pub setup: setup::Options,
    /// Print the plan, change nothing.
    pub dry_run: bool,
}

/// Runs `up`.
///
/// # Errors
/// That of the step that failed; what was set up until then is taken down before.
pub async fn up(context: &Context, options: &Options) -> Result<()> {
    if options.dry_run {
        return context.unless_interrupted(plan::plan(context, &options.setup)).await;
    }
    setup::run(context, &options.setup).await
}
