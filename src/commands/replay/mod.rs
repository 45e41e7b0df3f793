//! `clerkhook replay`: sends a delivery again, as it was, or edited and signed afresh.

mod choose;
mod compose;
mod difference;
mod origin;
mod send;
mod source;

use std::path::PathBuf;

use jiff::Timestamp;
use url::Url;

use crate::config::Upstream;
use crate::error::{Error, Result};
use crate::handler::{Answer, Diagnosis, diagnose, page};
use crate::history::Keeper;
use crate::payload::Edit;
use crate::report::Report;
use crate::signature::{SigningSecret, TOLERANCE};
use crate::steps::feed::recent;
use crate::steps::tunnel::Tunnel;
use crate::steps::{Context, kept, target, tunnel};
use compose::Composed;
use origin::Origin;
use send::Through;
use source::Source;

/// Options of `replay`.
#[derive(Clone, Debug)]
pub struct Options {
    /// An id of the history or the agent, a message id, the beginning of one, `last`, `@2`; chosen or listed when absent.
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
    /// Sign afresh what did not verify.
    pub sign_forged: bool,
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

/// Replays a delivery that the agent captured, or that the history keeps.
///
/// # Errors
/// `TunnelMissing`, `CaptureMissing`, `CaptureTruncated`, `CaptureForged`, `NothingVerified`, `DeliveryUnknown`,
/// `DeliveryAmbiguous`, `HistoryUnusable`, `EditRefused`, `EditorFailed`, `ReplayUnanswered`;
/// `NotDelivered` when the app answers other than 2xx.
pub async fn replay(context: &Context, options: &Options) -> Result<()> {
    let existing = async { Ok(tunnel::existing(context, options.upstream.as_ref()).await) };
    let tunnel = context.unless_interrupted(existing).await?;
    let mut origin = Origin::learn(context).await?;
    let seen = match &tunnel {
        Ok(tunnel) => recent(&tunnel.api, origin.secrets()).await?,
        Err(_) => Vec::new(),
    };
    let (agent, tunnel) = match tunnel {
        Ok(tunnel) => (Ok(seen.as_slice()), Some(tunnel)),
        Err(error) => (Err(error), None),
    };
    let Some(source) = choose::choose(context, options.id.as_deref(), agent, &origin).await? else { return Ok(()) };
    let source = if source.kept.is_some() { source } else { named(context, source) };
    let way = match through(options, &source, tunnel.as_ref()) {
        Some(through) => Way::Agent(through),
        None => {
            let upstream = upstream(context, options, tunnel.as_ref());
            let secret = signing(context, options, &source, &mut origin).await?;
            let Some(composed) = compose::compose(context, options, &source, &upstream, secret).await? else {
                context.ui.warn("nothing was changed in the editor, so nothing was sent");
                return Ok(());
            };
            Way::Direct(Box::new(composed), upstream)
        }
    };
    if options.dry_run {
        return compose::describe(context, &source, way.composed());
    }
    let keeper = context.keeper();
    let sent = send_all(context, options, &source, way, &keeper).await;
    kept::finish(context, &keeper);
    sent
}

/// How it is sent.
enum Way<'a> {
    Agent(Through<'a>),
    /// The request, and the app as hints name it.
    Direct(Box<Composed>, String),
}

impl Way<'_> {
    fn composed(&self) -> Option<&Composed> {
        match self {
            Self::Agent(_) => None,
            Self::Direct(composed, _) => Some(composed),
        }
    }
}

async fn send_all(
    context: &Context,
    options: &Options,
    source: &Source,
    mut way: Way<'_>,
    keeper: &Keeper,
) -> Result<()> {
    let mut worst = None;
    for _ in 0..options.times {
        let sent = async {
            match &mut way {
                Way::Agent(through) => through.send(keeper, source).await,
                Way::Direct(composed, _) => send::directly(context, keeper, source, composed).await,
            }
        };
        let (told, answer) = context.unless_interrupted(sent).await?;
        context.ui.emit(&Report::Replay(told));
        if options.difference {
            difference::show(context, source, &answer);
        }
        let path = way.composed().map_or(source.path(), |composed| composed.url.path());
        match page(path, &answer) {
            Some(page) => return Err(not_taken(source, page)),
            None if answer.is_success() => {}
            None => worst = Some(answer),
        }
    }
    match worst {
        None => Ok(()),
        Some(answer) => Err(refused(context, source, &answer, &way)),
    }
}

/// The agent sends what it still has as it was; all else goes directly.
fn through<'a>(options: &Options, source: &Source, tunnel: Option<&'a Tunnel>) -> Option<Through<'a>> {
    let (tunnel, capture) = (tunnel?, source.capture.clone()?);
    let (api, upstream) = (&tunnel.api, tunnel.told.upstream.as_str());
    options.is_plain().then(|| Through::new(api, upstream, capture, source))
}

/// The app: the tunnel's, the one that was named, the running set-up's, or the usual one.
fn upstream(context: &Context, options: &Options, tunnel: Option<&Tunnel>) -> String {
    let local = || target::local(context, options.upstream.clone().map(Into::into).as_ref()).upstream;
    tunnel.map_or_else(local, |tunnel| tunnel.told.upstream.clone())
}

/// By the id under which the history keeps it, where another witness than the agent told of it.
fn named(context: &Context, source: Source) -> Source {
    let found = || {
        let reference = source.message_id()?.parse().ok()?;
        let found = kept::find(context, &kept::open(context).ok()??, &reference).ok()??;
        (found.request.body == source.delivery.request.body).then_some(found.id)
    };
    match found() {
        Some(kept) => Source { id: kept.to_string(), kept: Some(kept), ..source },
        None => source,
    }
}

/// The secret for a fresh signature, where there is to be one. What somebody else made up gets none by accident.
async fn signing(
    context: &Context,
    options: &Options,
    source: &Source,
    origin: &mut Origin,
) -> Result<Option<SigningSecret>> {
    if options.original {
        return Ok(None);
    }
    let secret = origin.signing(context).await?;
    match origin.forged(source).filter(|_| !options.sign_forged) {
        Some(why) => Err(Error::CaptureForged { id: source.message_id().unwrap_or(&source.id).to_owned(), why }),
        None => Ok(Some(secret)),
    }
}

/// What an app that verifies answers to a signature of long ago.
fn too_old(source: &Source, answer: &Answer) -> Option<Diagnosis> {
    let signed_at: i64 = source.signed().timestamp?.parse().ok()?;
    let age = Timestamp::now().as_second() - signed_at;
    (age > TOLERANCE && matches!(answer.status, 400 | 401 | 403)).then(|| Diagnosis {
        found: format!(
            "the app answered {}: its signature is {age} s old, and apps that verify refuse it after {TOLERANCE} s",
            answer.status
        ),
        fix: "sign it afresh: add `--fresh`".to_owned(),
    })
}

fn refused(context: &Context, source: &Source, answer: &Answer, way: &Way<'_>) -> Error {
    let (old_signature, upstream) = match way {
        Way::Agent(through) => (true, through.upstream),
        Way::Direct(composed, upstream) => (composed.signing.is_none(), upstream.as_str()),
    };
    let stale = old_signature.then(|| too_old(source, answer)).flatten();
    let diagnosis = stale.unwrap_or_else(|| diagnose(&answer.seen(source.path(), upstream).of(context.framework())));
    not_taken(source, diagnosis)
}

fn not_taken(source: &Source, Diagnosis { found, fix }: Diagnosis) -> Error {
    let event = source.delivery.event.clone().unwrap_or_else(|| "the replay".to_owned());
    Error::NotDelivered { event, hop: crate::report::Hop::App, found, fix }
}
