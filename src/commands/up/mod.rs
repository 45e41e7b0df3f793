//! `clerkhook up`: app, tunnel, endpoint, secret, test event, proof; then a line per delivery until Ctrl-C.

mod plan;

use crate::error::Result;
use crate::report::{Report, Status, Step};
use crate::running::Setup;
use crate::setup;
use crate::steps::Context;
use crate::steps::trial::{Wish, prove_running};
use crate::steps::{app, project};

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
    project::tell(context);
    let app = project::app(context, &options.setup.app).await?;
    let options = &Options { setup: setup::Options { app, ..options.setup.clone() }, ..*options };
    if options.dry_run {
        return context.unless_interrupted(plan::plan(context, &options.setup)).await;
    }
    match running(context, &options.setup) {
        Some(first) => show(context, &options.setup, &first).await,
        None => setup::run(context, &options.setup).await,
    }
}

/// The set-up that another `up` keeps for the same app. The built-in app is never the same one.
fn running(context: &Context, options: &setup::Options) -> Option<Setup> {
    if options.app.serve || options.once {
        return None;
    }
    let upstream = app::wished(&options.app);
    let (_, first) = context.state.find(Some(&upstream))?;
    first.endpoint_id.is_some().then_some(first)
}

/// Shows the first one, and proves that it works.
async fn show(context: &Context, options: &setup::Options, first: &Setup) -> Result<()> {
    let Setup { pid, public_url, upstream, agent_address, .. } = first;
    context.ui.note(&format!("`up` runs already for {upstream} (process {pid}); this shows that one"));
    let words = format!("{public_url} → {upstream}  (inspector http://{agent_address})");
    context.ui.emit(&Report::step(Step::Tunnel, Status::Ok, words));
    let endpoint = first.endpoint_id.clone().unwrap_or_default();
    let url = first.webhook_url.clone().unwrap_or_default();
    context.ui.emit(&Report::step(Step::Endpoint, Status::Ok, format!("{endpoint} for {url}")));
    if options.no_test {
        return Ok(());
    }
    let wish = Wish {
        event: setup::example(&options.events).to_owned(),
        upstream: upstream.parse().ok(),
        timeout: options.timeout,
        dry_run: false,
    };
    let mut context = context.clone();
    context.settings.follow(&first.services, &context.settings.state_dir.value.clone());
    prove_running(&context, &wish).await
}
