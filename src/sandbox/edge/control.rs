//! The side of the edge that agents dial: sessions, and the connections that they open for visitors.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::refusal::Refusal;
use super::site::SessionId;
use super::wire::{Answer, ToAgent, ToEdge, say};
use super::{Shared, public};

/// An authtoken is never shorter (seen in public logs).
const TOKEN_LENGTH: usize = 40;

/// Serves one connection of an agent: a control connection to its end, or a dialled-back one up to its hand-over.
pub(super) async fn connection(shared: Arc<Shared>, stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next_line().await.ok().flatten();
    // The agent waits for the edge's next words, so nothing can be left in the buffer.
    let stream = lines.into_inner().into_inner();
    match first.and_then(|line| serde_json::from_str(&line).ok()) {
        Some(ToEdge::Auth { authtoken, version }) => session(shared, stream, authtoken, version).await,
        Some(ToEdge::Accept { id }) => {
            let waiting = shared.waiting().remove(&id);
            if let Some(visitor) = waiting {
                let _ = visitor.send(stream);
            }
        }
        _ => tracing::debug!("a connection to the edge began with neither `auth` nor `accept`"),
    }
}

async fn session(shared: Arc<Shared>, stream: TcpStream, authtoken: String, version: String) {
    let (reader, mut writer) = stream.into_split();
    if let Err(refusal) = admit(&shared, authtoken) {
        let answer = Answer { error: Some(refusal.text()), url: None };
        let _ = say(&mut writer, &ToAgent::Answer(answer)).await;
        return;
    }
    let id = shared.sessions.fetch_add(1, Ordering::Relaxed);
    tracing::debug!(session = id, version, "agent online");
    let (outbox, mut inbox) = mpsc::unbounded_channel();
    let _ = outbox.send(ToAgent::Answer(Answer::default()));
    let writing = async {
        while let Some(message) = inbox.recv().await {
            if say(&mut writer, &message).await.is_err() {
                return;
            }
        }
    };
    let reading = async {
        let mut lines = BufReader::new(reader).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let answer = obey(&shared, id, &outbox, &line);
            let _ = outbox.send(ToAgent::Answer(answer));
        }
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
    shared.sites.release(id, None);
    tracing::debug!(session = id, "agent offline");
}

fn admit(shared: &Shared, token: String) -> Result<(), Refusal> {
    let plausible = token.len() >= TOKEN_LENGTH && token.contains('_') && !token.starts_with("whsec_");
    match token {
        token if token == shared.authtoken.expose() => Ok(()),
        token if token.is_empty() => Err(Refusal::TokenMissing),
        token if plausible => Err(Refusal::TokenUnknown { token }),
        token => Err(Refusal::TokenMalformed { token }),
    }
}

fn obey(shared: &Arc<Shared>, id: SessionId, outbox: &mpsc::UnboundedSender<ToAgent>, line: &str) -> Answer {
    let outcome = match serde_json::from_str(line) {
        Ok(ToEdge::Bind(wish)) => shared.sites.bind(id, outbox.clone(), &wish).map(|(site, listener)| {
            let url = site.url();
            if let Some(listener) = listener {
                shared.spawn(public::serve(shared.clone(), site, listener));
            }
            Answer { error: None, url: Some(url) }
        }),
        Ok(ToEdge::Policy { url, policy }) => shared
            .sites
            .set_policy(id, &url, policy.as_deref())
            .map(|known| Answer { error: (!known).then(|| format!("no endpoint {url}")), url: None }),
        Ok(ToEdge::Unbind { url }) => {
            shared.sites.release(id, Some(&url));
            Ok(Answer::default())
        }
        _ => Ok(Answer { error: Some("the edge does not understand this".to_owned()), url: None }),
    };
    outcome.unwrap_or_else(|refusal| Answer { error: Some(refusal.text()), url: None })
}
