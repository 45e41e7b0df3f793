//! A stream that waits for its reader, but not past the end: a full pipe that nobody reads holds nothing up.

use std::io::{self, Write};
use std::sync::Arc;

/// Whether a stream that takes nothing is given up.
pub type GivenUp = Arc<dyn Fn() -> bool + Send + Sync>;

/// Writes in pieces that a pipe with room takes whole.
#[derive(Clone)]
pub struct Patient<S> {
    inner: S,
    #[cfg_attr(not(unix), allow(dead_code, reason = "elsewhere a write waits"))]
    given_up: GivenUp,
}

impl<S> Patient<S> {
    /// `given_up` is asked when nobody has read for a while.
    pub fn new(inner: S, given_up: GivenUp) -> Self {
        Self { inner, given_up }
    }
}

impl<S> std::fmt::Debug for Patient<S> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Patient").finish_non_exhaustive()
    }
}

#[cfg(unix)]
mod unix {
    use std::os::fd::AsFd;
    use std::time::{Duration, Instant};

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    use super::{Patient, Write, io};

    /// What a pipe that has room takes without waiting (`pipe(7)`, `PIPE_BUF`).
    const PIECE: usize = 4096;

    /// How often it is asked whether to go on.
    const LOOK: u8 = 50;

    /// How long a reader may pause at the end.
    const PAUSE: Duration = Duration::from_millis(400);

    impl<S: Write + AsFd> Patient<S> {
        fn wait(&self) -> io::Result<()> {
            let since = Instant::now();
            loop {
                let mut asked = [PollFd::new(self.inner.as_fd(), PollFlags::POLLOUT)];
                match poll(&mut asked, PollTimeout::from(LOOK)) {
                    Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                    // What is wrong with it, the write says.
                    Ok(_) | Err(_) => return Ok(()),
                }
                if since.elapsed() > PAUSE && (self.given_up)() {
                    return Err(io::Error::from(io::ErrorKind::TimedOut));
                }
            }
        }
    }

    impl<S: Write + AsFd> Write for Patient<S> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.wait()?;
            let written = self.inner.write(&bytes[..bytes.len().min(PIECE)])?;
            self.inner.flush()?;
            Ok(written)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

#[cfg(not(unix))]
impl<S: Write> Write for Patient<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
