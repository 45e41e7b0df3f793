//! A busy tunnel: what is looked for is found behind all that came meanwhile, and what nobody could see is counted.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use crate::fixture::PATIENCE;
use crate::fixture::{Machine, Sandbox};
use crate::stand::OK;
use crate::wire::{RawApp, port_of, post};

/// An app that answers everything at once but webhooks, which wait until they are let go.
struct Patient {
    port: u16,
    came: Receiver<()>,
    let_go: Sender<()>,
}

impl Patient {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let ((tell, came), (let_go, gone)) = (channel(), channel());
        let gone = Arc::new(Mutex::new(gone));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (tell, gone) = (tell.clone(), Arc::clone(&gone));
                std::thread::spawn(move || answer(stream, &tell, &gone));
            }
        });
        Self { port, came, let_go }
    }
}

fn answer(mut stream: TcpStream, tell: &Sender<()>, gone: &Mutex<Receiver<()>>) {
    let mut bytes = [0; 64 * 1024];
    let count = stream.read(&mut bytes).unwrap_or(0);
    let head = String::from_utf8_lossy(&bytes[..count]).to_ascii_lowercase();
    let probe = head.contains("clerkhook-probe");
    if head.contains("svix-id") && !probe {
        let _ = tell.send(());
        let _ = gone.lock().expect("no panic").recv_timeout(PATIENCE);
    }
    let status = if probe { "404 Not Found" } else { "200 OK" };
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").as_bytes());
}

#[test]
fn a_proof_holds_while_hundreds_of_others_come() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = Patient::start();
    let mut up = machine.start(&format!("up {} --no-env --no-test --json", app.port));
    let public = port_of(up.wait_for_type("ready")["public_url"].as_str().expect("a URL"));
    let proving = machine.start("send-test");
    app.came.recv_timeout(PATIENCE).expect("the event came to the app");
    for number in 0..600 {
        post(public, &format!("/other/{number}"), &[], b"{}");
    }
    app.let_go.send(()).expect("the app waits");
    let output = proving.finish().expect_code(0);
    assert!(output.stderr.contains("app answered 200"), "{}", output.stderr);
}

#[test]
fn what_the_agent_forgot_is_counted() {
    let sent = 80;
    for json in [true, false] {
        let sandbox = Sandbox::start("--fault agent=memory:5");
        let machine = Machine::with(&sandbox);
        let app = RawApp::answering(OK);
        let mut up = machine.start(&format!("up {} --no-env --no-test {}", app.port, if json { "--json" } else { "" }));
        let public = || machine.run("status --json").stdout.split("http://127.0.0.1:").nth(1).map(str::to_owned);
        crate::fixture::until("it is ready", || machine.run("status --json").stdout.contains("/api/webhooks"));
        let port: String = public().expect("a URL").chars().take_while(char::is_ascii_digit).collect();
        let port: u16 = port.parse().expect("a port");
        for _ in 0..sent {
            post(port, "/api/webhooks", &[("svix-id", "msg_1")], b"{}");
        }
        let gap = up.wait_for("a gap", |line| line.contains("\"gap\"") || line.contains("are not shown"));
        up.signal("INT");
        let output = up.finish().expect_code(0);
        if json {
            assert!(gap.contains("\"where\":\"agent\""), "{gap}");
            let missed: u64 = output.of_type("gap").iter().filter_map(|gap| gap["missed"].as_u64()).sum();
            let shown = output.of_type("delivery").len() as u64;
            assert_eq!(missed + shown, sent, "{missed} missed, {shown} shown");
        } else {
            assert!(gap.contains("deliveries are not shown: they came faster than the agent keeps them"), "{gap}");
        }
    }
}
