//! The public side: an HTTP address on loopback for each bind, which outlives the agent's session.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::Shared;
use super::session::Visitor;

/// A public address and who serves it at present.
pub struct Site {
    pub url: String,
    bind: String,
    visitors: mpsc::UnboundedSender<Visitor>,
}

/// Gives a bind its address: the one that it had in an earlier session, or a new one.
pub async fn open(shared: &Arc<Shared>, bind: &str, visitors: mpsc::UnboundedSender<Visitor>) -> String {
    let moves = shared.faults().moves;
    if let Some(site) = shared.sites().iter_mut().find(|site| !moves && site.bind == bind) {
        site.visitors = visitors;
        return site.url.clone();
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let url = format!("http://{host}");
    shared.sites().push(Site { url: url.clone(), bind: bind.to_owned(), visitors });
    tokio::spawn(accept(shared.clone(), listener, url.clone()));
    url
}

async fn accept(shared: Arc<Shared>, listener: TcpListener, url: String) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        tokio::spawn(visit(shared.clone(), stream, url.clone()));
    }
}

async fn visit(shared: Arc<Shared>, mut stream: TcpStream, url: String) {
    let Some(head) = read_head(&mut stream).await else { return };
    let head = forwarded(&head, &stream, &url);
    let mut visitor = Visitor { bind: String::new(), head, stream };
    let refused = {
        let sites = shared.sites();
        let site = sites.iter().find(|site| site.url == url).expect("a site is never removed");
        visitor.bind.clone_from(&site.bind);
        site.visitors.send(visitor).err()
    };
    if let Some(mpsc::error::SendError(mut visitor)) = refused {
        let text = format!("Tunnel {url} not found\r\n\r\nERR_NGROK_3200\r\n");
        let answer = format!(
            "HTTP/1.1 404 Not Found\r\nngrok-error-code: ERR_NGROK_3200\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{text}",
            text.len()
        );
        let _ = visitor.stream.write_all(answer.as_bytes()).await;
    }
}

/// Reads up to the empty line after the head, and whatever came along with it.
async fn read_head(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.windows(4).any(|window| window == b"\r\n\r\n") {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    Some(bytes)
}

/// The head with what ngrok adds. The connection serves one request, so that none goes without.
fn forwarded(head: &[u8], stream: &TcpStream, url: &str) -> Vec<u8> {
    let end = head.windows(4).position(|window| window == b"\r\n\r\n").expect("a whole head");
    let client = stream.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default();
    let host = url.trim_start_matches("http://");
    let added = format!(
        "\r\nX-Forwarded-For: {client}\r\nX-Forwarded-Host: {host}\r\nX-Forwarded-Proto: https\r\nConnection: close"
    );
    [&head[..end], added.as_bytes(), &head[end..]].concat()
}
