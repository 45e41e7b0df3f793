//! One request that came through the agent and its response, as the API shows them.

use std::fmt::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{HOST, HeaderMap, HeaderName, TRANSFER_ENCODING};
use hyper::{Method, StatusCode, Uri};
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use svix_ksuid::Ksuid;

/// Of each body only so much is kept.
pub(super) const BODY_LIMIT: usize = 10 * 1024 * 1024;

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
    /// Begins now.
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

    /// Its id: `airt_` and 27 characters.
    pub(super) fn id(&self) -> &str {
        &self.id
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

    /// How much of both bodies is in memory, in bytes.
    pub(super) fn size(&self) -> usize {
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
}
