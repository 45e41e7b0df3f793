//! `clerkhook doctor`: finds what is wrong, in the order of the hops, and shows every setting with its source.

mod local;
mod project;
mod remote;
mod settings;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::report::{Check, Health, Report};
use crate::steps::Context;

/// Options of `doctor`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The app.
    pub upstream: Option<Upstream>,
}

/// A check's result before it is told.
pub(super) struct Finding {
    pub health: Health,
    pub found: String,
    pub fix: Option<String>,
}

impl Finding {
    pub fn ok(found: impl Into<String>) -> Self {
        Self { health: Health::Ok, found: found.into(), fix: None }
    }

    pub fn warn(found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { health: Health::Warn, found: found.into(), fix: Some(fix.into()) }
    }

    pub fn fail(found: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { health: Health::Fail, found: found.into(), fix: Some(fix.into()) }
    }

    /// What failed, the other side's words, and the error's own hint.
    pub fn error(error: &Error) -> Self {
        let cause = error.cause().map(|cause| format!(": {}", cause.lines().next().unwrap_or_default()));
        Self::fail(format!("{error}{}", cause.unwrap_or_default()), error.hint())
    }
}

/// Runs every check.
///
/// # Errors
/// `DoctorFailed` when one failed; `Interrupted`.
pub async fn doctor(context: &Context, options: &Options) -> Result<()> {
    settings::show(context);
    let upstream = options.upstream.clone().or_else(|| {
        let setup = context.set_up(None)?;
        setup.upstream.parse().ok()
    });
    let upstream = upstream.unwrap_or_else(|| crate::steps::app::usual(context));
    let all = async {
        // Clerk is far away and the rest is near: both are asked at the same time, and told in order.
        let mut findings = project::check(context);
        let (tunnel_url, remote) = {
            let near = local::check(context, &upstream);
            let far = remote::connect(context);
            let ((near, tunnel_url), remote) = tokio::join!(near, far);
            findings.extend(near);
            (tunnel_url, remote)
        };
        findings.extend(remote::check(context, remote, tunnel_url.as_deref()).await);
        Ok(findings)
    };
    let findings: Vec<(&'static str, Finding)> = context.unless_interrupted(all).await?;
    let checks = findings.len();
    let failed = findings.iter().filter(|(_, finding)| finding.health == Health::Fail).count();
    for (check, Finding { health, found, fix }) in findings {
        context.ui.emit(&Report::Check(Check { check: check.to_owned(), status: health, found, fix, case: None }));
    }
    if failed > 0 { Err(Error::DoctorFailed { failed, checks }) } else { Ok(()) }
}
