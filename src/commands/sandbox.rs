//! `clerkhook sandbox`: the local stand-in for Clerk, Svix and ngrok, for tests in any language.

use crate::error::Result;
use crate::report::Report;
use crate::sandbox::Sandbox;
use crate::steps::Context;

/// Keeps the sandbox until the end is asked for.
///
/// # Errors
/// `SandboxFailed`.
pub async fn sandbox(context: &Context, sandbox: &Sandbox) -> Result<()> {
    context.ui.emit(&Report::Sandbox(sandbox.addresses()));
    context.ui.note("these variables lead any clerkhook command here; press Ctrl-C to stop");
    context.shutdown.wait().await;
    Ok(())
}
