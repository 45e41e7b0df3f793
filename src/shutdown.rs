//! Ctrl-C, SIGTERM and SIGHUP: the first asks for a clean end, the second leaves at once and says what stays behind.

use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::error::Exit;

/// The wish to end, and the list of what would be left behind if nobody cleaned up.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    leftovers: Arc<Mutex<Vec<(&'static str, String)>>>,
}

impl Shutdown {
    /// Listens for signals. `farewell` gets the leftovers before the second signal ends the process.
    pub fn on_signals(farewell: impl Fn(Vec<String>) + Send + 'static) -> Self {
        let shutdown = Self::default();
        let listening = shutdown.clone();
        // At once, not when the task first runs: until then a signal would end the process and leave the agent behind.
        let mut signals = Signals::listen();
        tokio::spawn(async move {
            signals.next().await;
            tracing::debug!("asked to end");
            listening.request();
            signals.next().await;
            farewell(listening.leftovers());
            #[allow(clippy::exit, reason = "the second Ctrl-C leaves at once; cleaning up is what it interrupts")]
            std::process::exit(Exit::Interrupted as i32);
        });
        shutdown
    }

    /// Asks for the end, as the first signal does.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// A token that is cancelled with it, and can be alone.
    pub fn child(&self) -> CancellationToken {
        self.token.child_token()
    }

    /// Whether the end was asked for.
    pub fn requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Resolves when the end is asked for.
    pub async fn wait(&self) {
        self.token.cancelled().await;
    }

    /// Notes what is left behind if the process ends now; `key` replaces an earlier note.
    pub fn would_leave(&self, key: &'static str, what: impl Into<String>) {
        self.cleaned(key);
        self.lock().push((key, what.into()));
    }

    /// Takes the note back.
    pub fn cleaned(&self, key: &'static str) {
        self.lock().retain(|(noted, _)| *noted != key);
    }

    /// What is left behind if the process ends now.
    pub fn leftovers(&self) -> Vec<String> {
        self.lock().iter().map(|(_, what)| what.clone()).collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(&'static str, String)>> {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// SIGINT, SIGTERM and SIGHUP, listened to without a gap.
#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        Self(kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect())
    }

    async fn next(&mut self) {
        let arrived = |context: &mut std::task::Context<'_>| {
            let any = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        };
        std::future::poll_fn(arrived).await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
