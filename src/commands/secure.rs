//! `clerkhook secure`: has a running set-up verify signatures and prove it, or keeps one of its own.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, Result};
use crate::report::{Plan, Report, Step};
use crate::running::control::{self, Question, SecureWish};
use crate::setup;
use crate::steps::{Context, project};

/// What a running set-up needs beside its proof.
const RESTARTS_WITHIN: Duration = Duration::from_secs(15);

/// Options of `secure`.
#[derive(Clone, Debug)]
pub struct Options {
    /// How to verify.
    pub wish: SecureWish,
    /// What to set up where nothing runs.
    pub setup: setup::Options,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Turns verification on or off.
///
/// # Errors
/// Those of the set-up; `TunnelMissing` when there is nothing to turn off.
pub async fn secure(context: &Context, options: &Options) -> Result<()> {
    let control = context.set_up(options.setup.app.upstream.as_ref()).and_then(|setup| setup.control);
    if options.dry_run {
        let (action, place) =
            if control.is_some() { ("change", "the running set-up") } else { ("start", "a new set-up") };
        let state = if options.wish.off { "off" } else { "on" };
        let detail = format!("{place}, with verification {state}");
        context.ui.emit(&Report::Plan(Plan { step: Step::Tunnel, action, detail }));
        return Ok(());
    }
    match control {
        Some(address) => {
            let question = Question::Secure(options.wish);
            context.http.end_by(Some(Instant::now() + options.setup.timeout + RESTARTS_WITHIN));
            let value = context.unless_interrupted(control::ask(&context.http.patient(), &address, &question)).await?;
            let secured =
                serde_json::from_value(value).map_err(|error| Error::SetUpSilent { cause: error.to_string() })?;
            context.ui.emit(&Report::Secured(secured));
            Ok(())
        }
        None if options.wish.off => Err(Error::TunnelMissing),
        None => {
            let app = project::app(context, &options.setup.app).await?;
            setup::run(context, &setup::Options { app, ..options.setup.clone() }).await
        }
    }
}
