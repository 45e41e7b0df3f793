//! A gateway in front of an app, both on loopback, spoken to byte by byte.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clerkhook::gateway::{Gateway, Teller, gateway};
use clerkhook::serve;
use clerkhook::signature::Secrets;
use clerkhook::signature::{SigningSecret, sign};
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

/// No step of a test takes this long.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const PATH: &str = "/api/webhooks";

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A running gateway.
pub struct Stand {
    pub address: SocketAddr,
    _stop: DropGuard,
}

/// The settings of a gateway before an upstream; with a path only that is verified.
pub fn settings(upstream: &str, path: Option<&str>) -> Gateway {
    let secrets = Secrets::default();
    secrets.set(vec![SigningSecret::parse(SECRET).expect("a secret")]);
    let upstream = upstream.parse().expect("an address");
    let (path, teller) = (path.map(str::to_owned), Teller::to(drop));
    Gateway { upstream, path, enforce: true, secrets, teller, stop: CancellationToken::new() }
}

impl Stand {
    pub async fn start(upstream: &str, path: Option<&str>) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = settings(upstream, path);
        let (listener, stop) = (serve::bind(0).await.expect("a port"), settings.stop.clone());
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve::serve(listener, gateway(settings), stop.clone().cancelled_owned()));
        Self { address, _stop: stop.drop_guard() }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.expect("a connection")
    }

    /// Sends bytes and reads to the end.
    pub async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        let mut answer = Vec::new();
        let all = async {
            let _ = stream.write_all(request).await;
            let _ = stream.read_to_end(&mut answer).await;
        };
        timeout(PATIENCE, all).await.expect("an answer in time");
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// `POST target` without a signature.
    pub async fn post(&self, target: &str) -> String {
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
        self.exchange(head.as_bytes()).await
    }
}

/// The headers of a signed body.
pub fn signature(body: &[u8]) -> String {
    let now = Timestamp::now().as_second();
    let signature = sign(&[SigningSecret::parse(SECRET).expect("a secret")], "msg_1", now, body);
    format!("svix-id: msg_1\r\nsvix-timestamp: {now}\r\nsvix-signature: {signature}\r\n")
}

/// Counts who comes, answers 200, and keeps the first line of each request.
pub struct Counting {
    pub port: u16,
    count: Arc<AtomicUsize>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Counting {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let counting = Self { port, count: Arc::default(), lines: Arc::default() };
        let (count, lines) = (counting.count.clone(), counting.lines.clone());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::Relaxed);
                let head = read_head(&mut stream).await;
                lines.lock().expect("no panic").extend(head.lines().next().map(str::to_owned));
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok").await;
            }
        });
        counting
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The targets that came since the last look.
    pub fn targets(&self) -> Vec<String> {
        let lines = std::mem::take(&mut *self.lines.lock().expect("no panic"));
        lines.iter().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect()
    }
}

/// Reads up to the empty line.
pub async fn read_head(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match timeout(PATIENCE, stream.read_u8()).await {
            Ok(Ok(byte)) => head.push(byte),
            _ => break,
        }
    }
    String::from_utf8_lossy(&head).into_owned()
}
