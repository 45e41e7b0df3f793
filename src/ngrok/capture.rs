//! Requests as the agent captured them (ngrok docs, agent/api).

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer};

use crate::delivery;
use crate::signature::{HEADERS, SigningSecret, judge};

/// What the agent writes instead of the peer's address when it replays.
const REPLAYED: &str = "replayed";

/// Svix waits no longer for an answer (Svix docs, receiving).
const LONGEST_ANSWER: SignedDuration = SignedDuration::from_secs(15);

/// One request, and the app's answer when there is one.
#[derive(Clone, Debug, Deserialize)]
pub struct Capture {
    /// `airt_…`.
    pub id: String,
    #[serde(default)]
    remote_addr: String,
    /// RFC 3339; the year 1 until the request is whole (seen on 2.3.41).
    pub start: String,
    /// Nanoseconds; 0 until the answer is whole.
    #[serde(default)]
    duration: u64,
    /// The request.
    pub request: Request,
    /// `None` while the app has not answered; its body may still be under way.
    #[serde(default, deserialize_with = "begun")]
    pub response: Option<Response>,
}

/// The request's side.
#[derive(Clone, Debug, Deserialize)]
pub struct Request {
    /// HTTP method.
    pub method: String,
    /// Path and query.
    #[serde(default)]
    pub uri: String,
    #[serde(default, deserialize_with = "or_default")]
    headers: BTreeMap<String, Vec<String>>,
    /// Base64 of head and body.
    #[serde(default, deserialize_with = "or_default")]
    raw: String,
}

/// The answer's side.
#[derive(Clone, Debug, Deserialize)]
pub struct Response {
    /// HTTP status.
    pub status_code: u16,
    #[serde(default, deserialize_with = "or_default")]
    headers: BTreeMap<String, Vec<String>>,
    #[serde(default, deserialize_with = "or_default")]
    raw: String,
}

impl Request {
    /// A header, whatever the case of its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Whether the agent kept less than the request said it has: such bytes can be neither verified nor sent again.
    pub fn is_truncated(&self) -> bool {
        let said = self.header("content-length").and_then(|length| length.parse::<usize>().ok());
        said.is_some_and(|said| self.body().len() < said)
    }

    /// The body's bytes, as the app got them.
    pub fn body(&self) -> Vec<u8> {
        body(&self.raw)
    }
}

impl Capture {
    /// The `svix-id`.
    pub fn message_id(&self) -> Option<&str> {
        self.request.header(HEADERS[0])
    }

    /// Whether the agent itself sent it again.
    pub fn is_replay(&self) -> bool {
        self.remote_addr == REPLAYED
    }

    /// When it came; now, while the agent does not say it.
    pub fn started(&self) -> Timestamp {
        let said = self.start.parse().ok().filter(|start| *start > Timestamp::UNIX_EPOCH);
        said.unwrap_or_else(Timestamp::now)
    }

    /// Whether the app's answer is whole, or has been under way for longer than anybody waits for it.
    pub fn is_over(&self) -> bool {
        self.response.is_some() && (self.duration > 0 || Timestamp::now() - LONGEST_ANSWER > self.started())
    }

    /// How long the app took, in milliseconds; unknown while its answer is under way.
    pub fn duration_ms(&self) -> Option<u64> {
        (self.duration > 0).then_some(self.duration / 1_000_000)
    }

    /// What the agent saw of a delivery. Its answer is taken only when it is whole.
    pub fn sighting(&self, secrets: &[SigningSecret]) -> delivery::Delivery {
        let pairs = |headers: &BTreeMap<String, Vec<String>>| {
            let all = headers.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
            all.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
        };
        let request = delivery::Request {
            method: self.request.method.clone(),
            target: self.request.uri.clone(),
            headers: ordered(&self.request.raw).unwrap_or_else(|| pairs(&self.request.headers)),
            body: self.request.body(),
            truncated: self.request.is_truncated(),
        };
        let answer = self.response.as_ref().filter(|_| self.is_over()).map(|response| delivery::Answer {
            status: response.status_code,
            headers: ordered(&response.raw).unwrap_or_else(|| pairs(&response.headers)),
            body: body(&response.raw),
            truncated: self.duration == 0,
        });
        let verdict = judge(secrets, &request, self.started().as_second());
        let seen = delivery::Delivery::new(self.started(), delivery::Witness::Agent, request);
        let origin = if self.is_replay() { delivery::Origin::Replay } else { seen.origin };
        let duration = (self.duration > 0).then(|| std::time::Duration::from_nanos(self.duration));
        delivery::Delivery { answer, origin, duration, verdict, capture: Some(self.id.clone()), ..seen }
    }
}

/// Agents 2.x show an answer without status, where later ones show none (seen on 2.3.41).
fn begun<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Response>, D::Error> {
    let response = Option::<Response>::deserialize(deserializer)?;
    Ok(response.filter(|response| response.status_code != 0))
}

/// `null` where there is nothing yet.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

fn header<'a>(headers: &'a BTreeMap<String, Vec<String>>, name: &str) -> Option<&'a str> {
    let (_, values) = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    values.first().map(String::as_str)
}

/// The headers in the order in which they came, from base64 of head and body.
fn ordered(raw: &str) -> Option<Vec<(String, String)>> {
    let bytes = STANDARD.decode(raw).ok().filter(|bytes| !bytes.is_empty())?;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Some(head.lines().skip(1).filter_map(pair).collect())
}

/// What follows the empty line, with the chunks of a chunked body put together.
fn body(raw: &str) -> Vec<u8> {
    let Ok(bytes) = STANDARD.decode(raw) else { return Vec::new() };
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Vec::new() };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let body = &bytes[end + 4..];
    if head.lines().any(|line| line.starts_with("transfer-encoding:") && line.contains("chunked")) {
        unchunk(body).unwrap_or_else(|| body.to_vec())
    } else {
        body.to_vec()
    }
}

fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line_end = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line_end]).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[line_end + 2..];
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::Signature;
    use crate::signature::sign;

    fn capture(raw: &str, headers: &str) -> Capture {
        let raw = STANDARD.encode(raw);
        let json = format!(
            r#"{{"uri":"/api/requests/http/airt_1","id":"airt_1","tunnel_name":"command_line","remote_addr":"1.2.3.4",
                "start":"2023-11-14T22:13:20Z","duration":4200000,
                "request":{{"method":"POST","proto":"HTTP/1.1","uri":"/x","headers":{headers},"raw":"{raw}"}},
                "response":null}}"#
        );
        serde_json::from_str(&json).expect("the documented shape")
    }

    #[test]
    fn bytes_are_verified_as_they_came() {
        let secret = SigningSecret::from_key(&[7; 24]);
        let body = r#"{"type":"user.deleted","object":"event"}"#;
        let signature = sign(std::slice::from_ref(&secret), "msg_1", 1_700_000_000, body.as_bytes());
        let headers =
            format!(r#"{{"Svix-Id":["msg_1"],"SVIX-TIMESTAMP":["1700000000"],"svix-signature":["{signature}"]}}"#);
        let head = format!("SVIX-ID: msg_1\r\nsvix-timestamp: 1700000000\r\nSvix-Signature: {signature}");
        let came = capture(&format!("POST /x HTTP/1.1\r\n{head}\r\n\r\n{body}"), &headers);
        let delivery = came.sighting(&[secret]);
        assert_eq!(delivery.verdict.signature, Signature::Valid);
        assert_eq!((delivery.event.as_deref(), delivery.message_id.as_deref()), (Some("user.deleted"), Some("msg_1")));
        assert_eq!(came.sighting(&[]).verdict.signature, Signature::Unchecked);
        let other = came.sighting(&[SigningSecret::from_key(&[8; 24])]);
        assert!(other.verdict.reason.is_some_and(|reason| reason.contains("does not match")));
    }

    #[test]
    fn chunks_are_put_together() {
        let raw = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
        assert_eq!(capture(raw, "{}").request.body(), b"abcde");
        let cut = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc";
        assert_eq!(capture(cut, "{}").request.body(), b"9\r\nabc");
    }

    #[test]
    fn an_exchange_under_way_is_not_over() {
        let shown = |start: &str, duration: u64, response: &str| -> Capture {
            let json = format!(
                r#"{{"id":"airt_1","start":"{start}","duration":{duration},"response":{response},
                    "request":{{"method":"POST","uri":"/x","headers":null,"raw":null}}}}"#
            );
            serde_json::from_str(&json).expect("seen on 2.3.41")
        };
        let nothing = r#"{"status":"","status_code":0,"proto":"","headers":null,"raw":null}"#;
        let head = r#"{"status":"200 OK","status_code":200,"proto":"HTTP/1.1","headers":{},"raw":""}"#;
        let now = Timestamp::now().to_string();
        let arriving = shown("0001-01-01T00:00:00Z", 0, nothing);
        assert!(arriving.response.is_none() && arriving.started() > Timestamp::UNIX_EPOCH);
        assert!(!arriving.is_over() && !shown(&now, 0, nothing).is_over());
        let answering = shown(&now, 0, head);
        assert_eq!((answering.is_over(), answering.duration_ms()), (false, None));
        let answered = shown(&now, 4_200_000, head);
        assert_eq!((answered.is_over(), answered.duration_ms()), (true, Some(4)));
        assert!(shown("2026-01-01T00:00:00Z", 0, head).is_over(), "a stream without an end");
    }
}
