//! What a set-up needs and has not: looked for before anything is begun, told together, then asked for one by one.

use super::{Options, by_hand};
use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::ngrok;
use crate::report::{Report, Status, Step};
use crate::steps::endpoint::{self, Intent};
use crate::steps::{Context, app, tunnel};
use crate::ui::Answer;

/// What is missing, in the order of the hops.
#[derive(Default)]
struct Missing {
    app: Option<Error>,
    agent: Option<Error>,
    key: Option<Error>,
}

/// Looks for app, agent and key, and has a person answer what can be answered; gives the context and the options with
/// the answers, so that no later step has anything to ask.
///
/// # Errors
/// `SeveralMissing`, or the one that is missing; `Declined` when a question is left.
pub async fn provide(context: &Context, options: &Options) -> Result<(Context, Options)> {
    let missing = context.unless_interrupted(async { Ok(look(context, options).await) }).await?;
    let told = missing.told();
    // Nobody can be asked for an agent.
    let answerable = context.ui.interactive() && missing.agent.is_none();
    let blocked = missing.agent.is_some() || missing.key.is_some() || missing.app.is_some() && !options.app.awaited;
    if !answerable && blocked {
        if missing.app.is_some() {
            context.ui.ask_for(&app::serving(&options.app));
        }
        return Err(refuse(context, told));
    }
    if told.len() > 1 {
        tell(context, &told);
        context.ui.note("neither account nor app yet? `clerkhook up --sandbox --serve`");
    }
    let mut options = options.clone();
    if let Some(down) = missing.app.filter(|_| answerable) {
        match app::ask_to_serve(context, &options.app).await? {
            Answer::Yes => options.app.serve = true,
            Answer::No if options.app.awaited => {}
            Answer::No => return Err(context.begin(Step::App, "").fail(down)),
        }
    }
    let context = match by_hand(context) {
        Some(_) => context.clone(),
        None => endpoint::answered(context, Intent::Change)
            .await
            .map_err(|error| context.begin(Step::Endpoint, "").fail(error))?,
    };
    Ok((context, options))
}

async fn look(context: &Context, options: &Options) -> Missing {
    let upstream = app::wished(&options.app);
    let (app, agent) = tokio::join!(app::missing(&options.app), no_agent(context, &upstream, options.reuse));
    let no_key = context.settings.clerk_secret_key.is_none() && by_hand(context).is_none();
    Missing { app, agent, key: no_key.then(endpoint::key_missing) }
}

/// Why there will be no agent: none can be started, and none runs for the app.
async fn no_agent(context: &Context, upstream: &Upstream, reuse: bool) -> Option<Error> {
    let error = ngrok::locate(&context.settings).err()?;
    let runs = reuse && tunnel::find(context, upstream).await.is_some();
    (!runs).then_some(error)
}

impl Missing {
    fn told(&self) -> Vec<(Step, Error)> {
        let all = [(Step::App, &self.app), (Step::Tunnel, &self.agent), (Step::Endpoint, &self.key)];
        all.into_iter().filter_map(|(step, error)| Some((step, error.clone()?))).collect()
    }
}

/// Each as the line of its step, with what mends it.
fn tell(context: &Context, told: &[(Step, Error)]) {
    for (step, error) in told {
        context.ui.emit(&Report::step(*step, Status::Warn, format!("{error}: {}", error.hint())));
    }
}

fn refuse(context: &Context, told: Vec<(Step, Error)>) -> Error {
    if let [(step, error)] = &told[..] {
        return context.begin(*step, "").fail(error.clone());
    }
    Error::several_missing(told.into_iter().map(|(_, error)| error).collect())
}
