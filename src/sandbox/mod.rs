//! Clerk, Svix, the ngrok edge and an ngrok agent on loopback: for trying things out, and for tests.
//!
//! Its answers are written from the vendors' documentation, never with the types that clerkhook reads them with:
//! a wrong member name in a client must fail here.

pub mod agent;
mod armed;
mod clerk;
mod dispatch;
pub mod edge;
mod fault;
mod front;
mod identifier;
mod latency;
mod store;
mod svix;
mod world;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::DropGuard;

use self::agent::{AgentSettings, Installed};
use self::armed::Armed;
use self::edge::Edge;
pub use self::fault::{Fault, FaultError};
use self::fault::{Kind, Service};
use self::front::Front;
use self::identifier::alphanumeric;
pub use self::latency::{Latency, LatencyError};
use self::store::Store;
use self::world::World;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::{file, report, serve};

/// How a sandbox behaves.
#[derive(Clone, Debug)]
pub struct Options {
    /// What goes wrong.
    pub faults: Vec<Fault>,
    /// How slow it is.
    pub latency: Latency,
    /// How much faster than real the retry schedule runs: 3600 makes an hour a second.
    pub retry_speed: f64,
    /// Where users, endpoints and messages outlive the run.
    pub state: Option<PathBuf>,
    /// What the agent says it is, for example `3.39.10`.
    pub agent_version: String,
    /// This executable, which plays the agent.
    pub program: PathBuf,
}

/// A running sandbox. Dropped, its servers end and its files go; [`Sandbox::stop`] waits for it.
pub struct Sandbox {
    addresses: report::Sandbox,
    world: Arc<World>,
    edge: Edge,
    directory: TempDir,
    _stopping: DropGuard,
}

impl Sandbox {
    /// Starts every service on a free port. Fails with [`Error::SandboxFailed`].
    pub async fn start(options: Options) -> Result<Self> {
        let world = world(&options)?;
        let stopping = world.stop.clone().drop_guard();
        let directory = file::temporary_directory("clerkhook-").map_err(failed("temporary directory"))?;
        let authtoken = format!("{}_{}", alphanumeric(27), alphanumeric(21));
        let edge = Edge::start(Secret::new(authtoken.as_str())).map_err(failed("edge"))?;
        let installed =
            agent::install(directory.path(), &options.program, &agent_settings(&options, edge.address()), &authtoken);
        let Installed { bin, config } = installed.map_err(failed("agent"))?;
        let clerk = open(Service::Clerk, clerk::router(Arc::clone(&world)), &options, &world).await?;
        let svix = open(Service::Svix, svix::router(Arc::clone(&world)), &options, &world).await?;
        let addresses = report::Sandbox {
            clerk_api_url: format!("http://{clerk}"),
            svix_server_url: format!("http://{svix}"),
            clerk_secret_key: world.clerk_key.expose().to_owned(),
            ngrok_bin: bin.display().to_string(),
            ngrok_config: config.display().to_string(),
        };
        Ok(Self { addresses, world, edge, directory, _stopping: stopping })
    }

    /// Where everything is, base URLs without a trailing slash.
    pub fn addresses(&self) -> report::Sandbox {
        self.addresses.clone()
    }

    /// Ends the servers and the deliveries under way, and removes the files.
    pub async fn stop(self) {
        self.world.stop.cancel();
        self.world.tasks.close();
        self.world.tasks.wait().await;
        self.edge.stop().await;
        if let Err(error) = self.directory.close() {
            tracing::debug!(%error, "the sandbox's directory stays");
        }
    }
}

fn world(options: &Options) -> Result<Arc<World>> {
    let what = options.state.as_ref().map_or_else(String::new, |path| format!("state file `{}`", path.display()));
    let store = Store::open(options.state.clone()).map_err(failed(what))?;
    if options.faults.iter().any(|fault| fault.kind == Kind::SvixAppMissing) {
        store.change(store::Data::disable_webhooks);
    }
    Ok(Arc::new(World::new(store, Armed::new(options.faults.clone()), options.retry_speed)))
}

fn agent_settings(options: &Options, edge: SocketAddr) -> AgentSettings {
    let faults = options.faults.iter().filter_map(|fault| match &fault.kind {
        Kind::Agent(text) => Some(text.clone()),
        _ => None,
    });
    AgentSettings {
        edge,
        version: options.agent_version.clone(),
        faults: faults.collect(),
        latency_ms: u64::try_from(options.latency.agent.as_millis()).unwrap_or(u64::MAX),
        ..AgentSettings::new(edge)
    }
}

async fn open(service: Service, app: Router, options: &Options, world: &Arc<World>) -> Result<SocketAddr> {
    let listener: TcpListener = serve::bind(0).await.map_err(failed("loopback port"))?;
    let address = listener.local_addr().map_err(failed("loopback port"))?;
    let latency = match service {
        Service::Clerk => options.latency.clerk,
        Service::Svix => options.latency.svix,
    };
    let front = Front { service, latency, app, world: Arc::clone(world) };
    world.tasks.spawn(front.serve(listener));
    Ok(address)
}

fn failed(what: impl Display) -> impl FnOnce(io::Error) -> Error {
    move |error| Error::SandboxFailed { cause: format!("{what}: {error}") }
}
