//! What `verify` reads: deliveries and secrets, from files and stdin.

use std::path::Path;

use super::{Input, Options};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::steps::{Context, input};
use crate::verdict::{Candidate, Saved, saved};

/// The deliveries.
///
/// # Errors
/// `File`, `DeliveryUnreadable`, `Interrupted`.
pub async fn deliveries(context: &Context, options: &Options) -> Result<Vec<Saved>> {
    if options.takes_stdin() && context.ui.interactive() {
        context.ui.note("reading from the terminal; end with Ctrl-D");
    }
    match &options.input {
        Input::Whole(file) => {
            let bytes = input::read(context, file).await?;
            saved::read(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))
        }
        Input::Apart { body, headers_file, headers } => {
            let mut headers = headers.clone();
            if let Some(file) = headers_file {
                let bytes = input::read(context, file).await?;
                headers.extend(saved::headers(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))?);
            }
            let body = input::read(context, body).await?;
            Ok(vec![Saved { headers, body, remarks: Vec::new() }])
        }
    }
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
