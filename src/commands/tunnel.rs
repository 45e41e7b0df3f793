//! `clerkhook tunnel`: finds or starts the agent, prints the public URL, keeps it up.

use crate::config::Upstream;
use crate::error::Result;
use crate::report::Report;
use crate::setup;
use crate::steps::{Context, app, tunnel};

/// Options of `tunnel`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The app; it need not run yet.
    pub upstream: Option<Upstream>,
    /// Use an agent that already runs for this app.
    pub reuse: bool,
    /// How it is verified and proven, once it is asked for.
    pub verified: setup::Options,
    /// Say what would be done.
    pub dry_run: bool,
}

/// Keeps the tunnel until the end is asked for. An agent of somebody else needs no keeping.
///
/// # Errors
/// Those of the agent's start; `AgentDied` when it ends by itself.
pub async fn tunnel(context: &Context, options: &Options) -> Result<()> {
    let upstream = options.upstream.clone().unwrap_or_else(|| app::usual(context));
    if options.dry_run {
        tunnel::plan(context, &upstream, options.reuse).await?;
        return Ok(());
    }
    let abort = context.shutdown.child();
    let tunnel = tunnel::open(context, &upstream, options.reuse, &abort).await?;
    if tunnel.agent.is_some() {
        return setup::keep_tunnel(context, &options.verified, tunnel).await;
    }
    context.ui.emit(&Report::Tunnel(tunnel.told).answer());
    context.ui.note("that agent ran already and is left running");
    Ok(())
}
