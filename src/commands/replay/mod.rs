//! `clerkhook replay`: sends a captured delivery again, as it was, or edited and signed afresh.

mod choose;
mod compose;
mod difference;
mod send;

use std::path::PathBuf;

use jiff::Timestamp;
use url::Url;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::event::Event;
use crate::handler::{Answer, Diagnosis, diagnose, page};
use crate::ngrok::capture::Capture;
use crate::payload::Edit;
use crate::signature::TOLERANCE;
use crate::steps::{Context, tunnel};

/// Options of `replay`.
#[derive(Clone, Debug)]
pub struct Options {
    /// The agent's id, a message id, or `last`; chosen or listed when absent.
    pub id: Option<String>,
    /// Which tunnel, when several run.
    pub upstream: Option<Upstream>,
    /// Changes of the body, in order.
    pub edits: Vec<Edit>,
    /// Headers to set.
    pub headers: Vec<(String, String)>,
    /// Another body; `-` is stdin.
    pub body: Option<PathBuf>,
    /// Edit the body in an editor.
    pub editor: bool,
    /// Sign afresh though nothing is changed.
    pub fresh: bool,
    /// A new `svix-id`, so that the app does not take it for a repetition.
    pub new_id: bool,
    /// The old bytes with the old signature.
    pub original: bool,
    /// Another address.
    pub to: Option<Url>,
    /// How often.
    pub times: u32,
    /// Compare the answer with the one of then.
    pub difference: bool,
    /// Say what would be sent.
    pub dry_run: bool,
}

impl Options {
    /// Whether the agent can do it: the bytes as they were, to where they went.
    fn is_plain(&self) -> bool {
        let changed = !self.edits.is_empty() || !self.headers.is_empty() || self.body.is_some() || self.editor;
        !changed && !self.fresh && !self.new_id && !self.original && self.to.is_none()
    }
}

/// Replays a captured request.
///
/// # Errors
/// `TunnelMissing`, `CaptureMissing`, `CaptureTruncated`, `EditRefused`, `EditorFailed`, `ReplayUnanswered`;
/// `NotDelivered` when the app answers other than 2xx.
pub async fn replay(context: &Context, options: &Options) -> Result<()> {
    let tunnel = context.unless_interrupted(tunnel::existing(context, options.upstream.as_ref())).await?;
    let captures = tunnel.api.captures(choose::MANY).await?;
    let setup = context.state.find(options.upstream.as_ref()).map(|(_, setup)| setup);
    let chosen = choose::choose(context, setup.as_ref(), options.id.as_deref(), &captures);
    let Some(source) = context.unless_interrupted(chosen).await? else { return Ok(()) };
    let request = if options.is_plain() {
        None
    } else {
        Some(compose::compose(context, options, source, &tunnel.told.upstream).await?)
    };
    if options.dry_run {
        return compose::describe(context, source, request.as_ref());
    }
    let mut worst = None;
    for _ in 0..options.times {
        let sent = async {
            match &request {
                None => send::through_agent(&tunnel.api, source).await,
                Some(request) => send::directly(context, source, request).await,
            }
        };
        let (told, answer) = context.unless_interrupted(sent).await?;
        context.ui.emit(&Event::Replay(told));
        if options.difference {
            difference::show(context, source, &answer);
        }
        let path = request.as_ref().map_or(path(source), |request| request.url.path());
        match page(path, &answer) {
            Some(page) => return Err(not_taken(source, page)),
            None if answer.is_success() => {}
            None => worst = Some(answer),
        }
    }
    match worst {
        None => Ok(()),
        Some(answer) => {
            let old_signature = request.is_none_or(|request| request.signing.is_none());
            Err(refused(source, &answer, &tunnel.told.upstream, old_signature))
        }
    }
}

/// What an app that verifies answers to a signature of long ago.
fn too_old(source: &Capture, answer: &Answer) -> Option<Diagnosis> {
    let signed_at: i64 = source.request.signed().timestamp?.parse().ok()?;
    let age = Timestamp::now().as_second() - signed_at;
    (age > TOLERANCE && matches!(answer.status, 400 | 401 | 403)).then(|| Diagnosis {
        found: format!(
            "the app answered {}: its signature is {age} s old, and apps that verify refuse it after {TOLERANCE} s",
            answer.status
        ),
        fix: "sign it afresh: add `--fresh`".to_owned(),
    })
}

fn refused(source: &Capture, answer: &Answer, upstream: &str, old_signature: bool) -> Error {
    let stale = old_signature.then(|| too_old(source, answer)).flatten();
    let diagnosis = stale.unwrap_or_else(|| diagnose(&answer.seen(path(source), upstream)));
    not_taken(source, diagnosis)
}

fn path(source: &Capture) -> &str {
    source.request.uri.split('?').next().unwrap_or("/")
}

fn not_taken(source: &Capture, Diagnosis { found, fix }: Diagnosis) -> Error {
    let event = source.delivery(&[]).event.unwrap_or_else(|| "the replay".to_owned());
    Error::NotDelivered { event, hop: crate::event::Hop::App, found, fix }
}
