//! The sandbox's ngrok agent: a program of its own, run when this executable is called `ngrok`.

use std::ffi::OsString;
use std::future::{Future, pending};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use svix_ksuid::Ksuid;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use self::capture::Captures;
use self::ending::Ending;
use self::exchange::Exchange;
use self::log::Log;
use self::plan::{Plan, Task};
use self::session::{Credentials, Failure, Session};
use self::tunnel::{Tunnel, Tunnels};
use self::version::Version;
use crate::sandbox::edge::refusal::Refusal;
use crate::serve::serve;
use crate::shutdown::Shutdown;

mod api;
mod arguments;
mod capture;
mod config;
mod ending;
mod endpoint_api;
mod exchange;
mod fault;
mod forward;
mod install;
mod log;
mod plan;
mod request_api;
mod session;
mod tunnel;
mod tunnel_api;
mod version;
mod web;

pub use self::fault::{AgentFault, UnknownFault};
pub use self::install::{AgentSettings, Installed, install};

/// Stands for the account's dev domain where a refusal names the URL and none was asked for.
const DEV_URL: &str = "https://quiet-owl.ngrok-free.dev";

/// What the parts of a running agent share.
struct Agent {
    id: String,
    version: Version,
    log: Log,
    tunnels: Tunnels,
    captures: Captures,
    session: Session,
}

impl Agent {
    fn capture(&self, tunnel: &Tunnel, exchange: Arc<Exchange>) {
        if tunnel.inspect() {
            self.captures.add(exchange);
        }
    }
}

/// The whole program; returns its exit status.
///
/// `name` is the program's name as it was typed: its directory holds the settings that [`install`] put there.
/// `environment` looks up a variable, and only `NGROK_AUTHTOKEN` is asked for.
pub async fn run(name: &Path, args: Vec<OsString>, environment: &dyn Fn(&str) -> Option<String>) -> u8 {
    match Task::settle(name, args, environment) {
        Ok(Task::Version(version)) => {
            let written = writeln!(io::stdout(), "ngrok version {version}");
            u8::from(written.is_err())
        }
        Ok(Task::Tunnel(plan)) => {
            let (log, version) = (plan.log.clone(), plan.version);
            tunnel(*plan).await.tell(Some((&log, version)))
        }
        Err(ending) => ending.tell(None),
    }
}

/// Opens the tunnel and keeps it until something ends the process.
async fn tunnel(plan: Plan) -> Ending {
    let asked_to_stop = stop_requests(&plan.faults);
    let log = plan.log.clone();
    tokio::select! {
        ending = work(plan) => ending,
        () = log.unread() => Ending::Died,
        () = asked_to_stop => {
            let fields = [("obj", json!("app")), ("stopReq", json!("{err:<nil> restart:false}"))];
            log.info("received stop request", &fields);
            Ending::Stopped
        }
    }
}

async fn work(plan: Plan) -> Ending {
    let memory = plan.faults.iter().find_map(|fault| match fault {
        AgentFault::Memory(count) => Some(*count),
        _ => None,
    });
    let agent = Arc::new(Agent {
        id: Ksuid::new_raw(0, None).to_string(),
        version: plan.version,
        log: plan.log.clone(),
        tunnels: Tunnels::default(),
        captures: memory.map_or_else(Captures::default, Captures::of),
        session: Session::default(),
    });
    agent.tunnels.add(Arc::new(Tunnel::new(plan.wish.clone())));
    if let Err(words) = start_web(&agent, plan.web_addr.as_deref()).await {
        return Ending::Failed(words);
    }
    let exit = plan.faults.iter().find_map(|fault| match fault {
        AgentFault::Exit(after) => Some(*after),
        _ => None,
    });
    if exit == Some(Duration::ZERO) {
        return Ending::Died;
    }
    sleep(delay(&plan)).await;
    if plan.faults.iter().any(|fault| matches!(fault, AgentFault::Hang { .. })) {
        pending::<()>().await;
    }
    let credentials = match credentials(&plan) {
        Ok(credentials) => credentials,
        Err(refusal) => return Ending::Refused(refusal.text()),
    };
    let ready = CancellationToken::new();
    let drop_after = plan.faults.iter().find_map(|fault| match fault {
        AgentFault::Drop(after) => Some(*after),
        _ => None,
    });
    tokio::select! {
        failure = session::keep_online(&agent, &credentials, &ready, after(&ready, drop_after)) => match failure {
            Failure::Refused(text) => Ending::Refused(text),
            Failure::Unreachable(words) => Ending::Failed(words),
        },
        () = after(&ready, exit) => Ending::Died,
    }
}

/// Starts the web service, unless it is switched off.
async fn start_web(agent: &Arc<Agent>, address: Option<&str>) -> Result<(), String> {
    let Some(listener) = web::bind(address, &agent.log).await? else { return Ok(()) };
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    let fields = [("obj", json!("web")), ("addr", json!(address.to_string())), ("allow_hosts", json!([]))];
    agent.log.info("starting web service", &fields);
    let router = api::router(agent.clone());
    tokio::spawn(serve(listener, router, pending()));
    Ok(())
}

/// Whom the edge will see; a fault or a missing authtoken refuses at once.
fn credentials(plan: &Plan) -> Result<Credentials, Refusal> {
    let version = plan.version.to_string();
    let authtoken = plan.authtoken.clone();
    let token = || authtoken.as_ref().map_or_else(String::new, |token| token.expose().to_owned());
    match plan.refused_by_fault() {
        Some(105) => return Err(Refusal::TokenMalformed { token: token() }),
        Some(108) => return Err(Refusal::TooManySessions),
        Some(121) => return Err(Refusal::AgentTooOld { version }),
        Some(334) => {
            return Err(Refusal::AlreadyOnline { url: plan.wish.url.clone().unwrap_or_else(|| DEV_URL.to_owned()) });
        }
        Some(319) => {
            let url = plan.wish.url.as_deref().unwrap_or(DEV_URL);
            return Err(Refusal::NotReserved { host: url.rsplit("://").next().unwrap_or(url).to_owned() });
        }
        Some(number @ 2201) => {
            return Err(Refusal::Policy { number, why: "unknown action type 'verify-webhook'".to_owned() });
        }
        Some(number @ 9016) => {
            let why = "your account is not authorized to use webhook verification".to_owned();
            return Err(Refusal::Policy { number, why });
        }
        Some(_) => return Err(Refusal::TokenMissing),
        None => {}
    }
    let authtoken = plan.authtoken.clone().ok_or(Refusal::TokenMissing)?;
    Ok(Credentials { edge: plan.settings.edge, authtoken })
}

/// How long the start takes longer than it needs.
fn delay(plan: &Plan) -> Duration {
    let slow = plan.faults.iter().map(|fault| match fault {
        AgentFault::Slow(wait) => *wait,
        _ => Duration::ZERO,
    });
    slow.sum::<Duration>() + Duration::from_millis(plan.settings.latency_ms)
}

/// Resolves so long after the agent is ready; without a time never.
async fn after(ready: &CancellationToken, wait: Option<Duration>) {
    match wait {
        Some(wait) => {
            ready.cancelled().await;
            sleep(wait).await;
        }
        None => pending().await,
    }
}

/// Resolves when a signal asks the process to end, which `hang:hard` never hears.
fn stop_requests(faults: &[AgentFault]) -> impl Future<Output = ()> + use<> {
    let deaf = faults.contains(&AgentFault::Hang { hard: true });
    let shutdown = (!deaf).then(|| Shutdown::on_signals(false, |_, _| {}));
    let swallowed = deaf.then(swallow_signals);
    async move {
        // Kept alive: a dropped handler would not bring the signal's default action back, but nothing promises that.
        let _swallowed = swallowed;
        match shutdown {
            Some(shutdown) => shutdown.wait().await,
            None => pending().await,
        }
    }
}

#[cfg(unix)]
fn swallow_signals() -> Vec<io::Result<tokio::signal::unix::Signal>> {
    use tokio::signal::unix::{SignalKind, signal};
    [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal).into()
}

#[cfg(not(unix))]
fn swallow_signals() {}
