//! What a command reads: a file, or stdin.

use std::io::{self, Read as _};
use std::path::Path;

use super::Context;
use crate::error::{Error, Result};
use crate::file;

/// The name that means stdin.
pub const STDIN: &str = "-";

/// Clerk's events have kilobytes; a file of this size is another one.
const LARGEST: u64 = 64 << 20;

/// The bytes of a file of up to 64 MiB, `-` being stdin, while an interruption is heard.
///
/// # Errors
/// `File`, `Interrupted`.
pub async fn read(context: &Context, path: &Path) -> Result<Vec<u8>> {
    let file = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || bytes(&file));
    let result = context.unless_interrupted(async { Ok(reading.await) }).await?;
    let result = result.unwrap_or_else(|error| Err(io::Error::other(error)));
    result.map_err(|error| Error::File { path: path.to_owned(), cause: error.to_string() })
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    if path != Path::new(STDIN) {
        return file::handed_over(path, LARGEST);
    }
    let mut bytes = Vec::new();
    io::stdin().take(LARGEST + 1).read_to_end(&mut bytes)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length <= LARGEST);
    if whole { Ok(bytes) } else { Err(io::Error::other("it is larger than 64 MiB")) }
}
