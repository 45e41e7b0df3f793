//! Reads plain files up to a bound. A named pipe would wait for ever, and a device never ends.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::Path;

/// Under these names a shell hands over what another program prints (`<(…)`); its writer runs already.
const HANDED_OVER: [&str; 3] = ["/dev/fd/", "/proc/self/fd/", "/dev/stdin"];

/// The bytes of a plain file of up to `limit` bytes.
///
/// # Errors
/// The system's; one in words for another kind of file, and for a larger one.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = opening().open(path)?;
    plain(&file)?;
    bounded(file, limit)
}

/// The same, and what the shell hands over in place of a file: `--secret-file <(pass show webhook)`.
///
/// # Errors
/// As for [`read`].
pub fn handed_over(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let by_name = path.to_str().is_some_and(|name| HANDED_OVER.iter().any(|handed| name.starts_with(handed)));
    if by_name && is_pipe(path) { bounded(File::open(path)?, limit) } else { read(path, limit) }
}

/// To be opened at once: opening a named pipe waits for its writer otherwise.
pub(super) fn opening() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, nix::libc::O_NONBLOCK);
    options
}

/// Whether it is a plain file, by the handle: a look at the path may be outdated when it is opened.
pub(super) fn plain(file: &File) -> io::Result<()> {
    let kind = file.metadata()?.file_type();
    match () {
        () if kind.is_file() => Ok(()),
        () if kind.is_dir() => Err(io::Error::other("it is a directory")),
        () => Err(io::Error::other("it is not a regular file")),
    }
}

/// Reads to the end, unless it lies beyond `limit`.
pub(super) fn bounded(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= limit => Ok(bytes),
        _ if limit < 1 << 20 => Err(io::Error::other(format!("it is larger than {} KiB", limit >> 10))),
        _ => Err(io::Error::other(format!("it is larger than {} MiB", limit >> 20))),
    }
}

#[cfg(unix)]
fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt as _;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_fifo())
}

#[cfg(not(unix))]
fn is_pipe(_path: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_up_to_the_bound_are_read() {
        let directory = tempfile::tempdir().expect("a directory");
        let (plain, pipe) = (directory.path().join("plain"), directory.path().join("pipe"));
        std::fs::write(&plain, "12345678").expect("written");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        assert_eq!(read(&plain, 8).expect("read"), b"12345678");
        for (path, limit, why) in [
            (plain.as_path(), 7, "it is larger than 0 KiB"),
            (pipe.as_path(), 8, "it is not a regular file"),
            (Path::new("/dev/zero"), 8, "it is not a regular file"),
            (directory.path(), 8, "it is a directory"),
        ] {
            for reader in [read, handed_over] {
                assert_eq!(reader(path, limit).expect_err("refused").to_string(), why, "{}", path.display());
            }
        }
    }
}
