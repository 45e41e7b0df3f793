//! Requests that came through the agent, kept in memory for its API, newest first.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HOST, HeaderMap, HeaderName, TRANSFER_ENCODING};
use hyper::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use svix_ksuid::Ksuid;

/// ngrok's `inspect_db_size` by default, in bytes.
const BYTES_LIMIT: usize = 50 * 1024 * 1024;

/// Requests kept at most.
const COUNT_LIMIT: usize = 500;

/// Of each body only so much is kept.
const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// The head of a captured request.
#[derive(Clone, Debug)]
pub(super) struct RequestHead {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
}

/// One request and, once it is there, its response.
#[derive(Debug)]
pub(super) struct Exchange {
    id: String,
    tunnel_name: String,
    remote: String,
    start: Timestamp,
    began: Instant,
    request: RequestHead,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    request_body: Kept,
    response: Option<(StatusCode, HeaderMap)>,
    response_body: Kept,
    took: Option<Duration>,
}

/// The kept part of a body.
#[derive(Clone, Debug, Default)]
struct Kept {
    bytes: Vec<u8>,
    cut: bool,
}

/// Whose body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Request,
    Response,
}

impl Exchange {
    pub(super) fn new(tunnel_name: &str, remote: &str, request: RequestHead) -> Self {
        Self {
            id: format!("airt_{}", Ksuid::new_raw(ksuid_seconds(), None)),
            tunnel_name: tunnel_name.to_owned(),
            remote: remote.to_owned(),
            start: Timestamp::now(),
            began: Instant::now(),
            request,
            state: Mutex::default(),
        }
    }

    /// The tunnel that it came through.
    pub(super) fn tunnel_name(&self) -> &str {
        &self.tunnel_name
    }

    /// The head of the request.
    pub(super) fn request(&self) -> &RequestHead {
        &self.request
    }

    /// The request's body; `None` when a part of it was not kept.
    pub(super) fn request_body(&self) -> Option<Vec<u8>> {
        let state = self.lock();
        (!state.request_body.cut).then(|| state.request_body.bytes.clone())
    }

    /// Keeps a piece of a body.
    pub(super) fn keep(&self, side: Side, data: &[u8]) {
        let mut state = self.lock();
        let kept = match side {
            Side::Request => &mut state.request_body,
            Side::Response => &mut state.response_body,
        };
        let room = BODY_LIMIT.saturating_sub(kept.bytes.len());
        kept.cut |= data.len() > room;
        kept.bytes.extend_from_slice(&data[..data.len().min(room)]);
    }

    /// The response begins.
    pub(super) fn answered(&self, status: StatusCode, headers: HeaderMap) {
        self.lock().response = Some((status, headers));
    }

    /// The response is over, and shows from now on.
    pub(super) fn finished(&self) {
        let took = self.began.elapsed();
        self.lock().took.get_or_insert(took);
    }

    fn size(&self) -> usize {
        let state = self.lock();
        state.request_body.bytes.len() + state.response_body.bytes.len()
    }

    /// As `/api/requests/http` shows it (ngrok docs, agent/api).
    pub(super) fn to_json(&self) -> Value {
        let state = self.lock();
        let RequestHead { method, uri, headers } = &self.request;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let first_line = format!("{method} {path} HTTP/1.1");
        let response = state.response.as_ref().filter(|_| state.took.is_some()).map(|(status, headers)| {
            let status_text = format!("{} {}", status.as_str(), status.canonical_reason().unwrap_or_default());
            let first_line = format!("HTTP/1.1 {status_text}");
            json!({
                "status": status_text.trim_end(),
                "status_code": status.as_u16(),
                "proto": "HTTP/1.1",
                "headers": shown(headers),
                "raw": raw(&first_line, headers, &state.response_body.bytes),
            })
        });
        json!({
            "uri": format!("/api/requests/http/{}", self.id),
            "id": self.id,
            "tunnel_name": self.tunnel_name,
            "remote_addr": self.remote,
            "start": self.start.to_string(),
            "duration": state.took.unwrap_or_default().as_nanos() as u64,
            "request": {
                "method": method.as_str(),
                "proto": "HTTP/1.1",
                "headers": shown(headers),
                "uri": path,
                "raw": raw(&first_line, headers, &state.request_body.bytes),
            },
            "response": response,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Seconds since the epoch of KSUIDs, 2014-05-13.
fn ksuid_seconds() -> u32 {
    const EPOCH: i64 = 1_400_000_000;
    u32::try_from(Timestamp::now().as_second() - EPOCH).unwrap_or_default()
}

/// `svix-id` as `Svix-Id`.
fn canonical(name: &HeaderName) -> String {
    let words = name.as_str().split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    });
    words.collect::<Vec<_>>().join("-")
}

/// Headers by name. Like Go's maps they leave out the host and the framing, which `raw` has.
fn shown(headers: &HeaderMap) -> Value {
    let mut map = Map::new();
    for name in headers.keys().filter(|name| *name != HOST && *name != TRANSFER_ENCODING) {
        let values = headers.get_all(name).iter();
        let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned().into()).collect();
        map.insert(canonical(name), Value::Array(values));
    }
    Value::Object(map)
}

/// The whole message as on the wire, in base64. A chunked body is one chunk here, however it came.
fn raw(first_line: &str, headers: &HeaderMap, body: &[u8]) -> String {
    let mut bytes = format!("{first_line}\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend_from_slice(canonical(name).as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    let chunked = headers.get(TRANSFER_ENCODING).is_some_and(|value| value.as_bytes().ends_with(b"chunked"));
    if chunked {
        let mut size = String::new();
        let _ = write!(size, "{:x}\r\n", body.len());
        let chunk: [&[u8]; 3] = [size.as_bytes(), body, b"\r\n"];
        bytes.extend(chunk.iter().filter(|_| !body.is_empty()).flat_map(|part| part.iter()));
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        bytes.extend_from_slice(body);
    }
    STANDARD.encode(bytes)
}

/// The exchanges that are still in memory.
#[derive(Debug, Default)]
pub(super) struct Captures {
    newest_first: Mutex<VecDeque<Arc<Exchange>>>,
}

impl Captures {
    /// Adds one, and drops the oldest that no longer fit.
    pub(super) fn add(&self, exchange: Arc<Exchange>) {
        let mut all = self.lock();
        all.push_front(exchange);
        let mut bytes = 0;
        let fitting = all.iter().take(COUNT_LIMIT).take_while(|exchange| {
            bytes += exchange.size();
            bytes <= BYTES_LIMIT
        });
        let fitting = fitting.count().max(1);
        all.truncate(fitting);
    }

    /// The newest `limit` of one tunnel or of all.
    pub(super) fn list(&self, limit: usize, tunnel_name: Option<&str>) -> Vec<Arc<Exchange>> {
        let all = self.lock();
        let wanted = all.iter().filter(|exchange| tunnel_name.is_none_or(|name| exchange.tunnel_name == name));
        wanted.take(limit).cloned().collect()
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Exchange>> {
        self.lock().iter().find(|exchange| exchange.id == id).cloned()
    }

    pub(super) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Exchange>>> {
        self.newest_first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(path: &str, headers: &[(&'static str, &str)]) -> RequestHead {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().expect("a value"));
        }
        RequestHead { method: Method::POST, uri: path.parse().expect("a path"), headers: map }
    }

    fn decoded(raw: &Value) -> String {
        let bytes = STANDARD.decode(raw.as_str().expect("text")).expect("base64");
        String::from_utf8(bytes).expect("UTF-8")
    }

    #[test]
    fn an_exchange_shows_as_documented() {
        let headers = [("host", "a.test"), ("svix-id", "msg_1"), ("x-many", "1"), ("x-many", "2")];
        let exchange = Exchange::new("command_line", "127.0.0.1:9", head("/hook?x=1", &headers));
        exchange.keep(Side::Request, b"{\"a\":");
        exchange.keep(Side::Request, b"1}");
        let json = exchange.to_json();
        assert_eq!(json["response"], Value::Null);
        assert!(json["id"].as_str().is_some_and(|id| id.len() == 32 && id.starts_with("airt_")), "{json}");
        assert_eq!(json["request"]["uri"], "/hook?x=1");
        assert_eq!(json["request"]["headers"], json!({"Svix-Id": ["msg_1"], "X-Many": ["1", "2"]}));
        let expected =
            "POST /hook?x=1 HTTP/1.1\r\nHost: a.test\r\nSvix-Id: msg_1\r\nX-Many: 1\r\nX-Many: 2\r\n\r\n{\"a\":1}";
        assert_eq!(decoded(&json["request"]["raw"]), expected);

        exchange.answered(StatusCode::BAD_GATEWAY, HeaderMap::new());
        assert_eq!(exchange.to_json()["response"], Value::Null);
        exchange.finished();
        let json = exchange.to_json();
        assert_eq!(json["response"]["status"], "502 Bad Gateway");
        assert_eq!(json["response"]["status_code"], 502);
        assert!(json["duration"].as_u64() > Some(0));
    }

    #[test]
    fn chunked_bodies_are_framed_again() {
        let exchange = Exchange::new("t", "r", head("/", &[("transfer-encoding", "chunked")]));
        let empty = decoded(&exchange.to_json()["request"]["raw"]);
        assert!(empty.ends_with("\r\n\r\n0\r\n\r\n"), "{empty:?}");
        exchange.keep(Side::Request, b"hello, world, hi");
        let raw = decoded(&exchange.to_json()["request"]["raw"]);
        assert!(raw.ends_with("\r\n\r\n10\r\nhello, world, hi\r\n0\r\n\r\n"), "{raw:?}");
    }

    #[test]
    fn memory_is_bounded() {
        let captures = Captures::default();
        for number in 0..COUNT_LIMIT + 10 {
            captures.add(Arc::new(Exchange::new("t", "r", head(&format!("/{number}"), &[]))));
        }
        let all = captures.list(usize::MAX, None);
        assert_eq!(all.len(), COUNT_LIMIT);
        assert_eq!(all[0].request().uri.path(), format!("/{}", COUNT_LIMIT + 9));
        assert_eq!(captures.list(3, None).len(), 3);
        assert_eq!(captures.list(3, Some("other")).len(), 0);

        let big = vec![0; BODY_LIMIT + 1];
        for _ in 0..7 {
            let exchange = Arc::new(Exchange::new("t", "r", head("/", &[])));
            exchange.keep(Side::Request, &big);
            assert!(exchange.request_body().is_none());
            captures.add(exchange);
        }
        assert_eq!(captures.list(usize::MAX, None).len(), BYTES_LIMIT / BODY_LIMIT);
    }
}
