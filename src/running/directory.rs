//! The directory of records: which set-ups run, and what of it others may have written.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::lock::{self, Holder};
use super::own::Own;
use super::record::{NOTE_LIMIT, SCHEMA, Setup, read_note, read_record};
use crate::error::{Error, Result};
use crate::{file, process};

/// A note that was passed over, as somebody else may have written it.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// The file or directory.
    pub path: PathBuf,
    /// Why.
    pub why: String,
}

/// The directory of records, and the one that this process keeps in it.
#[derive(Clone, Debug)]
pub struct StateDirectory {
    pub(super) path: PathBuf,
    pub(super) own: Arc<Mutex<Own>>,
}

impl StateDirectory {
    /// Nothing is created before something is saved.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), own: Arc::default() }
    }

    /// The set-ups that run, the newest first. What dead processes left is removed.
    pub fn running(&self) -> Vec<(PathBuf, Setup)> {
        let mut setups: Vec<_> = self.files().into_iter().filter_map(|path| self.alive(path)).collect();
        self.sweep_locks();
        self.sweep_policies();
        setups.sort_by(|(_, left), (_, right)| right.started_at.cmp(&left.started_at));
        setups
    }

    /// How many records another version of clerkhook keeps here.
    pub fn of_other_versions(&self) -> usize {
        let other = |path: &PathBuf| {
            let value: Option<serde_json::Value> = read_note(path);
            value.is_some_and(|value| value["schema"].is_u64() && value["schema"] != SCHEMA)
        };
        self.files().into_iter().filter(other).count()
    }

    /// What is passed over here, as others may have written it.
    pub fn untrusted(&self) -> Vec<Untrusted> {
        let why = |path: &Path, judged: std::io::Result<()>| {
            // What the system refuses is told by whoever needs it.
            let judged = judged.err().filter(|error| error.kind() == std::io::ErrorKind::Other);
            judged.map(|error| Untrusted { path: path.to_owned(), why: error.to_string() })
        };
        let directories = [self.path.clone(), self.setups(), self.locks()];
        if let Some(directory) = directories.iter().find_map(|path| why(path, file::trusted(path))) {
            return vec![directory];
        }
        let files = self.files().into_iter().chain([self.user_file()]).filter(|path| path.symlink_metadata().is_ok());
        files.filter_map(|path| why(&path, file::read_own(&path, NOTE_LIMIT).map(drop))).collect()
    }

    pub(super) fn write(&self, path: &Path, text: &[u8]) -> Result<()> {
        let directory = path.parent().unwrap_or(&self.path);
        let written = self.prepare(directory).and_then(|()| file::write(path, text));
        written.map_err(|error| self.unwritable(&error))
    }

    pub(super) fn unwritable(&self, error: &std::io::Error) -> Error {
        Error::State { path: self.path.clone(), cause: error.to_string() }
    }

    /// Makes a directory of ours. The mode of one that a person named is theirs.
    pub(super) fn prepare(&self, directory: &Path) -> std::io::Result<()> {
        file::trusted(&self.path)?;
        if directory == self.path && directory.exists() { Ok(()) } else { file::directory(directory) }
    }

    pub(super) fn setups(&self) -> PathBuf {
        self.path.join("setups")
    }

    pub(super) fn locks(&self) -> PathBuf {
        self.path.join("locks")
    }

    pub(super) fn files(&self) -> Vec<PathBuf> {
        let directories = [self.path.clone(), self.setups(), self.locks()];
        if directories.iter().any(|directory| file::trusted(directory).is_err()) {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(self.setups()) else { return Vec::new() };
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).collect()
    }

    /// Whether the process that wrote a record is gone, as far as it can be told.
    pub(super) fn is_dead(&self, setup: &Setup) -> bool {
        match lock::holder(&self.lock_of(setup)) {
            Holder::Nobody => true,
            Holder::Somebody => false,
            // Somebody took the lock's file away: what may still run is left alone.
            Holder::Unknown => !process::alive(setup.pid),
        }
    }

    pub(super) fn lock_of(&self, setup: &Setup) -> PathBuf {
        // An id is one word; whatever else a file says leads nowhere else.
        let word: String = setup.id.chars().filter(char::is_ascii_alphanumeric).collect();
        self.locks().join(word)
    }

    fn alive(&self, path: PathBuf) -> Option<(PathBuf, Setup)> {
        let setup = read_record(&path)?;
        if lock::holder(&self.lock_of(&setup)) == Holder::Somebody {
            return Some((path, setup));
        }
        if self.is_dead(&setup) && self.orphan(&setup).is_none() {
            tracing::debug!(path = %path.display(), "removed the record of a process that is gone");
            let _ = fs::remove_file(&path);
        }
        None
    }

    /// Removes the locks that nobody holds and no record needs.
    fn sweep_locks(&self) {
        let Ok(entries) = fs::read_dir(self.locks()) else { return };
        let needed: Vec<PathBuf> =
            self.files().iter().filter_map(|path| read_record(path)).map(|setup| self.lock_of(&setup)).collect();
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| !needed.contains(path)) {
            if lock::holder(&path) == Holder::Nobody {
                let _ = fs::remove_file(path);
            }
        }
    }
}
