//! A crowd at the gate: thousands of posts at once, and one slow webhook among hundreds of other requests. Counts and memory
//! are asserted, never time.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write as _;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::fixture::{Machine, Running, Sandbox};
use crate::stand::OK;
use crate::wire::{RawApp, exchange, port_of, post, read_message};

/// Posts, when the environment names no number.
const CROWD: usize = 4000;

/// As many as Svix would hold open to one endpoint.
const CONNECTIONS: usize = 16;

/// What `up` may take, in KiB.
const MEMORY: u64 = 60 * 1024;

/// The pages of its program that a release build holds, in KiB; those of a debug build are three times as many.
const RELEASE_CODE: u64 = 8 * 1024;

/// As large as a usual `user.created`.
const BODY: usize = 1500;

fn crowd() -> usize {
    let wished = std::env::var("CLERKHOOK_CROWD").ok();
    wished.map_or(CROWD, |number| number.parse().expect("CLERKHOOK_CROWD is a number"))
}

fn message(number: usize) -> String {
    format!("msg_crowd{number:05}")
}

/// Posts messages over connections that are kept; each must be answered 200.
fn post_all(port: u16, messages: std::ops::Range<usize>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let posting: Vec<_> = (0..CONNECTIONS)
            .map(|first| tokio::spawn(post_each(port, messages.clone().skip(first).step_by(CONNECTIONS))))
            .collect();
        for each in posting {
            each.await.expect("each is answered 200");
        }
    });
}

async fn post_each(port: u16, messages: impl Iterator<Item = usize>) {
    let body = format!(r#"{{"type":"user.created","data":{{"id":"user_1","about":"{}"}}}}"#, "x".repeat(BODY));
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("a connection");
    let (mut way, connection) = http1::handshake(TokioIo::new(stream)).await.expect("HTTP");
    tokio::spawn(connection);
    for number in messages {
        let request = Request::post("/api/webhooks").header("host", "localhost").header("svix-id", message(number));
        let request = request.body(Full::new(Bytes::from(body.clone()))).expect("a request");
        let answer = way.send_request(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{number}");
        answer.into_body().collect().await.expect("a body");
    }
}

/// The most that a process ever held, in KiB, with the code of a release build in place of its own.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("it runs");
    let number = |name: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a row");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    };
    number("VmHWM:") - number("RssFile:") + RELEASE_CODE
}

/// What was told of a crowd.
#[derive(Debug, Default)]
struct Told {
    shown: BTreeSet<String>,
    twice: Vec<String>,
    missed: usize,
}

impl Told {
    fn take(&mut self, line: &str) {
        let line: Value = serde_json::from_str(line).expect("a JSON line");
        if line["type"] == "gap" {
            self.missed += usize::try_from(line["missed"].as_u64().expect("a number")).expect("few");
        }
        let id = line["message_id"].as_str().unwrap_or_default().to_owned();
        if line["type"] == "delivery" && id.starts_with("msg_crowd") && !self.shown.insert(id.clone()) {
            self.twice.push(id);
        }
    }
}

/// Reads on until so many are shown or told to be missing.
fn told(running: &mut Running, sent: usize) -> Told {
    let told = RefCell::new(Told::default());
    running.wait_for("the whole crowd", |line| {
        let mut told = told.borrow_mut();
        told.take(line);
        told.shown.len() + told.missed >= sent
    });
    told.into_inner()
}

/// The messages of the crowd that stand in the history with their answer, each once.
fn kept(machine: &Machine) -> BTreeSet<String> {
    let mut listed = machine.run("events -n 1000000 --brief --json").expect_code(0).of_type("delivery");
    // The agent forgot some before it had told of their answer.
    listed.retain(|line| !line["status_code"].is_null());
    let ids = listed.iter().filter_map(|line| line["message_id"].as_str()).filter(|id| id.starts_with("msg_crowd"));
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    let each: BTreeSet<String> = ids.iter().cloned().collect();
    assert_eq!(each.len(), ids.len(), "some are kept twice");
    each
}

/// A crowd comes to a set-up: all is shown once and kept once, or said to be missing; and memory has a bound.
fn a_crowd_comes_to(up: &str) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox).set("CLERKHOOK_HISTORY", "100000");
    let mut up = machine.start(&format!("{up} --no-env --no-test --json --brief"));
    let ready = up.wait_for_type("ready");
    let (port, sent) = (port_of(ready["public_url"].as_str().expect("a URL")), crowd());
    let posting = std::thread::spawn(move || post_all(port, 0..sent));
    let told = told(&mut up, sent);
    posting.join().expect("all were answered");
    let peak = peak(up.child.id());
    up.signal("INT");
    let output = up.finish().expect_code(0);
    let kept = kept(&machine);
    assert_eq!(told.twice, [""; 0], "shown twice");
    assert_eq!(told.shown.len() + told.missed, sent, "{}", output.stderr);
    assert_eq!(kept, told.shown, "{}", output.stderr);
    assert_eq!(output.of_type("stopped")[0]["deliveries"], told.shown.len());
    assert!(peak < MEMORY, "{peak} KiB");
}

#[test]
fn of_a_crowd_each_is_shown_once_and_kept_once() {
    a_crowd_comes_to("up --serve");
}

#[test]
fn of_a_crowd_that_only_the_agent_sees_what_it_forgot_is_counted() {
    let app = RawApp::answering(OK);
    a_crowd_comes_to(&format!("up {}", app.port));
}

/// How long the slow webhook takes.
const SLOW: std::time::Duration = std::time::Duration::from_secs(3);

/// Assets that are asked for beside it; more than an agent is asked for at one look.
const ASSETS: usize = 200;

#[test]
fn a_slow_webhook_is_shown_beside_many_other_requests() {
    let app = SlowApp::start();
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start(&format!("up {} --no-env --no-test --json --brief", app.port));
    let public = port_of(up.wait_for_type("ready")["public_url"].as_str().expect("a URL"));
    let webhook = std::thread::spawn(move || post(public, "/api/webhooks", &[("svix-id", "msg_slow")], b"{}"));
    app.has_the_webhook.recv_timeout(crate::fixture::PATIENCE).expect("the webhook came");
    let get = |number: usize| {
        let head = format!("GET /assets/{number}.js HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        exchange(public, head.as_bytes())
    };
    assert!((0..ASSETS).all(|number| get(number).starts_with("HTTP/1.1 200")));
    assert!(webhook.join().expect("answered").starts_with("HTTP/1.1 200"));
    let line = up.wait_for("the slow webhook", |line| line.contains("\"msg_slow\""));
    let line: Value = serde_json::from_str(&line).expect("JSON");
    assert!(line["status_code"] == 200 && line["duration_ms"].as_u64() >= Some(2900), "{line}");
    up.signal("INT");
    let output = up.finish().expect_code(0);
    let shown = output.of_type("delivery");
    let assets = shown.iter().filter_map(|line| line["path"].as_str()).filter(|path| path.ends_with(".js"));
    assert_eq!((assets.collect::<BTreeSet<_>>().len(), shown.len()), (ASSETS, ASSETS + 1), "{}", output.stderr);
    let kept = machine.run("events -n 1000 --brief --json").expect_code(0).of_type("delivery");
    assert_eq!(kept.len(), ASSETS + 1);
    assert!(kept.iter().any(|line| line["message_id"] == "msg_slow" && line["status_code"] == 200), "{kept:?}");
}

/// Takes three seconds for a webhook and none for anything else.
struct SlowApp {
    port: u16,
    has_the_webhook: std::sync::mpsc::Receiver<()>,
}

impl SlowApp {
    fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (sender, has_the_webhook) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || answer(stream, &sender));
            }
        });
        Self { port, has_the_webhook }
    }
}

fn answer(mut stream: std::net::TcpStream, sender: &std::sync::mpsc::Sender<()>) {
    let request = read_message(&mut stream);
    if request.contains("msg_slow") {
        let _ = sender.send(());
        // It is what the test is about: an app that takes its time.
        std::thread::sleep(SLOW);
    }
    let probe = request.to_ascii_lowercase().contains("\r\nclerkhook-probe: ");
    let status = if probe { "404 Not Found" } else { "200 OK" };
    let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok");
}
