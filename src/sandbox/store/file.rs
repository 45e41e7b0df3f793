//! The state file: JSON, readable by its owner only, replaced by rename.

use std::io;
use std::path::Path;

use super::Data;
use crate::file;

/// A thousand messages of at most a few hundred kilobytes, each with its attempts.
const LIMIT: u64 = 512 << 20;

/// The data of an earlier run; absent where there is no file.
pub fn load(path: &Path) -> io::Result<Option<Data>> {
    let text = match file::read_own(path, LIMIT) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let foreign = |error| io::Error::new(io::ErrorKind::InvalidData, format!("no state of a sandbox: {error}"));
    serde_json::from_slice(&text).map(Some).map_err(foreign)
}

/// Replaces the file.
pub fn save(path: &Path, data: &Data) -> io::Result<()> {
    file::write(path, &serde_json::to_vec(data)?)
}
