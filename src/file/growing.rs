//! A file that lines are put to the end of, its owner's alone, and the one that it is put aside to when it is large.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::private::{directory, own, private};
use super::read::plain;

/// Opens a file to put lines to its end; it is made where there is none, with the directories above it.
///
/// # Errors
/// The system's; one in words for what is no plain file, and for one that belongs to somebody else.
pub fn growing(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        directory(parent)?;
    }
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A named pipe would wait for its reader; a link may lead anywhere.
        options.mode(0o600).custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW);
    }
    let file = options.open(path)?;
    plain(&file)?;
    own(&file.metadata()?)?;
    private(path)?;
    Ok(file)
}

/// Puts a file aside once it is larger than `limit`, in the place of the one that was put aside before, and opens it
/// anew; `None` while there is room.
///
/// # Errors
/// The system's.
pub fn put_aside(path: &Path, file: &File, limit: u64) -> io::Result<Option<File>> {
    if file.metadata()?.len() < limit {
        return Ok(None);
    }
    fs::rename(path, aside(path))?;
    growing(path).map(Some)
}

/// Where the older lines are.
pub fn aside(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Write as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn it_is_private_bounded_and_never_a_link() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("logs/up.log");
        let mut file = growing(&path).expect("made");
        for round in 0..5 {
            if let Some(anew) = put_aside(&path, &file, 10).expect("looked") {
                file = anew;
            }
            file.write_all(format!("line {round}\n").as_bytes()).expect("written");
        }
        let read = |path: &Path| fs::read_to_string(path).expect("there");
        assert_eq!((read(&aside(&path)).as_str(), read(&path).as_str()), ("line 2\nline 3\n", "line 4\n"));
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        let link = home.path().join("link");
        symlink(&path, &link).expect("a link");
        assert!(growing(&link).is_err() && growing(home.path()).is_err());
    }
}
