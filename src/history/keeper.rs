//! Keeps deliveries off the loops that see them: a thread of its own writes them in batches.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::store::{Limits, Store, StoreFault};
use crate::delivery::Delivery;

/// How many may wait to be written. A disk that hangs must not take the memory.
const WAITING: usize = 16_384;

/// How many bytes of them.
const WAITING_BYTES: usize = 32 * 1024 * 1024;

/// How many are written at once.
const BATCH: usize = 512;

/// How long the end waits for what is still to be written.
const LAST: Duration = Duration::from_secs(2);

/// What went wrong, told once each.
type Warn = Arc<dyn Fn(String) + Send + Sync>;

/// The way to the thread that writes. Cheap to clone; what it cannot take is counted.
#[derive(Clone)]
pub struct Keeper {
    inner: Option<Arc<Inner>>,
}

struct Inner {
    sender: Mutex<Option<SyncSender<Arc<Delivery>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    missed: Mutex<u64>,
    waiting: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Keeper").field("keeps", &self.inner.is_some()).finish()
    }
}

impl Keeper {
    /// One that keeps nothing.
    pub fn none() -> Self {
        Self { inner: None }
    }

    /// Starts the thread. A database that cannot be used is told once, and costs no delivery.
    pub fn start(path: PathBuf, limits: Limits, warn: impl Fn(String) + Send + Sync + 'static) -> Self {
        if limits.count == 0 {
            return Self::none();
        }
        let (sender, receiver) = sync_channel(WAITING);
        let warn: Warn = Arc::new(warn);
        let waiting = Arc::<AtomicUsize>::default();
        let thread = std::thread::Builder::new().name("history".to_owned()).spawn({
            let (warn, waiting) = (Arc::clone(&warn), Arc::clone(&waiting));
            move || write(&path, limits, &Waiting { receiver, bytes: waiting }, warn.as_ref())
        });
        match thread {
            Ok(thread) => Self {
                inner: Some(Arc::new(Inner {
                    sender: Mutex::new(Some(sender)),
                    thread: Mutex::new(Some(thread)),
                    missed: Mutex::new(0),
                    waiting,
                })),
            },
            Err(error) => {
                warn(format!("nothing is kept in the history: {error}"));
                Self::none()
            }
        }
    }

    /// Whether anything is kept at all.
    pub fn keeps(&self) -> bool {
        self.inner.is_some()
    }

    /// Hands a delivery over; never waits. It is shared, as whoever saw it holds it too.
    pub fn keep(&self, delivery: &Arc<Delivery>) {
        let Some(inner) = &self.inner else { return };
        let sender = inner.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref() else { return };
        let weight = delivery.weight();
        let fits = inner.waiting.fetch_add(weight, Ordering::Relaxed) + weight <= WAITING_BYTES;
        let sent = fits && !matches!(sender.try_send(Arc::clone(delivery)), Err(TrySendError::Full(_)));
        if !sent {
            inner.waiting.fetch_sub(weight, Ordering::Relaxed);
            *inner.missed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        }
    }

    /// Writes what waits, for at most two seconds; gives how many deliveries were not kept because the disk was too slow.
    pub fn finish(&self) -> u64 {
        let Some(inner) = &self.inner else { return 0 };
        drop(inner.sender.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = inner.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let until = Instant::now() + LAST;
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(2));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
        *inner.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What waits to be written, and its bytes.
struct Waiting {
    receiver: Receiver<Arc<Delivery>>,
    bytes: Arc<AtomicUsize>,
}

impl Waiting {
    /// What came until now, at most so many; `None` when nothing comes any more.
    fn batch(&self) -> Option<Vec<Arc<Delivery>>> {
        let mut batch = vec![self.receiver.recv().ok()?];
        while batch.len() < BATCH
            && let Ok(next) = self.receiver.try_recv()
        {
            batch.push(next);
        }
        Some(batch)
    }

    fn written(&self, batch: &[Arc<Delivery>]) {
        self.bytes.fetch_sub(batch.iter().map(|delivery| delivery.weight()).sum(), Ordering::Relaxed);
    }
}

/// Writes until nothing comes any more. What goes wrong is said once; a later batch is tried again, as a disk may have room
/// then.
fn write(path: &Path, limits: Limits, waiting: &Waiting, warn: &(dyn Fn(String) + Send + Sync)) {
    let (mut store, mut told) = (opened(path, warn), false);
    while let Some(batch) = waiting.batch() {
        if store.as_ref().is_some_and(Store::is_gone) {
            warn(format!("the history `{}` was deleted; a new one is begun", path.display()));
            store = opened(path, warn);
        }
        if let Some(store) = &mut store
            && let Err(fault) = store.keep(&batch, limits)
            && !std::mem::replace(&mut told, true)
        {
            warn(refusal("deliveries are not kept", path, &fault));
        }
        waiting.written(&batch);
    }
}

fn opened(path: &Path, warn: &(dyn Fn(String) + Send + Sync)) -> Option<Store> {
    match Store::open(path) {
        Ok((store, aside)) => {
            if let Some(aside) = aside {
                warn(format!("the history was broken; it lies at `{}`, and a new one is begun", aside.display()));
            }
            Some(store)
        }
        Err(fault) => {
            warn(refusal("nothing is kept", path, &fault));
            None
        }
    }
}

fn refusal(what: &str, path: &Path, fault: &StoreFault) -> String {
    format!("{what} in the history `{}`: {fault}; {} (CH0013)", path.display(), fault.fix(path))
}
