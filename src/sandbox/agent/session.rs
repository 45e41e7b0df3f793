//! The agent's session with the edge: dialled, authenticated, kept, and dialled again when it is lost.

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::Agent;
use super::forward;
use super::tunnel::Tunnel;
use crate::sandbox::edge::relay;
use crate::sandbox::edge::wire::{Answer, Open, ToAgent, ToEdge, say};
use crate::secret::Secret;

/// Without an edge for so long, the agent ends: a test that died must not leave it behind.
const GIVE_UP: Duration = Duration::from_secs(60);

/// Waits between two tries, the first and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// Where and as whom the agent dials.
#[derive(Clone, Debug)]
pub(super) struct Credentials {
    pub edge: SocketAddr,
    pub authtoken: Secret,
}

/// Why there is no session.
#[derive(Debug)]
pub(super) enum Failure {
    /// The edge said no; its whole text.
    Refused(String),
    /// The edge could not be talked to.
    Unreachable(String),
}

/// Takes questions to the edge. Clones ask over the same connection.
#[derive(Clone, Debug)]
struct Link(mpsc::UnboundedSender<Ask>);

type Ask = (ToEdge, oneshot::Sender<Answer>);

impl Link {
    async fn ask(&self, message: ToEdge) -> Result<Option<String>, Failure> {
        let gone = || Failure::Unreachable("session closed".to_owned());
        let (sender, receiver) = oneshot::channel();
        self.0.send((message, sender)).map_err(|_| gone())?;
        let Answer { error, url } = receiver.await.map_err(|_| gone())?;
        error.map_or(Ok(url), |text| Err(Failure::Refused(text)))
    }
}

/// The session of the moment, for whoever has something to ask of the edge.
#[derive(Debug, Default)]
pub(super) struct Session {
    link: Mutex<Option<Link>>,
}

impl Session {
    /// Whether there is one.
    pub(super) fn is_online(&self) -> bool {
        self.link().is_some()
    }

    /// Asks the edge; a refusal is its whole text.
    pub(super) async fn ask(&self, message: ToEdge) -> Result<Option<String>, Failure> {
        let link = self.link().ok_or_else(|| Failure::Unreachable("no session".to_owned()))?;
        link.ask(message).await
    }

    fn link(&self) -> Option<Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, link: Option<Link>) {
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = link;
    }
}

/// Keeps the agent online until the edge refuses it at its first try, or stays away for too long.
/// `ready` is cancelled when all tunnels are up for the first time. `lose` ends the first session when it resolves.
pub(super) async fn keep_online(
    agent: &Arc<Agent>,
    credentials: &Credentials,
    ready: &CancellationToken,
    lose: impl Future<Output = ()>,
) -> Failure {
    let mut lose = std::pin::pin!(lose);
    let mut dropped = false;
    let (mut pause, mut last_seen) = (PAUSES[0], Instant::now());
    loop {
        let failure = match online(agent, credentials).await {
            Ok((link, closed)) => {
                agent.session.set(Some(link));
                tunnels_started(agent, ready);
                tokio::select! {
                    _ = closed => {}
                    () = &mut lose, if !dropped => dropped = true,
                }
                agent.session.set(None);
                let fields = [("obj", json!("tunnels.session")), ("err", json!("read EOF from remote peer"))];
                agent.log.error("session closed, starting reconnect loop", &fields);
                (pause, last_seen) = (PAUSES[0], Instant::now());
                continue;
            }
            Err(Failure::Refused(text)) if !ready.is_cancelled() => return Failure::Refused(text),
            Err(Failure::Refused(text) | Failure::Unreachable(text)) => text,
        };
        agent.log.error("failed to reconnect session", &[("obj", json!("tunnels.session")), ("err", json!(failure))]);
        if last_seen.elapsed() > GIVE_UP {
            return Failure::Unreachable(failure);
        }
        sleep(pause).await;
        pause = PAUSES[1].min(pause * 2);
    }
}

/// Dials, authenticates, and asks for every tunnel. The receiver resolves when the session is over, at the latest when
/// nobody holds the link any more.
async fn online(agent: &Arc<Agent>, credentials: &Credentials) -> Result<(Link, oneshot::Receiver<()>), Failure> {
    let unreachable = |error: std::io::Error| {
        Failure::Unreachable(format!("failed to dial ngrok server with address \"{}\": {error}", credentials.edge))
    };
    let stream = TcpStream::connect(credentials.edge).await.map_err(unreachable)?;
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let (asks, asked) = mpsc::unbounded_channel();
    let (closing, closed) = oneshot::channel();
    let link = Link(asks);
    let talking = talk(agent.clone(), credentials.edge, reader, writer, asked);
    tokio::spawn(async move {
        talking.await;
        let _ = closing.send(());
    });
    let authtoken = credentials.authtoken.expose().to_owned();
    link.ask(ToEdge::Auth { authtoken, version: agent.version.to_string() }).await?;
    if !agent.version.since(3, 20, 0) {
        agent.log.info("tunnel session started", &[("obj", json!("tunnels.session"))]);
    }
    let object = if agent.version.is_second() { "csess" } else { "tunnels.session" };
    agent.log.info("client session established", &[("obj", json!(object)), ("id", json!(agent.id))]);
    for tunnel in agent.tunnels.all() {
        let url = link.ask(ToEdge::Bind(tunnel.bind())).await?;
        tunnel.bound(url);
    }
    Ok((link, closed))
}

fn tunnels_started(agent: &Agent, ready: &CancellationToken) {
    if ready.is_cancelled() {
        return;
    }
    for tunnel in agent.tunnels.all() {
        log_started(agent, &tunnel);
    }
    ready.cancel();
}

/// Logs `started tunnel` for each name.
pub(super) fn log_started(agent: &Agent, tunnel: &Tunnel) {
    for (name, _) in tunnel.names() {
        let address = tunnel.upstream().logged(agent.version);
        let fields =
            [("obj", json!("tunnels")), ("name", json!(name)), ("addr", address), ("url", json!(tunnel.url()))];
        agent.log.info("started tunnel", &fields);
    }
}

/// Carries questions and answers until one side goes.
async fn talk(
    agent: Arc<Agent>,
    edge: SocketAddr,
    reader: OwnedReadHalf,
    mut writer: OwnedWriteHalf,
    mut asked: mpsc::UnboundedReceiver<Ask>,
) {
    let mut lines = BufReader::new(reader).lines();
    let mut unanswered = VecDeque::new();
    loop {
        tokio::select! {
            ask = asked.recv() => {
                let Some((message, answer)) = ask else { return };
                if say(&mut writer, &message).await.is_err() {
                    return;
                }
                unanswered.push_back(answer);
            }
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                match serde_json::from_str(&line) {
                    Ok(ToAgent::Open(open)) => {
                        tokio::spawn(accept(agent.clone(), edge, open));
                    }
                    Ok(ToAgent::Answer(answer)) => {
                        let oldest: Option<oneshot::Sender<Answer>> = unanswered.pop_front();
                        let _ = oldest.map(|sender| sender.send(answer));
                    }
                    Err(_) => return,
                }
            }
        }
    }
}

/// Dials back for a visitor, and serves the requests of that connection.
async fn accept(agent: Arc<Agent>, edge: SocketAddr, open: Open) {
    let Some(tunnel) = agent.tunnels.at(&open.url) else {
        agent.log.warn("no tunnel found for proxy", &[("obj", json!("tunnels.session")), ("url", json!(open.url))]);
        return;
    };
    let Ok(mut stream) = TcpStream::connect(edge).await else { return };
    if say(&mut stream, &ToEdge::Accept { id: open.id.clone() }).await.is_err() {
        return;
    }
    Tunnel::count(&tunnel.connections);
    let upstream = tunnel.upstream().to_string();
    let fields = [("obj", json!("join")), ("id", json!(open.id)), ("l", json!(upstream)), ("r", json!(open.client))];
    agent.log.info("join connections", &fields);
    relay::server(stream, |request| {
        forward::visit(&tunnel, &open.client, request, |exchange| agent.capture(&tunnel, exchange))
    })
    .await;
}
