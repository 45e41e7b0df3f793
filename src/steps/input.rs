//! What a command reads: a file, or stdin.

use std::io::Read as _;
use std::path::Path;

use crate::error::{Error, Result};

/// The name that means stdin.
pub const STDIN: &str = "-";

/// The bytes of a file; `-` is stdin.
///
/// # Errors
/// `File`.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let read = || {
        if path == Path::new(STDIN) {
            let mut bytes = Vec::new();
            return std::io::stdin().read_to_end(&mut bytes).map(|_| bytes);
        }
        std::fs::read(path)
    };
    read().map_err(|error| Error::File { path: path.to_owned(), cause: error.to_string() })
}
