//! Files that hold state or a secret: their owner's alone whatever the umask, replaced by rename, never read through a
//! link or from somebody else.

use std::fs::{self, File, Metadata, Permissions};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

use super::read::{bounded, opening, plain};

/// The bytes of a plain file that only this user can have written.
///
/// # Errors
/// The system's; one in words for a link, a file of another owner, and one that others may write.
pub fn read_own(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    bounded(open_own(path)?, limit)
}

/// A plain file that only this user can have written, opened to be read.
///
/// # Errors
/// As for [`read_own`].
pub fn open_own(path: &Path) -> io::Result<File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other("it is a symbolic link"));
    }
    let mut options = opening();
    // The look before gives the words; this closes the gap between it and the opening.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NONBLOCK | nix::libc::O_NOFOLLOW);
    let file = options.open(path)?;
    plain(&file)?;
    own(&file.metadata()?)?;
    Ok(file)
}

/// Whether a directory is one in which only this user can put files. An absent one is.
///
/// # Errors
/// The system's, or in words why not.
pub fn trusted(directory: &Path) -> io::Result<()> {
    match fs::symlink_metadata(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::other("it is a symbolic link")),
        // In the system's own words.
        Ok(metadata) if !metadata.is_dir() => fs::read_dir(directory).map(drop),
        Ok(metadata) => own(&metadata),
    }
}

/// Whether a file that is there is this user's. An absent one is.
///
/// # Errors
/// The system's, or in words whose it is.
pub fn owned(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(metadata) if metadata.is_symlink() => Err(io::Error::other("it is a symbolic link")),
        Ok(metadata) => of_this_user(&metadata),
    }
}

/// What tells a file from another one that was put in its place; `None` where there is none, or the system does not tell.
pub fn identity(path: &Path) -> Option<(u64, u64)> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Makes a private directory, and those above it that are missing; one that is there is closed to others.
///
/// # Errors
/// The system's; those of [`trusted`].
pub fn directory(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.exists()) {
        directory(parent)?;
    }
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        made => made?,
    }
    trusted(path)?;
    restrict(path, 0o700)
}

/// Puts `contents` in the place of a file, which is its owner's alone then. A link is replaced, not followed.
///
/// # Errors
/// The system's.
pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary(tempfile::Builder::new().prefix(".clerkhook-"), directory)?;
    file.write_all(contents)?;
    let _: File = file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// A new file of its owner's alone; it is gone when the handle is dropped.
///
/// # Errors
/// The system's.
pub fn temporary(builder: &tempfile::Builder<'_, '_>, directory: &Path) -> io::Result<NamedTempFile> {
    let file = builder.tempfile_in(directory)?;
    // The umask may have taken more than it should.
    #[cfg(unix)]
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

/// A new directory of its owner's alone in the system's place for such; it is gone when the handle is dropped.
///
/// # Errors
/// The system's.
pub fn temporary_directory(prefix: &str) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    let directory = builder.prefix(prefix).tempdir()?;
    restrict(directory.path(), 0o700)?;
    Ok(directory)
}

#[cfg(unix)]
pub(super) fn own(metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    of_this_user(metadata)?;
    match metadata.permissions().mode() & 0o022 {
        0 => Ok(()),
        _ => Err(io::Error::other("others may write it (`chmod go-w` ends that)")),
    }
}

#[cfg(unix)]
fn of_this_user(metadata: &Metadata) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let (owner, user) = (metadata.uid(), nix::unistd::geteuid().as_raw());
    if owner == user {
        return Ok(());
    }
    Err(io::Error::other(format!("it belongs to another user ({owner}, and this is {user})")))
}

#[cfg(not(unix))]
fn of_this_user(_metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn own(_metadata: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Closes a file that another program made to everybody but its owner.
///
/// # Errors
/// The system's.
pub fn private(path: &Path) -> io::Result<()> {
    restrict(path, 0o600)
}

/// Sets the mode where it is another one.
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o7777 != mode {
            fs::set_permissions(path, Permissions::from_mode(mode))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, mode, None::<Permissions>);
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, chown, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o7777
    }

    #[test]
    fn what_is_written_is_its_owners_alone() {
        let home = tempfile::tempdir().expect("a directory");
        let inner = home.path().join("one/two");
        directory(&inner).expect("made");
        let (file, elsewhere) = (inner.join("state.json"), home.path().join("elsewhere"));
        fs::write(&elsewhere, "not to be touched").expect("written");
        symlink(&elsewhere, &file).expect("a link");
        write(&file, b"{}").expect("written");
        assert_eq!((mode(&home.path().join("one")), mode(&inner), mode(&file)), (0o700, 0o700, 0o600));
        assert_eq!(fs::read_to_string(&elsewhere).expect("there"), "not to be touched");
        assert_eq!(read_own(&file, 8).expect("ours"), b"{}");
    }

    #[test]
    fn what_others_may_have_written_is_not_read() {
        let home = tempfile::tempdir().expect("a directory");
        let (file, link) = (home.path().join("a"), home.path().join("b"));
        write(&file, b"{}").expect("written");
        symlink(&file, &link).expect("a link");
        assert_eq!(read_own(&link, 8).expect_err("refused").to_string(), "it is a symbolic link");
        assert_eq!(trusted(&link).expect_err("refused").to_string(), "it is a symbolic link");
        fs::set_permissions(&file, Permissions::from_mode(0o620)).expect("mode");
        assert!(read_own(&file, 8).expect_err("refused").to_string().starts_with("others may write it"));
        fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("mode");
        // Only root may give files away.
        if chown(&file, Some(65_534), None).is_ok() {
            assert!(read_own(&file, 8).expect_err("refused").to_string().starts_with("it belongs to another user"));
        }
        assert!(trusted(&home.path().join("absent")).is_ok());
    }
}
