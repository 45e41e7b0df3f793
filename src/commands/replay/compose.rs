//! The request that is sent in place of the captured one: edited bytes, fresh signature.

use jiff::Timestamp;
use svix_ksuid::{Ksuid, KsuidLike as _};
use url::Url;

use super::Options;
use super::source::Source;
use crate::error::{Error, Result};
use crate::http::{NotOriginForm, OriginForm};
use crate::payload;
use crate::report::{Plan, Step};
use crate::signature::{self, HEADERS, STANDARD_HEADERS, SigningSecret};
use crate::steps::{Context, editor, input};

/// Headers that belong to one connection, that the tunnel added, or that are made anew.
const LEFT_OUT: [&str; 9] = [
    "connection",
    "content-length",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// What is sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// HTTP method.
    pub method: String,
    /// Where to.
    pub url: Url,
    /// All headers but the signature's.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
    /// Paths and headers that differ from the source.
    pub edits: Vec<String>,
    /// For a fresh signature: id and key.
    pub signing: Option<(String, SigningSecret)>,
}

impl Composed {
    /// All headers; a fresh signature is made now, as each sending has its own time.
    pub fn headers_now(&self) -> Vec<(String, String)> {
        let mut headers = self.headers.clone();
        if let Some((id, secret)) = &self.signing {
            let now = Timestamp::now().as_second();
            headers.extend(signature::headers(std::slice::from_ref(secret), id, now, &self.body));
        }
        headers
    }
}

/// Composes the request; `None` when the editor was left without a change.
///
/// # Errors
/// `EditRefused`, `File`, and those of the editor.
pub async fn compose(
    context: &Context,
    options: &Options,
    source: &Source,
    upstream: &str,
    secret: Option<SigningSecret>,
) -> Result<Option<Composed>> {
    let Some((body, mut edits)) = body(context, options, source).await? else { return Ok(None) };
    let keeps_signature = secret.is_none();
    let kept = |name: &str| {
        let name = name.to_ascii_lowercase();
        let signature = HEADERS.contains(&name.as_str()) || STANDARD_HEADERS.contains(&name.as_str());
        let replaced = options.headers.iter().any(|(set, _)| set.eq_ignore_ascii_case(&name));
        !LEFT_OUT.contains(&name.as_str()) && !replaced && (keeps_signature || !signature)
    };
    let mut headers: Vec<(String, String)> =
        source.delivery.request.headers.iter().filter(|(name, _)| kept(name)).cloned().collect();
    headers.extend(options.headers.iter().cloned());
    edits.extend(options.headers.iter().map(|(name, _)| name.clone()));
    let url = address(options, source, upstream)?;
    let signing = secret.map(|secret| (id(options, source), secret));
    Ok(Some(Composed { method: source.delivery.request.method.clone(), url, headers, body, edits, signing }))
}

/// The message's id, or a new one.
fn id(options: &Options, source: &Source) -> String {
    match source.message_id() {
        Some(id) if !options.new_id => id.to_owned(),
        _ => format!("msg_{}", Ksuid::new(None::<std::time::SystemTime>, None)),
    }
}

async fn body(context: &Context, options: &Options, source: &Source) -> Result<Option<(Vec<u8>, Vec<String>)>> {
    let refused = |fault: payload::Fault| Error::EditRefused { why: fault.to_string() };
    let (mut body, mut edits) = (source.delivery.request.body.clone(), Vec::new());
    if let Some(path) = &options.body {
        body = input::read(context, path).await?;
        edits.push("body".to_owned());
    }
    let applied = payload::apply(&body, &options.edits).map_err(refused)?;
    for path in applied.created {
        context.ui.note(&format!("`{path}` was not there before; it was added"));
    }
    body = applied.body;
    edits.extend(options.edits.iter().map(|edit| edit.path().to_string()));
    if options.editor {
        let Some(edited) = editor::edit_json(context, &body).await? else { return Ok(None) };
        body = edited;
        edits.push("body".to_owned());
    }
    Ok(Some((body, edits)))
}

fn address(options: &Options, source: &Source, upstream: &str) -> Result<Url> {
    let base = match &options.to {
        // An address with a path is meant whole.
        Some(to) if to.path() != "/" => return Ok(to.clone()),
        Some(to) => to.clone(),
        None => Url::parse(upstream).map_err(|_| Error::TunnelMissing)?,
    };
    let target: OriginForm = source
        .delivery
        .request
        .target
        .parse()
        .map_err(|error: NotOriginForm| Error::EditRefused { why: error.to_string() })?;
    Ok(target.at(&base))
}

/// What a dry run says.
pub fn describe(context: &Context, source: &Source, composed: Option<&Composed>) -> Result<()> {
    let detail = match composed {
        None => format!("{} through the agent, as it was", source.id),
        Some(composed) => {
            let signed = if composed.signing.is_some() { "signed afresh" } else { "with its old signature" };
            let edits = if composed.edits.is_empty() { "unchanged".to_owned() } else { composed.edits.join(", ") };
            format!("{} to {} {signed} ({edits})", source.id, composed.url)
        }
    };
    context.ui.emit(&crate::report::Report::Plan(Plan { step: Step::Test, action: "send", detail }));
    Ok(())
}
