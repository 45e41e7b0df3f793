//! Who holds a record: a lock that the system lets go when its process ends, however it ends. A pid only guesses.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::file;

/// A lock that this process holds until it ends or drops it. Its file is gone then.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    _file: File,
}

/// Who holds a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    /// A process that runs.
    Somebody,
    /// Its process is gone.
    Nobody,
    /// It has no file, or the system does not tell.
    Unknown,
}

impl Lock {
    /// Takes a lock that nobody else takes. It is held before its file has its name, so that nobody sees it free.
    ///
    /// # Errors
    /// The system's; a file system may know no locks.
    pub fn take(path: &Path) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let unnamed = file::temporary(tempfile::Builder::new().prefix(".clerkhook-"), directory)?;
        unnamed.as_file().try_lock().map_err(io::Error::from)?;
        let file = unnamed.persist(path).map_err(|error| error.error)?;
        Ok(Self { path: path.to_owned(), _file: file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Looks who holds it. The look is a shared lock, so that two who look at once do not take each other for the holder.
pub(super) fn holder(path: &Path) -> Holder {
    let Ok(file) = file::open_own(path) else { return Holder::Unknown };
    match file.try_lock_shared() {
        Ok(()) => Holder::Nobody,
        Err(TryLockError::WouldBlock) => Holder::Somebody,
        Err(TryLockError::Error(_)) => Holder::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_until_it_is_dropped_and_a_look_takes_nothing() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("a");
        assert_eq!(holder(&path), Holder::Unknown);
        let lock = Lock::take(&path).expect("taken");
        assert_eq!([holder(&path), holder(&path)], [Holder::Somebody; 2]);
        drop(lock);
        assert!(!path.exists());
        file::write(&path, b"").expect("written");
        let looking = file::open_own(&path).expect("opened");
        looking.try_lock_shared().expect("a look");
        assert_eq!(holder(&path), Holder::Nobody);
    }
}
