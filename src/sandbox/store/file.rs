//! The state file: JSON, readable by its owner only, replaced by rename.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use super::Data;

/// The data of an earlier run; absent where there is no file.
pub fn load(path: &Path) -> io::Result<Option<Data>> {
    let text = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        read => read?,
    };
    let foreign = |error| io::Error::new(io::ErrorKind::InvalidData, format!("no state of a sandbox: {error}"));
    serde_json::from_slice(&text).map(Some).map_err(foreign)
}

/// Replaces the file.
pub fn save(path: &Path, data: &Data) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    file.write_all(&serde_json::to_vec(data)?)?;
    let _: File = file.persist(path)?;
    Ok(())
}
