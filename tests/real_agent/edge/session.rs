//! An agent's session: typed muxado streams, on which it authenticates, binds addresses and takes visitors.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use muxado::typed::{StreamType, Typed, TypedAccept as _, TypedOpenClose as _, TypedSession as _, TypedStream};
use muxado::{SessionBuilder, Stream};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional, split};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::Shared;

/// Stream types (seen on 2.3.41): the agent opens all but `PROXY`.
pub const AUTH: u32 = 0;
pub const BIND: u32 = 1;
const UNBIND: u32 = 2;
const PROXY: u32 = 3;
const HEARTBEAT: u32 = u32::MAX;

/// A connection of the public side, on its way to the agent.
pub struct Visitor {
    /// The `Id` of the bind whose address was visited.
    pub bind: String,
    /// What was read of the connection so far, as the agent shall see it.
    pub head: Vec<u8>,
    /// The connection.
    pub stream: TcpStream,
}

/// Serves a session until the agent leaves or a future is dropped.
pub async fn serve(shared: Arc<Shared>, connection: TcpStream) {
    let _ = connection.set_nodelay(true);
    let Ok(connection) = shared.tls.accept(connection).await else { return };
    let session = Typed::new(SessionBuilder::new(connection).server().start());
    let (mut outgoing, mut incoming) = session.split_typed();
    let (visitors, mut waiting) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            asked = incoming.accept_typed() => match asked {
                Ok(stream) => drop(tokio::spawn(answer(shared.clone(), visitors.clone(), stream))),
                Err(_) => return,
            },
            Some(visitor) = waiting.recv() => match outgoing.open_typed(StreamType::clamp(PROXY)).await {
                Ok(stream) => drop(tokio::spawn(relay(visitor, stream))),
                Err(_) => return,
            },
        }
    }
}

async fn answer(shared: Arc<Shared>, visitors: mpsc::UnboundedSender<Visitor>, mut stream: TypedStream) {
    let kind = *stream.typ();
    if kind == HEARTBEAT {
        let (mut beats, mut echo) = split(&mut *stream);
        let _ = copy(&mut beats, &mut echo).await;
        return;
    }
    let Ok(request) = read(&mut stream).await else { return };
    shared.asked().push((kind, request.clone()));
    let delay = shared.faults().delay;
    tokio::time::sleep(delay).await;
    let answer = match kind {
        AUTH => authenticate(&shared),
        BIND => bind(&shared, visitors, &request).await,
        UNBIND => json!({"Error": ""}),
        _ => return,
    };
    let _ = stream.write_all(answer.to_string().as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn authenticate(shared: &Shared) -> Value {
    let error = shared.faults().auth.clone().unwrap_or_default();
    json!({"Version": "2", "ClientId": "a client of the tests", "Error": error, "Extra": {
        "Version": "2", "Region": "us", "AccountName": "Ann", "PlanName": "Free", "SessionDuration": 0, "Banner": "",
    }})
}

/// At first the agent names no `Id`; later it binds again by the one that it was given (seen on 2.3.41).
async fn bind(shared: &Arc<Shared>, visitors: mpsc::UnboundedSender<Visitor>, request: &Value) -> Value {
    let error = shared.faults().bind.clone().unwrap_or_default();
    let id = match request["Id"].as_str() {
        Some("") | None => shared.binds.fetch_add(1, Ordering::Relaxed).to_string(),
        Some(known) => known.to_owned(),
    };
    let url = if error.is_empty() { super::site::open(shared, &id, visitors).await } else { String::new() };
    json!({
        "Id": id, "URL": url, "Proto": request["Proto"], "Opts": request["Opts"], "Error": error,
        "Extra": {"Token": ""},
    })
}

/// Reads a JSON object, which has no frame: it ends where it parses.
async fn read(stream: &mut TypedStream) -> io::Result<Value> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match serde_json::from_slice(&bytes) {
            Ok(value) => return Ok(value),
            Err(error) if error.is_eof() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Hands a visitor to the agent: a header of its length (little-endian) and JSON, then the bytes both ways.
async fn relay(mut visitor: Visitor, mut stream: TypedStream) -> io::Result<()> {
    let address = visitor.stream.peer_addr()?.to_string();
    let header = json!({
        "Id": visitor.bind, "ClientAddr": address, "Proto": "http", "EdgeType": "0", "PassthroughTLS": false,
    });
    let header = header.to_string();
    let stream: &mut Stream = &mut stream;
    stream.write_all(&i64::try_from(header.len()).unwrap_or_default().to_le_bytes()).await?;
    stream.write_all(header.as_bytes()).await?;
    stream.write_all(&visitor.head).await?;
    copy_bidirectional(&mut visitor.stream, stream).await?;
    Ok(())
}
