//! `clerkhook up`: app, tunnel, endpoint, secret, test event, proof; then a line per delivery until Ctrl-C.

mod background;
mod plan;

pub use background::Background;

use crate::error::Result;
use crate::report::{Ready, Report, Status, Step};
use crate::running::{Setup, Wanted};
use crate::setup;
use crate::steps::endpoint::{self, Intent};
use crate::steps::trial::Place;
use crate::steps::{Context, app, project, standing};

/// Options of `up`.
#[derive(Clone, Debug)]
pub struct Options {
    /// What to set up, and how.
    pub setup: setup::Options,
    /// Whether it goes on without this terminal.
    pub background: Background,
    /// Print the plan, change nothing.
    pub dry_run: bool,
}

/// Runs `up`.
///
/// # Errors
/// That of the step that failed; what was set up until then is taken down before.
pub async fn up(context: &Context, options: &Options) -> Result<()> {
    if let (Background::Wanted(arguments), false) = (&options.background, options.dry_run) {
        return background::detach(context, options, arguments).await;
    }
    // The built-in app is not the project's.
    if !options.setup.app.serve {
        project::tell(context);
    }
    let app = project::app(context, &options.setup.app).await?;
    let setup = &setup::Options { app, ..options.setup.clone() };
    if options.dry_run {
        return context.unless_interrupted(plan::plan(context, setup)).await;
    }
    match running(context, setup) {
        Some(first) => show(context, setup, &first).await,
        None => setup::run(context, setup).await,
    }
}

/// The set-up that another `up` keeps for the same app. The built-in app is never the same one.
fn running(context: &Context, options: &setup::Options) -> Option<Setup> {
    if options.app.serve || options.once {
        return None;
    }
    let upstream = app::wished(&options.app);
    let meant = context.state.meant(&Wanted::like(&context.settings, &upstream));
    meant.into_iter().map(|(_, first)| first).find(|first| first.endpoint_id.is_some())
}

/// Prints the lines that the first one did, and proves that it works.
async fn show(context: &Context, options: &setup::Options, first: &Setup) -> Result<()> {
    let Setup { pid, public_url, upstream, agent_address, .. } = first;
    context.ui.note(&format!("`up` runs already for {upstream} (process {pid}); this shows that one"));
    let words = format!("{public_url} → {upstream}  (inspector http://{agent_address})");
    context.ui.emit(&Report::step(Step::Tunnel, Status::Ok, words));
    context.ui.emit(&Report::Tunnel(standing::told(first).await));
    let mut context = context.clone();
    context.settings.follow(&first.services, &first.profile, &context.settings.state_dir.value.clone());
    let app = upstream.parse().ok();
    let mut place = Place::find(&context, app.as_ref(), endpoint::connect(&context, Intent::Send)).await?;
    let shown = show_at(&context, options, first, &mut place).await;
    place.leave().await;
    shown
}

async fn show_at(context: &Context, options: &setup::Options, first: &Setup, place: &mut Place) -> Result<()> {
    let told = place.told();
    context.ui.emit(&Report::step(Step::Endpoint, Status::Ok, format!("{} for {}", told.endpoint_id, told.url)));
    context.ui.emit(&Report::Endpoint(told));
    if !options.no_test {
        place.prove(context, setup::example(&options.events), options.timeout).await?;
    }
    // This one does not wait, so a person is not told that it does.
    let ready = Ready {
        public_url: first.public_url.clone(),
        webhook_url: first.webhook_url.clone().unwrap_or_default(),
        inspector_url: first.inspector_url(),
        endpoint_id: first.endpoint_id.clone(),
        secured: first.secured.is_some(),
        pid: first.pid,
        waits: false,
    };
    context.ui.emit(&Report::Ready(ready.clone()));
    options.detached.as_ref().map_or(Ok(()), |detached| detached.write(context, &ready))
}
