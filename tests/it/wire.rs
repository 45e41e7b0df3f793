//! HTTP by hand: an app that answers with given bytes, and requests as they are on the wire.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use clerkhook::signature::{Signed, SigningSecret, verify};
use serde_json::Value;

use crate::fixture::PATIENCE;

/// A project's own app, made of bytes. It ends with the test's process.
pub struct RawApp {
    /// Where it listens.
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl RawApp {
    /// Answers every request with these bytes and closes the connection; with none it only closes.
    pub fn answering(answer: &'static str) -> Self {
        Self::start(Some(vec![answer]))
    }

    /// Answers each request with the next of these bytes, and with the last of them from then on.
    pub fn answering_in_turn(answers: &[&'static str]) -> Self {
        Self::start(Some(answers.to_vec()))
    }

    /// Takes requests and says nothing.
    pub fn silent() -> Self {
        Self::start(None)
    }

    /// Answers each request with what `decide` says to its text.
    pub fn deciding(decide: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::listen(false, move |request, _| Some(decide(request)))
    }

    /// Answers at every path alike, clerkhook's own probes too.
    pub fn at_any_path(decide: impl Fn(&str) -> String + Send + 'static) -> Self {
        Self::listen(true, move |request, _| Some(decide(request)))
    }

    /// Answers 200 to what this secret signed, else 400; any path is its route.
    pub fn verifying(secret: &'static str) -> Self {
        let secret = SigningSecret::parse(secret).expect("a secret");
        Self::deciding(move |request| {
            let (head, body) = request.split_once("\r\n\r\n").unwrap_or_default();
            let header = |name: &str| {
                let mut lines = head.lines().filter_map(|line| line.split_once(": "));
                lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
            };
            let now = jiff::Timestamp::now().as_second();
            let signed = verify(std::slice::from_ref(&secret), &Signed::read(header), body.as_bytes(), now);
            let status = if signed.is_ok() { "200 OK" } else { "400 Bad Request" };
            format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        })
    }

    fn start(answers: Option<Vec<&'static str>>) -> Self {
        Self::listen(false, move |_, number| answers.as_ref().map(|all| all[number.min(all.len() - 1)].to_owned()))
    }

    /// The answer to a request and its number; none keeps the sender waiting.
    fn listen(any_path: bool, answer: impl Fn(&str, usize) -> Option<String> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        std::thread::spawn(move || {
            let mut unanswered = Vec::new();
            for mut stream in listener.incoming().map_while(Result::ok) {
                let request = read_message(&mut stream);
                // A route of its own has every app of these, unless it is said to take any path.
                if !any_path && request.to_ascii_lowercase().contains("\r\nclerkhook-probe: ") {
                    let _ =
                        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                    continue;
                }
                // Whoever only looks whether somebody listens asks nothing.
                if request.is_empty() {
                    continue;
                }
                let number = seen
                    .lock()
                    .map(|mut seen| {
                        seen.push(request.clone());
                        seen.len() - 1
                    })
                    .expect("no panic");
                match answer(&request, number) {
                    Some(answer) => drop(stream.write_all(answer.as_bytes())),
                    None => unanswered.push(stream),
                }
            }
        });
        Self { port, requests }
    }

    /// A header of each request; empty where it has none.
    pub fn header(&self, name: &str) -> Vec<String> {
        let value = |(head, _): (String, String)| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        self.messages().into_iter().map(|message| value(message).unwrap_or_default()).collect()
    }

    /// The body of each request, as it came.
    pub fn bodies(&self) -> Vec<String> {
        self.messages().into_iter().map(|(_, body)| body).collect()
    }

    fn messages(&self) -> Vec<(String, String)> {
        let requests = self.requests.lock().expect("no panic");
        let parts = |request: &String| request.split_once("\r\n\r\n").map(|(head, body)| (head.into(), body.into()));
        requests.iter().filter_map(parts).collect()
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.requests.lock().expect("no panic").len()
    }
}

/// Sends a request to a server on this machine and reads to the end; `connection: close` is the caller's to say.
pub fn exchange(port: u16, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time");
    stream.write_all(request).expect("sent");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// `POST path` with headers and a body.
pub fn post(port: u16, path: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    exchange(port, &[request.as_bytes(), body].concat())
}

/// A user is created at the Clerk of a sandbox with these addresses, of which Svix then tells the endpoints.
pub fn create_user(sandbox: &Value, name: &str) {
    let address = |name: &str| sandbox[name].as_str().expect("an address").to_owned();
    let key = format!("Bearer {}", address("clerk_secret_key"));
    let body = format!("{{\"email_address\": [\"{name}@example.com\"], \"skip_password_requirement\": true}}");
    let headers = [("authorization", key.as_str()), ("content-type", "application/json")];
    let answer = post(port_of(&address("clerk_api_url")), "/v1/users", &headers, body.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// The port of a URL on this machine.
pub fn port_of(url: &str) -> u16 {
    let port = url.rsplit(':').next().map(|rest| rest.trim_end_matches('/'));
    port.and_then(|port| port.parse().ok()).unwrap_or_else(|| panic!("`{url}` has no port"))
}

/// Reads a head, and a body as long as the head says.
pub fn read_message(stream: &mut TcpStream) -> String {
    let (mut message, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        let text = String::from_utf8_lossy(&message).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => message.extend_from_slice(&buffer[..count]),
            _ => return text,
        }
    }
}
