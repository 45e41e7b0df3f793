//! Replaces a file whole or not at all: written beside it, then renamed over it.

use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use crate::file;

/// A chain of symbolic links longer than this is a ring (as on Linux).
const LONGEST_CHAIN: usize = 40;

/// Puts `contents` in the place of the file. A symbolic link stays, its target is replaced; mode and, where the
/// system allows it, owner are kept; a new file is its owner's alone.
pub(super) fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let target = follow(path)?;
    let directory = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // The name matches what projects let git ignore, `.env*` and `.env*.local`, should a crash leave it behind.
    let mut written = file::temporary(tempfile::Builder::new().prefix(".env.").suffix(".local"), directory)?;
    written.write_all(contents)?;
    match fs::metadata(&target) {
        Ok(metadata) => resemble(written.as_file(), &metadata)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    written.as_file().sync_all()?;
    written.persist(&target).map_err(|error| error.error)?;
    sync_directory(directory);
    Ok(())
}

/// Where a chain of links ends, whether or not there is a file.
fn follow(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LONGEST_CHAIN {
        match fs::read_link(&path) {
            Ok(link) => path = path.parent().unwrap_or(Path::new("")).join(link),
            // Not a link, or not there.
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("its symbolic links lead in a ring"))
}

/// Gives a new file the owner and mode of the one that it replaces.
fn resemble(file: &File, model: &Metadata) -> io::Result<()> {
    if model.permissions().readonly() {
        // A rename would not care; the person who set it does.
        return Err(io::Error::new(ErrorKind::PermissionDenied, "it is read-only"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        // Only root may give files away; a group of one's own can be kept by anyone.
        let _ = fchown(file, Some(model.uid()), Some(model.gid())).or_else(|_| fchown(file, None, Some(model.gid())));
    }
    file.set_permissions(model.permissions())
}

/// Makes the rename last through a power cut, where directories can be synced at all.
fn sync_directory(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
    }

    #[test]
    fn a_new_file_is_its_owners_alone() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env");
        replace(&path, b"A=1\n").expect("replaced");
        assert_eq!(mode(&path), 0o600);
    }

    #[test]
    fn mode_and_owner_are_kept() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env");
        fs::write(&path, "A=1\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("mode");
        // Root may give the file away; anyone else keeps what is theirs.
        let _ = std::os::unix::fs::chown(&path, Some(12_345), Some(12_345));
        let owner =
            |path: &Path| fs::metadata(path).map(|metadata| (metadata.uid(), metadata.gid())).expect("metadata");
        let (before, inode) = (owner(&path), fs::metadata(&path).expect("metadata").ino());
        replace(&path, b"A=2\n").expect("replaced");
        assert_eq!((mode(&path), owner(&path)), (0o640, before));
        assert_ne!(fs::metadata(&path).expect("metadata").ino(), inode, "renamed over, not written into");
    }

    #[test]
    fn a_link_stays_and_its_target_is_replaced() {
        let directory = tempfile::tempdir().expect("a directory");
        let (shared, link) = (directory.path().join("shared"), directory.path().join(".env"));
        fs::create_dir(&shared).expect("a directory");
        symlink("shared/env", &link).expect("a link that leads nowhere yet");
        for contents in ["A=1\n", "A=2\n"] {
            replace(&link, contents.as_bytes()).expect("replaced");
            assert_eq!(fs::read_to_string(shared.join("env")).expect("readable"), contents);
            assert_eq!(fs::read_link(&link).expect("still a link"), Path::new("shared/env"));
        }
        assert_eq!(mode(&shared.join("env")), 0o600);
    }

    #[test]
    fn a_ring_of_links_is_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env");
        symlink(".env", &path).expect("a link");
        assert_eq!(replace(&path, b"").expect_err("refused").to_string(), "its symbolic links lead in a ring");
    }

    #[test]
    fn a_read_only_file_and_an_absent_directory_are_refused() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(".env");
        fs::write(&path, "A=1\n").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).expect("mode");
        assert_eq!(replace(&path, b"A=2\n").expect_err("refused").to_string(), "it is read-only");
        assert_eq!(fs::read_to_string(&path).expect("readable"), "A=1\n");
        assert_eq!(fs::read_dir(&directory).expect("listed").count(), 1, "nothing is left beside it");
        let error = replace(&directory.path().join("absent/.env"), b"").expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}
