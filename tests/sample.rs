//! The built-in app over real sockets, spoken to byte by byte.

use std::net::SocketAddr;

use base64::Engine as _;
use clerkhook::report::{Delivery, Heard, Received, Signature};
use clerkhook::sample::{Feed, Options, feed};
use clerkhook::signature::{Secrets, SigningSecret, sign};
use clerkhook::steps::app::with_page;
use clerkhook::{catalogue, serve};
use sha2::Digest as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const BROWSER: &str = "GET / HTTP/1.1\r\nhost: localhost:3000\r\naccept: text/html,*/*;q=0.8\r\n";

/// A running app.
struct App {
    address: SocketAddr,
    secrets: Secrets,
    received: Feed,
}

impl App {
    async fn start(options: Options) -> Self {
        let listener = serve::bind(0).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (teller, received) = feed();
        let secrets = Secrets::default();
        tokio::spawn(serve::serve(listener, with_page(options, secrets.clone(), teller), std::future::pending()));
        Self { address, secrets, received }
    }

    async fn connect(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        stream.write_all(bytes).await.expect("sent");
        stream
    }

    /// Sends a request line with headers, and a body, on a connection of its own.
    async fn send(&self, head: &str, body: &[u8]) -> Reply {
        let head = format!("{head}connection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let mut stream = self.connect(&[head.as_bytes(), body].concat()).await;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.expect("an answer");
        Reply::parse(&bytes)
    }

    async fn post(&self, headers: &str, body: &[u8]) -> Reply {
        self.send(&format!("POST /api/webhooks?x=1 HTTP/1.1\r\nhost: quiet-owl.ngrok-free.dev\r\n{headers}"), body)
            .await
    }

    async fn received(&mut self) -> Received {
        match self.received.next(1).await.pop() {
            Some(Heard::Request(received)) => *received,
            other => panic!("no request: {other:?}"),
        }
    }

    async fn delivery(&mut self) -> Delivery {
        self.received().await.delivery
    }
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    body: String,
}

impl Reply {
    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8(bytes.to_vec()).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

fn signed(secret: &SigningSecret, timestamp: i64, body: &[u8]) -> String {
    let signature = sign(std::slice::from_ref(secret), "msg_1", timestamp, body);
    format!("svix-id: msg_1\r\nsvix-timestamp: {timestamp}\r\nsvix-signature: {signature}\r\n")
}

fn secret() -> SigningSecret {
    SigningSecret::from_key(&[7; 24])
}

#[tokio::test]
async fn a_signed_event_is_valid_and_kept_byte_for_byte() {
    let mut app = App::start(Options::default()).await;
    app.secrets.set(vec![SigningSecret::from_key(&[8; 24]), secret()]);
    let body = format!(" {}\r\n", catalogue::example("user.created", now() * 1000).expect("an example"));
    let headers = format!("{}x-odd: caf\u{e9}\r\n", signed(&secret(), now(), body.as_bytes()));

    let reply = app.post(&headers, body.as_bytes()).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.body, r#"{"message":"received","event":"user.created","signature":"valid"}"#);

    let received = app.received().await;
    assert_eq!(received.body, body.as_bytes());
    assert!(received.headers.contains(&("svix-id".to_owned(), "msg_1".to_owned())));
    assert!(received.headers.contains(&("x-odd".to_owned(), "caf\\xc3\\xa9".to_owned())), "{:?}", received.headers);
    let delivery = received.delivery;
    let received_at: jiff::Timestamp = delivery.received_at.parse().expect("RFC 3339");
    assert!((now() - received_at.as_second()).abs() < 300 && delivery.duration_ms.is_some());
    let expected = Delivery {
        id: "1".to_owned(),
        message_id: Some("msg_1".to_owned()),
        event: Some("user.created".to_owned()),
        method: "POST".to_owned(),
        path: "/api/webhooks?x=1".to_owned(),
        status_code: Some(200),
        signature: Signature::Valid,
        reason: None,
        replay: false,
        ..delivery.clone()
    };
    assert_eq!(delivery, expected);
}

#[tokio::test]
async fn every_verdict_has_its_reason() {
    let mut app = App::start(Options::default()).await;
    let body = br#"{"type":"user.deleted"}"#;
    let mut deliver = async |secrets: Vec<SigningSecret>, headers: String| {
        app.secrets.set(secrets);
        let reply = app.post(&headers, body).await;
        (reply.status, app.delivery().await)
    };
    for (secrets, headers, signature, reason) in [
        (vec![], signed(&secret(), now(), body), Signature::Unchecked, "no signing secret is known"),
        (vec![secret()], String::new(), Signature::Invalid, "no signature headers"),
        (vec![secret()], signed(&secret(), now(), b"{}"), Signature::Invalid, "signature does not match"),
        (vec![secret()], signed(&secret(), now() - 900, body), Signature::Invalid, "timestamp is 90"),
        (vec![secret()], signed(&secret(), now(), body), Signature::Valid, ""),
    ] {
        let (status, delivery) = deliver(secrets, headers).await;
        assert_eq!((status, delivery.signature), (200, signature), "{reason}");
        assert!(delivery.reason.unwrap_or_default().starts_with(reason), "{reason}");
    }
}

#[tokio::test]
async fn whatever_is_not_valid_can_be_refused() {
    let mut app = App::start(Options { reject_invalid: true, ..Options::default() }).await;
    let refused = app.post("", b"x").await;
    assert_eq!((refused.status, app.delivery().await.status_code), (400, Some(400)));
    assert_eq!(refused.body, r#"{"message":"refused","signature":"unchecked","reason":"no signing secret is known"}"#);
    app.secrets.set(vec![secret()]);
    assert_eq!(app.post("", b"x").await.status, 400);
    let no_event = app.post(&signed(&secret(), now(), b"x"), b"x").await;
    assert_eq!(no_event.body, r#"{"message":"refused","signature":"valid","reason":"the body is no event"}"#);
    let event = br#"{"type":"user.created"}"#;
    assert_eq!(app.post(&signed(&secret(), now(), event), event).await.status, 200);
}

#[tokio::test]
async fn any_method_and_path_is_answered() {
    let mut app = App::start(Options::default()).await;
    for (number, line) in ["GET /", "PUT /a/b", "DELETE /x?y=/", "OPTIONS *", "PURGE /"].into_iter().enumerate() {
        let (method, path) = line.split_once(' ').expect("two words");
        assert_eq!(app.send(&format!("{line} HTTP/1.1\r\nhost: x\r\n"), b"").await.status, 200, "{line}");
        let delivery = app.delivery().await;
        assert_eq!((delivery.id, delivery.event), ((number + 1).to_string(), None));
        assert_eq!((delivery.method.as_str(), delivery.path.as_str()), (method, path));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_still_told() {
    let mut app = App::start(Options { max_body: 1000, reject_invalid: true, ..Options::default() }).await;
    app.secrets.set(vec![secret()]);
    let body = vec![b'x'; 30_000_000];
    let reply = app.post(&signed(&secret(), now(), &body), &body).await;
    assert_eq!(reply.status, 413);
    assert!(reply.body.contains("the body is larger than 1000 bytes"), "{}", reply.body);
    let received = app.received().await;
    assert!(received.body.is_empty());
    assert_eq!(received.delivery.status_code, Some(413));
    assert_eq!(received.delivery.signature, Signature::Unchecked);
    assert_eq!(received.delivery.message_id.as_deref(), Some("msg_1"));
}

#[tokio::test]
async fn another_answer_can_be_ordered() {
    for (ordered, status, location, empty) in
        [("503", 503, None, false), ("302:1ms", 302, Some("/sign-in"), false), ("204", 204, None, true)]
    {
        let respond = Some(ordered.parse().expect("an answer"));
        let mut app = App::start(Options { respond, reject_invalid: true, ..Options::default() }).await;
        let reply = app.post("", b"x").await;
        assert_eq!((reply.status, reply.header("location"), reply.body.is_empty()), (status, location, empty));
        assert_eq!(app.delivery().await.status_code, Some(status));
    }
}

#[tokio::test]
async fn a_delay_holds_back_the_answer_but_not_the_notice() {
    let respond = Some("200:1h".parse().expect("an answer"));
    let mut app = App::start(Options { respond, ..Options::default() }).await;
    let stream = app.connect(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx").await;
    assert_eq!(app.delivery().await.status_code, Some(200));
    drop(stream);
    assert_eq!(app.send(BROWSER, b"").await.status, 200, "the app lives on");
}

#[tokio::test]
async fn a_sender_that_hangs_up_is_noticed() {
    let mut app = App::start(Options::default()).await;
    drop(app.connect(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{\"type\":").await);
    let received = app.received().await;
    assert_eq!(received.delivery.status_code, None);
    assert_eq!(received.delivery.reason.as_deref(), Some("the sender hung up before the body was whole"));
}

#[tokio::test]
async fn the_page_shows_deliveries_and_is_none() {
    let mut app = App::start(Options::default()).await;
    let empty = app.send(BROWSER, b"").await;
    assert_eq!(empty.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(empty.body.contains("The app runs: no delivery yet."), "{}", empty.body);

    app.secrets.set(vec![secret()]);
    let hostile = "{\"type\":\"<script>alert(1)</script>\",\"data\":\"</pre><img src=x onerror=alert(2)>\"}";
    app.post("svix-id: \"><svg onload=alert(3)>\r\n", hostile.as_bytes()).await;
    assert_eq!(app.delivery().await.id, "1", "the page is not counted");

    let page = app.send(BROWSER, b"").await.body;
    assert!(page.contains("The app runs: 1 delivery."));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(page.contains("header `svix-timestamp` is missing"));
    assert_eq!(page.matches("<script").count(), 1, "{page}");
    assert!(!page.contains("<img") && !page.contains("<svg"), "{page}");
}

#[tokio::test]
async fn the_policy_allows_the_pages_own_style_and_script_only() {
    let app = App::start(Options::default()).await;
    let page = app.send(BROWSER, b"").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    for element in ["style", "script"] {
        let (_, rest) = page.body.split_once(&format!("<{element}>")).expect("it begins");
        let (text, _) = rest.split_once(&format!("</{element}>")).expect("it ends");
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
        assert!(policy.contains(&format!("{element}-src 'sha256-{hash}'")), "{policy}");
    }
    assert_eq!(page.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn the_page_is_for_this_machine_only() {
    let mut app = App::start(Options::default()).await;
    let html = "accept: text/html\r\n";
    let stranger = app.send(&format!("GET / HTTP/1.1\r\nhost: rebound.example:3000\r\n{html}"), b"").await;
    assert_eq!((stranger.status, stranger.header("content-type")), (403, Some("application/json")));
    let tunnel = format!("GET / HTTP/1.1\r\nhost: localhost:3000\r\n{html}x-forwarded-for: 203.0.113.1\r\n");
    let tunnelled = app.send(&tunnel, b"").await;
    assert_eq!((tunnelled.status, tunnelled.header("content-type")), (200, Some("application/json")));
    assert_eq!(app.delivery().await.id, "1", "only the second counts");
}

#[tokio::test]
async fn the_page_is_sent_again_only_when_something_changed() {
    let app = App::start(Options::default()).await;
    let tag = app.send(BROWSER, b"").await.header("etag").expect("a tag").to_owned();
    let again = format!("{BROWSER}if-none-match: {tag}\r\n");
    assert_eq!(app.send(&again, b"").await.status, 304);
    app.secrets.set(vec![secret()]);
    assert_eq!(app.send(&again, b"").await.status, 200, "now signatures are checked");
    let tag = app.send(BROWSER, b"").await.header("etag").expect("a tag").to_owned();
    app.post("", b"").await;
    assert_eq!(app.send(&format!("{BROWSER}if-none-match: {tag}\r\n"), b"").await.status, 200);
}

#[tokio::test]
async fn the_last_fifty_are_shown_newest_first() {
    let app = App::start(Options::default()).await;
    for number in 1..=52 {
        app.post("", format!("{{\"type\":\"number.{number}.\"}}").as_bytes()).await;
    }
    let page = app.send(BROWSER, b"").await.body;
    assert!(page.contains("52 deliveries"));
    assert_eq!(page.matches("<li id=").count(), 50);
    let place = |number: u32| page.find(&format!(">number.{number}.<"));
    assert!(place(52) < place(51) && place(3).is_some() && place(2).is_none());
}
