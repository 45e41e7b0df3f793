//! The secret that a sandbox signs with: the project's own, so that the user's own handler verifies; without one it is
//! kept for the project, so that it is the same at the next run.

use super::Context;
use super::endpoint::Registered;
use super::secret::parse;
use crate::config::Source;
use crate::error::Result;
use crate::report::Action;
use crate::secret::Secret;
use crate::svix::Svix;

/// Has a sandbox's endpoint sign with the project's secret, where the endpoint is new or the sandbox is this command's
/// own. One that was rotated meanwhile stays as it is. Gives the secret, where it was asked for.
///
/// # Errors
/// Those of Svix.
pub async fn settle(context: &Context, svix: &Svix, registered: &Registered) -> Result<Option<Secret>> {
    let settings = &context.settings;
    let own = settings.clerk_secret_key.as_ref().is_some_and(|key| key.source == Source::Sandbox);
    if !settings.sandbox || !own && registered.told.action != Action::Created {
        return Ok(None);
    }
    let id = &registered.endpoint.id;
    let fetched = context.unless_interrupted(svix.secret(id)).await?;
    let project = &context.project.directory;
    match project_s(context).or_else(|| context.state.sandbox_secret(project)) {
        Some(wanted) if wanted == fetched => Ok(Some(fetched)),
        Some(wanted) => {
            context.unless_interrupted(svix.replace_secret(id, &wanted)).await?;
            Ok(Some(wanted))
        }
        None => {
            // Where nothing can be written, the next run has another one.
            let _ = context.state.keep_sandbox_secret(project, &fetched);
            Ok(Some(fetched))
        }
    }
}

/// What the project's environment or env files hold.
fn project_s(context: &Context) -> Option<Secret> {
    let found = context.settings.signing_secret.as_ref()?;
    match parse(&found.value, &found.source.to_string()) {
        Ok(secret) => Some(secret.text().clone()),
        Err(error) => {
            context.ui.warn(&format!("{error}; the sandbox signs with one of its own"));
            None
        }
    }
}
