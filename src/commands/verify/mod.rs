//! `clerkhook verify`: whether a saved delivery is genuine, and why not when it is not.

mod input;
mod remote;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::error::{Error, Result};
use crate::report::{self, Report};
use crate::steps::{self, Context, secret};
use crate::verdict::{self, Candidate, Terms, Verdict};
use input::Read;

/// Options of `verify`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The delivery.
    pub input: Input,
    /// Files with a secret each, in place of the project's.
    pub secret_files: Vec<PathBuf>,
    /// A secret comes on stdin.
    pub secret_stdin: bool,
    /// Ask Clerk and Svix for all endpoints' secrets.
    pub remote: bool,
    /// The moment to judge the timestamp by, in Unix seconds.
    pub at: Option<i64>,
    /// In seconds; `None` judges the signature alone.
    pub tolerance: Option<i64>,
}

/// Where the delivery is; `-` is stdin.
#[derive(Clone, Debug)]
pub enum Input {
    /// Headers and body in one file, or the name of a kept delivery where there is no such file.
    Whole(PathBuf),
    /// Each by itself.
    Apart {
        /// The body's bytes.
        body: PathBuf,
        /// Lines or JSON.
        headers_file: Option<PathBuf>,
        /// From the command line.
        headers: Vec<(String, String)>,
    },
}

impl Options {
    /// Whether a part of the delivery comes on stdin.
    fn takes_stdin(&self) -> bool {
        let is_stdin = |path: &Path| path == Path::new(steps::input::STDIN);
        match &self.input {
            Input::Whole(file) => is_stdin(file),
            Input::Apart { body, headers_file, .. } => is_stdin(body) || headers_file.as_deref().is_some_and(is_stdin),
        }
    }
}

/// Judges each delivery of the input.
///
/// # Errors
/// `NotVerified` when one is not valid; `DeliveryUnreadable`, `File`, `SigningSecretMissing`, `SigningSecretMalformed`,
/// with `--remote` those of Clerk and Svix.
pub async fn verify(context: &Context, options: &Options) -> Result<()> {
    // Whoever runs it by mistake should not wait for a secret or for Clerk to learn that there is nothing to verify.
    let Read { deliveries, came } = input::deliveries(context, options).await?;
    let mut candidates = input::secrets(context, options).await?;
    let mut clock_ahead = None;
    if options.remote {
        let remote = remote::ask(context).await?;
        candidates.extend(remote.candidates);
        clock_ahead = remote.clock_ahead.filter(|_| options.at.is_none());
    }
    if candidates.is_empty() {
        let looked = format!("{}; `--remote` asks Clerk for it", secret::LOOKED);
        return Err(Error::SigningSecretMissing { looked });
    }
    let now = options.at.or(came).unwrap_or_else(|| Timestamp::now().as_second());
    let terms = Terms { now, tolerance: options.tolerance, clock_ahead };
    let count = deliveries.len();
    let judging = tokio::task::spawn_blocking(move || judged(deliveries, &candidates, &terms));
    let judged = |error: tokio::task::JoinError| Error::Unexpected { what: "judging", cause: error.to_string() };
    let verdicts = context.unless_interrupted(async { judging.await.map_err(judged) }).await?;
    for verdict in &verdicts {
        context.ui.emit(&Report::Verdict(told(verdict)));
    }
    let failed = verdicts.iter().filter(|verdict| !verdict.valid).count();
    if failed > 0 { Err(Error::NotVerified { failed, deliveries: count }) } else { Ok(()) }
}

fn judged(deliveries: Vec<verdict::Saved>, candidates: &[Candidate], terms: &Terms) -> Vec<Verdict> {
    deliveries.iter().map(|delivery| verdict::judge(delivery, candidates, terms)).collect()
}

fn told(verdict: &Verdict) -> report::Verdict {
    let signed = verdict.age.map(|age| match age {
        0.. => format!("{} ago", verdict::span(age)),
        _ => format!("{} in the future", verdict::span(age)),
    });
    report::Verdict {
        valid: verdict.valid,
        cause: verdict.cause.as_ref().map(verdict::Cause::slug),
        reason: verdict.cause.as_ref().map(ToString::to_string),
        fix: verdict.cause.as_ref().map(verdict::Cause::fix),
        message_id: verdict.message_id.clone(),
        event: verdict.event.clone(),
        secret: verdict.secret.clone(),
        age_s: verdict.age,
        signed,
        remarks: verdict.remarks.clone(),
    }
}
