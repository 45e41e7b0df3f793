//! `clerkhook down`: ends what `up` keeps, from any terminal, and says what it ended.

use std::time::Duration;

use tokio::time::timeout;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::process;
use crate::report::{Ended, Plan, Report, Step, Stopped};
use crate::running::control::{self, Question};
use crate::running::{Setup, Wanted};
use crate::steps::{Context, tunnel};

/// A set-up that hears nothing for so long gets a signal.
const HEARS_WITHIN: Duration = Duration::from_secs(3);

/// The end has a bound of 5 s, and a sandbox stops after it.
const ENDS_WITHIN: Duration = Duration::from_secs(8);

/// Options of `down`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The set-up for this app.
    pub upstream: Option<Upstream>,
    /// With its endpoint.
    pub delete: bool,
    /// Each that runs.
    pub all: bool,
    /// Say what would be ended.
    pub dry_run: bool,
}

/// Ends the set-up that is meant, or all of them. That none runs is as good.
///
/// # Errors
/// `SetUpStays` when one does not end.
pub async fn down(context: &Context, options: &Options) -> Result<()> {
    let setups = meant(context, options);
    if let others @ 1.. = context.state.of_other_versions() {
        context
            .ui
            .note(&format!("{others} records of another clerkhook version are left alone; its own `down` reads them"));
    }
    if options.dry_run {
        setups.iter().for_each(|setup| context.ui.emit(&planned(setup, options.delete)));
    }
    if setups.is_empty() {
        context.ui.note(&match &options.upstream {
            Some(upstream) => format!("no set-up runs for {upstream}: nothing to end"),
            None => "no set-up runs: nothing to end".to_owned(),
        });
    }
    if options.dry_run {
        return Ok(());
    }
    let mut stays = None;
    for setup in &setups {
        match context.unless_interrupted(end(context, setup, options.delete)).await {
            Ok(stopped) => context.ui.emit(&Report::Stopped(stopped)),
            Err(error @ Error::SetUpStays { .. }) => {
                if let Some(earlier) = stays.replace(error) {
                    context.ui.warn(&earlier.to_string());
                }
            }
            Err(error) => return Err(error),
        }
    }
    // An agent whose clerkhook was killed has nobody to ask.
    tunnel::end_left(context, |setup| {
        options.all || options.upstream.as_ref().is_some_and(|app| app.is_same_app(&setup.upstream))
    })
    .await;
    stays.map_or(Ok(()), Err)
}

/// The newest first; a bare tunnel after the set-ups that may use it.
fn meant(context: &Context, options: &Options) -> Vec<Setup> {
    if options.all {
        let mut all: Vec<Setup> = context.state.running().into_iter().map(|(_, setup)| setup).collect();
        all.sort_by_key(|setup| setup.webhook_url.is_none());
        return all;
    }
    let wanted = Wanted::of(&context.settings, options.upstream.as_ref());
    context.state.meant(&wanted).into_iter().map(|(_, setup)| setup).take(1).collect()
}

fn planned(setup: &Setup, delete: bool) -> Report {
    let endpoint = match &setup.endpoint_id {
        Some(id) if delete => format!(", and delete endpoint {id}"),
        _ => String::new(),
    };
    Report::Plan(Plan { step: Step::Tunnel, action: "stop", detail: format!("{}{endpoint}", setup.words()) })
}

async fn end(context: &Context, setup: &Setup, delete: bool) -> Result<Stopped> {
    let heard = ask(context, setup, delete).await;
    if !heard && context.state.holds(setup) {
        context.ui.note(&format!("{} does not answer, so it is sent SIGTERM", setup.words()));
        process::ask_to_end(setup.pid);
    }
    if !context.state.ends(setup, ENDS_WITHIN).await {
        return Err(Error::SetUpStays { who: setup.words(), pid: setup.pid });
    }
    let word = context.state.last_word(setup);
    if let (Some(id), true, false) = (&setup.endpoint_id, delete, was_deleted(word.as_ref())) {
        context.ui.warn(&format!("endpoint `{id}` is not deleted; `clerkhook prune --older-than 1s` finds it"));
    }
    let of = Ended { set_up: setup.id.clone(), pid: setup.pid, upstream: setup.upstream.clone() };
    Ok(Stopped { of: Some(of), ..word.unwrap_or_default() })
}

fn was_deleted(word: Option<&Stopped>) -> bool {
    word.is_some_and(|stopped| stopped.endpoint.as_deref() == Some("deleted"))
}

async fn ask(context: &Context, setup: &Setup, delete: bool) -> bool {
    let Some(address) = &setup.control else { return false };
    let question = Question::End { delete };
    matches!(timeout(HEARS_WITHIN, control::ask(&context.http, address, &question)).await, Ok(Ok(_)))
}
