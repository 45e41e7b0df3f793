//! Ctrl-C, SIGTERM and SIGHUP: the first asks for a clean end, which has a bound; the second leaves at once. Who leaves
//! before all is taken down says what stays behind.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::error::Exit;

/// From the first signal to the end, whatever hangs.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// How often a program that has the terminal is asked about.
const LOOK: Duration = Duration::from_millis(100);

/// Why it leaves before all is taken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Haste {
    /// It was asked twice.
    Asked,
    /// Something hangs.
    Late,
}

/// What is said at such an end.
type Farewell = dyn Fn(Haste, Vec<String>) + Send + Sync;

/// The wish to end, and the list of what would be left behind if nobody cleaned up.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    token: CancellationToken,
    leftovers: Arc<Mutex<Vec<(&'static str, String)>>>,
    /// What was asked of the command is done: its end is no failure.
    ready: Arc<AtomicBool>,
    /// How many programs have the terminal.
    lent: Arc<AtomicUsize>,
}

/// Another program has the terminal, and with it Ctrl-C.
#[derive(Debug)]
pub struct Lent(Arc<AtomicUsize>);

impl Drop for Lent {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Shutdown {
    /// Listens for signals; SIGHUP is none where a set-up is to outlive its terminal. `farewell` gets the leftovers before
    /// the process is ended in haste.
    pub fn on_signals(outlives_terminal: bool, farewell: impl Fn(Haste, Vec<String>) + Send + Sync + 'static) -> Self {
        let shutdown = Self::default();
        let farewell: Arc<Farewell> = Arc::new(farewell);
        let listening = shutdown.clone();
        // At once, not when the task first runs: until then a signal would end the process and leave the agent behind.
        let mut signals = Signals::listen(outlives_terminal);
        tokio::spawn(async move {
            signals.next().await;
            listening.request();
            listening.count_down(Arc::clone(&farewell));
            tracing::debug!("asked to end");
            signals.next().await;
            listening.leave(Haste::Asked, farewell.as_ref());
        });
        shutdown
    }

    /// Ends the process when nothing else has until then. On a thread of its own, as every other may hang.
    fn count_down(&self, farewell: Arc<Farewell>) {
        let shutdown = self.clone();
        let counting = std::thread::Builder::new().name("countdown".to_owned()).spawn(move || {
            let mut since = Instant::now();
            while since.elapsed() < ENDS_WITHIN {
                std::thread::sleep(LOOK);
                if shutdown.lent.load(Ordering::Relaxed) > 0 {
                    since = Instant::now();
                }
            }
            shutdown.leave(Haste::Late, farewell.as_ref());
        });
        if let Err(error) = counting {
            tracing::debug!(%error, "the end has no bound");
        }
    }

    #[allow(clippy::exit, reason = "cleaning up is what is cut short")]
    fn leave(&self, haste: Haste, farewell: &Farewell) {
        farewell(haste, self.leftovers());
        let clean = haste == Haste::Late && self.ready.load(Ordering::Relaxed);
        std::process::exit(if clean { 0 } else { Exit::Interrupted as i32 });
    }

    /// Notes that the end is no failure from now on.
    pub fn ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Notes that another program has the terminal for as long as this is kept: Ctrl-C may be meant for it.
    pub fn lend(&self) -> Lent {
        self.lent.fetch_add(1, Ordering::Relaxed);
        Lent(Arc::clone(&self.lent))
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
    fn listen(outlives_terminal: bool) -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let ignored = ignored();
        // Who starts it with SIGHUP ignored, such as `nohup`, wants it to outlive its terminal.
        let heard =
            kinds.into_iter().filter(|kind| *kind != SignalKind::hangup() || !ignored.contains(&kind.as_raw_value()));
        let listening = heard.filter_map(|kind| Some((kind, signal(kind).ok()?)));
        // One that was listened to once no longer ends the process.
        Self(listening.filter(|(kind, _)| *kind != SignalKind::hangup() || !outlives_terminal).map(|it| it.1).collect())
    }

    async fn next(&mut self) {
        let arrived = |context: &mut std::task::Context<'_>| {
            let any = self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready());
            if any { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        };
        std::future::poll_fn(arrived).await;
    }
}

/// SIGCONT: somebody stopped the process (Ctrl-Z) and lets it go on.
#[derive(Debug)]
pub struct Continued(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl Continued {
    /// Listens from now on.
    pub fn listen() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Self(signal(SignalKind::from_raw(nix::sys::signal::Signal::SIGCONT as i32)).ok())
        }
        #[cfg(not(unix))]
        Self()
    }

    /// Resolves when it goes on.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

/// The signals that this process was started to ignore, where the system tells them (Linux).
#[cfg(unix)]
fn ignored() -> Vec<i32> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    (1..=64).filter(|number| mask & (1 << (number - 1)) != 0).collect()
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen(_outlives_terminal: bool) -> Self {
        Self
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
