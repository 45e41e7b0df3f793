//! What `verify` reads: deliveries and secrets, from files and stdin.

use std::path::Path;

use super::{Input, Options};
use crate::delivery::{Id, Request};
use crate::error::{Error, Result};
use crate::history::Reference;
use crate::secret::Secret;
use crate::steps::{Context, input, kept};
use crate::verdict::{Candidate, Saved, saved};

/// How a message id begins (Svix docs, api).
const MESSAGE: &str = "msg_";

/// What was read.
pub struct Read {
    /// The deliveries.
    pub deliveries: Vec<Saved>,
    /// When a kept one came, in Unix seconds.
    pub came: Option<i64>,
}

/// Reads the deliveries.
///
/// # Errors
/// `File`, `DeliveryUnreadable`, `DeliveryAmbiguous`, `HistoryUnusable`, `Interrupted`.
pub async fn deliveries(context: &Context, options: &Options) -> Result<Read> {
    if options.takes_stdin() && context.ui.interactive() {
        context.ui.note("reading from the terminal; end with Ctrl-D");
    }
    match &options.input {
        Input::Whole(file) => {
            if let Some(reference) = reference(file) {
                return kept(context, &reference);
            }
            let bytes = input::read(context, file).await?;
            let deliveries = saved::read(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))?;
            Ok(Read { deliveries, came: None })
        }
        Input::Apart { body, headers_file, headers } => {
            let mut headers = headers.clone();
            if let Some(file) = headers_file {
                let bytes = input::read(context, file).await?;
                headers.extend(saved::headers(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))?);
            }
            let body = input::read(context, body).await?;
            Ok(Read { deliveries: vec![Saved { headers, body, remarks: Vec::new() }], came: None })
        }
    }
}

/// What names no file, and may name a kept delivery: `last`, `@2`, an id or the beginning of one.
fn reference(file: &Path) -> Option<Reference> {
    let text = file.to_str().filter(|text| *text != input::STDIN && file.symlink_metadata().is_err())?;
    let Ok(reference) = text.parse::<Reference>();
    let may_be_one = match &reference {
        Reference::Newest(_) => true,
        Reference::Beginning(id) => Id::may_begin_with(id) || id.starts_with(MESSAGE),
    };
    may_be_one.then_some(reference)
}

/// It is judged as of the moment when it came: whether the app was right to take it does not change with time.
fn kept(context: &Context, reference: &Reference) -> Result<Read> {
    let place = || format!("`{reference}`");
    let found = match kept::open(context)? {
        Some(store) => kept::find(context, &store, reference)?,
        None => None,
    };
    let Some(delivery) = found else {
        let why = "there is no file of this name, and the history has no such delivery".to_owned();
        return Err(Error::DeliveryUnreadable { place: place(), why });
    };
    if delivery.request.truncated {
        return Err(Error::DeliveryUnreadable { place: place(), why: "not all of it was kept".to_owned() });
    }
    let came = delivery.received_at;
    let remark = format!("`{}` of the history, judged as of {came}, when it came", delivery.id);
    let Request { headers, body, .. } = delivery.request;
    Ok(Read { deliveries: vec![Saved { headers, body, remarks: vec![remark] }], came: Some(came.as_second()) })
}

/// The secrets that the app may have: from the command's flags, else from the settings.
///
/// # Errors
/// `File`, `SigningSecretMalformed` for an empty one, `DeliveryUnreadable` when stdin has two masters.
pub async fn secrets(context: &Context, options: &Options) -> Result<Vec<Candidate>> {
    let mut candidates = Vec::new();
    for file in &options.secret_files {
        let bytes = input::read(context, file).await?;
        candidates.push(candidate(format!("`{}`", file.display()), &bytes)?);
    }
    if options.secret_stdin {
        if options.takes_stdin() {
            let why = "the secret is to come from there too; name a file for one of them";
            return Err(unreadable(Path::new(input::STDIN), why));
        }
        candidates.push(candidate("stdin".to_owned(), &input::read(context, Path::new(input::STDIN)).await?)?);
    }
    if let Some(secret) = context.settings.signing_secret.as_ref().filter(|_| candidates.is_empty()) {
        let source = secret.source.to_string();
        candidates.push(Candidate { source, text: secret.value.clone(), remote: false });
    }
    Ok(candidates)
}

fn candidate(source: String, bytes: &[u8]) -> Result<Candidate> {
    let malformed = |why: &str| Error::SigningSecretMalformed { source_name: source.clone(), why: why.to_owned() };
    match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)) {
        Ok(text) if text.trim().is_empty() => Err(malformed("it is empty")),
        Ok(text) => Ok(Candidate { text: Secret::new(text.trim()), source, remote: false }),
        Err(_) => Err(malformed("it is no text")),
    }
}

fn unreadable(file: &Path, why: &str) -> Error {
    let place = if file == Path::new(input::STDIN) { "stdin".to_owned() } else { format!("`{}`", file.display()) };
    Error::DeliveryUnreadable { place, why: why.to_owned() }
}
