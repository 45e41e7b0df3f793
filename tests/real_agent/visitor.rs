//! Who visits a public URL, signed as Svix does it; and an app that keeps what reaches it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clerkhook::signature::{SigningSecret, sign};
use jiff::Timestamp;

use crate::fixture::PATIENCE;

/// What the visitor is told.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// Posts a body, signed as the message `id`.
pub fn deliver(url: &str, secret: &str, id: &str, body: &[u8]) -> Answer {
    let secret = SigningSecret::parse(secret).expect("a signing secret");
    let now = Timestamp::now().as_second();
    let signature = sign(std::slice::from_ref(&secret), id, now, body);
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nsvix-id: {id}\r\nsvix-timestamp: {now}\r\nsvix-signature: {signature}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        host(url),
        body.len()
    );
    exchange(host(url), &[head.as_bytes(), body].concat()).expect("an answer")
}

/// Begins a request whose body does not come; it is under way until the connection is dropped.
pub fn begin(url: &str) -> TcpStream {
    let mut stream = TcpStream::connect(host(url)).expect("a connection");
    let head = format!("POST /slow HTTP/1.1\r\nHost: {}\r\nContent-Length: 9\r\n\r\n", host(url));
    stream.write_all(head.as_bytes()).expect("sent");
    stream
}

/// Gets a path of a public URL or of an agent's API; nothing where the connection is cut.
pub fn get(url: &str, path: &str) -> Option<Answer> {
    let host = host(url);
    exchange(host, format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes())
}

fn host(url: &str) -> &str {
    url.trim_start_matches("http://")
}

fn exchange(host: &str, request: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(host).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(request).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// An app that answers 200 to everything and keeps the bodies.
pub struct App {
    pub port: u16,
    bodies: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl App {
    /// Starts one; `pauses` are taken in turn before an answer.
    pub fn start(pauses: &'static [Duration]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let bodies = Arc::new(Mutex::new(Vec::new()));
        let kept = bodies.clone();
        std::thread::spawn(move || {
            for (stream, number) in listener.incoming().map_while(Result::ok).zip(0..) {
                let (kept, pause) = (kept.clone(), pauses.get(number % pauses.len().max(1)).copied());
                std::thread::spawn(move || {
                    let body = answer(stream, pause.unwrap_or_default());
                    kept.lock().expect("no panic").extend(body);
                });
            }
        });
        Self { port, bodies }
    }

    /// The bodies that came.
    pub fn bodies(&self) -> Vec<Vec<u8>> {
        self.bodies.lock().expect("no panic").clone()
    }
}

/// Serves one request; nothing where a connection brought none.
fn answer(mut stream: TcpStream, pause: Duration) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if bytes.len() >= end + 4 + length.unwrap_or(0) {
                if head.contains("\r\nclerkhook-probe: ") {
                    let said = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    stream.write_all(said).ok()?;
                    return None;
                }
                std::thread::sleep(pause);
                let said = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
                stream.write_all(said).ok()?;
                return Some(bytes.split_off(end + 4));
            }
        }
        match stream.read(&mut chunk).ok()? {
            0 => return None,
            count => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
