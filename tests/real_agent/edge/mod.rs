//! An ngrok edge of the tests' own for the real agent: its session protocol on loopback, with faults on demand.

mod identity;
mod session;
mod site;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use site::Site;

/// A token that looks like one, for the agent's config.
pub const TOKEN: &str = "2hRealAgentTestsToken00000_5ofNobodyAtAll0000000";

/// A running edge. Dropping it ends its sessions.
pub struct Edge {
    shared: Arc<Shared>,
    address: SocketAddr,
    directory: TempDir,
    _runtime: Runtime,
}

/// What the edge does wrong from now on.
#[derive(Default)]
struct Faults {
    auth: Option<String>,
    bind: Option<String>,
    delay: Duration,
    moves: bool,
}

struct Shared {
    tls: TlsAcceptor,
    faults: Mutex<Faults>,
    asked: Mutex<Vec<(u32, Value)>>,
    binds: AtomicU32,
    sites: Mutex<Vec<Site>>,
    sessions: Mutex<CancellationToken>,
}

impl Edge {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let (tls, authority) = identity::identity();
        let directory = tempfile::tempdir().expect("a directory");
        std::fs::write(directory.path().join("ca.pem"), authority).expect("written");
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            tls,
            faults: Mutex::default(),
            asked: Mutex::default(),
            binds: AtomicU32::new(1),
            sites: Mutex::default(),
            sessions: Mutex::default(),
        });
        runtime.spawn(accept(shared.clone(), listener));
        Self { shared, address, directory, _runtime: runtime }
    }

    /// A config file that leads an agent here; `rest` are more lines of it.
    pub fn config(&self, rest: &str) -> PathBuf {
        let authority = self.directory.path().join("ca.pem");
        let text = format!(
            "server_addr: {}\nroot_cas: {}\nupdate: false\nconsole_ui: false\n{rest}\n",
            self.address,
            authority.display()
        );
        let (_, path) = tempfile::NamedTempFile::with_suffix_in(".yml", self.directory.path())
            .and_then(|file| file.keep().map_err(std::io::Error::from))
            .expect("a file");
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Refuses each session with this text.
    pub fn refuse_auth(&self, words: &str) {
        self.shared.faults().auth = Some(words.to_owned());
    }

    /// Refuses each address with this text.
    pub fn refuse_bind(&self, words: &str) {
        self.shared.faults().bind = Some(words.to_owned());
    }

    /// Thinks about each answer for so long.
    pub fn delay(&self, delay: Duration) {
        self.shared.faults().delay = delay;
    }

    /// Gives out a new address at each bind, as it does without a fixed domain on some plans.
    pub fn give_new_addresses(&self) {
        self.shared.faults().moves = true;
    }

    /// Cuts the connections of all agents.
    pub fn drop_sessions(&self) {
        let mut sessions = self.shared.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *sessions).cancel();
    }

    /// How agents asked for a session, so far.
    pub fn asked_for_sessions(&self) -> Vec<Value> {
        self.asked(session::AUTH)
    }

    /// How agents asked for an address, so far.
    pub fn asked_for_addresses(&self) -> Vec<Value> {
        self.asked(session::BIND)
    }

    fn asked(&self, kind: u32) -> Vec<Value> {
        let asked = self.shared.asked();
        asked.iter().filter(|(of, _)| *of == kind).map(|(_, request)| request.clone()).collect()
    }
}

impl Shared {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn asked(&self) -> MutexGuard<'_, Vec<(u32, Value)>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sites(&self) -> MutexGuard<'_, Vec<Site>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    while let Ok((connection, _)) = listener.accept().await {
        let cut = shared.sessions.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let session = session::serve(shared.clone(), connection);
        tokio::spawn(async move { cut.run_until_cancelled(session).await });
    }
}
