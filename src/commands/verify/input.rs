//! What `verify` reads: deliveries and secrets, from files and stdin.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Input, Options};
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::steps::Context;
use crate::verdict::{Candidate, Saved, saved};

/// Clerk's events have kilobytes; a file of this size is another one.
const LIMIT: u64 = 64 * 1024 * 1024;

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
            let bytes = read(context, file).await?;
            saved::read(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))
        }
        Input::Apart { body, headers_file, headers } => {
            let mut headers = headers.clone();
            if let Some(file) = headers_file {
                let bytes = read(context, file).await?;
                headers.extend(saved::headers(&bytes).map_err(|fault| unreadable(file, &fault.to_string()))?);
            }
            let body = read(context, body).await?;
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
        let bytes = read(context, file).await?;
        candidates.push(candidate(format!("`{}`", file.display()), &bytes)?);
    }
    if options.secret_stdin {
        if options.takes_stdin() {
            let why = "the secret is to come from there too; name a file for one of them";
            return Err(unreadable(Path::new("-"), why));
        }
        candidates.push(candidate("stdin".to_owned(), &read(context, Path::new("-")).await?)?);
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
    let place = if file == Path::new("-") { "stdin".to_owned() } else { format!("`{}`", file.display()) };
    Error::DeliveryUnreadable { place, why: why.to_owned() }
}

/// Reads a file or stdin, while an interruption is heard.
async fn read(context: &Context, path: &Path) -> Result<Vec<u8>> {
    let file: PathBuf = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || bytes(&file));
    let result = context.unless_interrupted(async { Ok(reading.await) }).await?;
    let result = result.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(|error| Error::File { path: path.to_owned(), cause: error.to_string() })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else if path.is_dir() {
        return Err(io::Error::other("it is a directory"));
    } else {
        Box::new(File::open(path)?)
    };
    let mut bytes = Vec::new();
    source.take(LIMIT + 1).read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= LIMIT);
    if whole { Ok(bytes) } else { Err(io::Error::other("it is larger than 64 MiB")) }
}
