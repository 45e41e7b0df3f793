//! Enter, as somebody types it who is not asked anything: it means "now".

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Ui;

/// How often it is looked whether somebody still waits for it.
const LOOK: Duration = Duration::from_millis(100);

/// Dropping it ends the thread that reads.
struct Wanted(Arc<AtomicBool>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Ui {
    /// Resolves when Enter is typed; never where nobody can be asked. Safe to cancel and call again: a question that comes
    /// meanwhile gets its keys.
    pub async fn enter(&self) {
        if !self.interactive() {
            return std::future::pending().await;
        }
        let wanted = Wanted(Arc::new(AtomicBool::new(true)));
        let still = Arc::clone(&wanted.0);
        let typed = tokio::task::spawn_blocking(move || typed(&still)).await;
        if !typed.unwrap_or(false) {
            std::future::pending::<()>().await;
        }
    }
}

/// Whether a line was typed while it was still wanted.
#[cfg(unix)]
fn typed(still: &AtomicBool) -> bool {
    use std::os::fd::AsFd as _;

    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
    let stdin = std::io::stdin();
    let limit = PollTimeout::try_from(LOOK).unwrap_or(PollTimeout::ZERO);
    while still.load(Ordering::Acquire) {
        let mut watched = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
        match poll(&mut watched, limit) {
            Ok(0) | Err(nix::errno::Errno::EINTR) => {}
            // Whoever waits now gets what was typed.
            Ok(_) if !still.load(Ordering::Acquire) => return false,
            Ok(_) => {
                let mut line = String::new();
                return stdin.read_line(&mut line).is_ok_and(|read| read > 0);
            }
            Err(_) => return false,
        }
    }
    false
}

/// A console cannot be watched beside its questions.
#[cfg(not(unix))]
fn typed(_: &AtomicBool) -> bool {
    let _ = LOOK;
    false
}
