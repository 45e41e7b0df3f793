//! The sandbox's ngrok edge: agents dial it, and each tunnel gets a public URL on loopback.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::secret::Secret;

mod control;
mod expression;
mod policy;
mod public;
pub(in crate::sandbox) mod refusal;
pub(in crate::sandbox) mod relay;
mod site;
pub(in crate::sandbox) mod wire;

/// A running edge. Dropping it ends its sessions, sites and connections.
#[derive(Debug)]
pub struct Edge {
    address: SocketAddr,
    tasks: TaskTracker,
    _running: DropGuard,
}

impl Edge {
    /// Starts an edge on a free port that admits agents with `authtoken`. Needs a tokio runtime.
    pub fn start(authtoken: Secret) -> io::Result<Self> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), authtoken)
    }

    /// Starts an edge on a given address, as one that comes back after an outage.
    pub fn start_at(address: SocketAddr, authtoken: Secret) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            authtoken,
            sites: site::Sites::default(),
            sessions: AtomicU64::default(),
            waiting: Mutex::default(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let (tasks, running) = (shared.tasks.clone(), shared.stop.clone().drop_guard());
        shared.spawn(accept(shared.clone(), listener));
        Ok(Self { address, tasks, _running: running })
    }

    /// Where agents connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it and waits until its ports are free.
    pub async fn stop(self) {
        let Self { tasks, _running: running, .. } = self;
        drop(running);
        tasks.close();
        tasks.wait().await;
    }
}

/// What the tasks of an edge share.
#[derive(Debug)]
struct Shared {
    authtoken: Secret,
    sites: site::Sites,
    sessions: AtomicU64,
    waiting: Mutex<HashMap<String, oneshot::Sender<TcpStream>>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Shared {
    /// Runs a task until it ends or the edge does.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.stop.clone();
        self.tasks.spawn(async move { stop.run_until_cancelled(task).await });
    }

    /// Visitors whose agent was asked to dial back, by the id of the `open`.
    fn waiting(&self) -> MutexGuard<'_, HashMap<String, oneshot::Sender<TcpStream>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let (stream, _) = relay::accept(&listener).await;
        shared.spawn(control::connection(shared.clone(), stream));
    }
}
