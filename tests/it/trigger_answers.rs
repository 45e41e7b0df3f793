//! `trigger` and apps that answer otherwise: refusals, redirects, silence, too much, certificates of their own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::fixture::free_port;
use crate::serve::serve;
use crate::stand::OK;
use crate::trigger::{machine, told};
use crate::wire::RawApp;

#[test]
fn an_answer_that_was_not_expected_is_exit_6_with_its_cause() {
    let machine = machine();
    for (answer, flags, code, words) in [
        ("HTTP/1.1 500 No\r\ncontent-length: 8\r\n\r\n\u{1b}[31mno\n", "", 6, "the app answered 500, and said"),
        ("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", "--expect 5xx", 0, ""),
        (
            "HTTP/1.1 308 Over\r\nlocation: /hook/\r\ncontent-length: 0\r\n\r\n",
            "",
            6,
            "a redirect to `/hook/`, and Svix",
        ),
        ("HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", "--unsigned", 6, "as it should to what nobody signed"),
        ("HTTP/1.1 400 No\r\ncontent-length: 0\r\n\r\n", "--unsigned --expect 4xx", 0, ""),
        (OK, "--unsigned --expect 4xx", 6, "the app answered 200 where 4xx is due CH0815"),
        ("no HTTP at all\r\n\r\n", "", 6, "the app gave no HTTP answer"),
    ] {
        let app = RawApp::answering(answer);
        let output = machine.run(&format!("trigger user.created --to {} {flags}", app.port)).expect_code(code);
        assert!(output.stderr.contains(words) && !output.stdout.contains('\u{1b}'), "{output:?}");
        assert_eq!(app.count(), 1);
    }
    let output = machine.run(&format!("trigger user.created --to {}", free_port())).expect_code(3);
    assert!(output.stderr.contains("nothing listens at"), "{}", output.stderr);
    let silent = RawApp::silent();
    let output = machine.run(&format!("trigger user.created --to {} --timeout 200ms", silent.port)).expect_code(6);
    assert!(output.stderr.contains("the app gave no answer in time"), "{}", output.stderr);
}

/// Answers one request with `count` bytes, and gives how many were taken.
fn endless(count: usize) -> (u16, std::thread::JoinHandle<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a request");
        let _ = stream.read(&mut [0; 65536]);
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {count}\r\n\r\n");
        stream.write_all(head.as_bytes()).expect("taken");
        let (chunk, mut sent) = ([b'x'; 65536], 0);
        while sent < count && stream.write_all(&chunk).is_ok() {
            sent += chunk.len();
        }
        sent
    });
    (port, served)
}

#[test]
fn of_a_huge_answer_only_the_beginning_is_read() {
    let (port, served) = endless(100 << 20);
    let output = machine().run(&format!("trigger user.created --to {port}")).expect_code(0);
    assert!(output.stderr.contains("only its beginning was read"), "{}", output.stderr);
    assert!(served.join().expect("served") < 50 << 20, "most of it was never taken");
}

#[test]
fn a_certificate_of_ones_own_is_accepted_when_asked() {
    let port = self_signed();
    let machine = machine();
    let output = machine.run(&format!("trigger user.created --to https://localhost:{port}")).expect_code(3);
    assert!(output.stderr.contains("is not trusted CH0203"), "{}", output.stderr);
    assert!(output.stderr.contains("`--insecure-upstream`"), "{}", output.stderr);
    let line = format!("trigger user.created --to https://localhost:{port} --insecure-upstream");
    assert_eq!(told(&machine.run(&format!("{line} --json")).expect_code(0))["status_code"], 200);
    let output = machine.run("trigger user.created --to https://app.example --insecure-upstream").expect_code(2);
    assert!(output.stderr.contains("is for apps on this machine"), "{}", output.stderr);
    // What speaks plain HTTP is there, and is not said to be absent.
    let (_plain, port) = serve(&machine, "");
    let output = machine.run(&format!("trigger user.created --to https://localhost:{port}")).expect_code(6);
    assert!(output.stderr.contains("the app speaks no TLS CH0805"), "{}", output.stderr);
    let meant = format!("`--to http://localhost:{port}/api/webhooks`");
    assert!(output.stderr.contains(&meant), "{}", output.stderr);
}

/// An app that answers 200 over TLS, with a certificate that it signed itself.
pub fn self_signed() -> u16 {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::rustls::{self, pki_types::PrivateKeyDer};
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).expect("a key");
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.expect("versions").with_no_client_auth();
    let config = config.with_single_cert(vec![certified.cert.der().clone()], key).expect("a server");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    listener.set_nonblocking(true).expect("set");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async move {
            let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let mut request = vec![0; 65536];
                let count = stream.read(&mut request).await.unwrap_or(0);
                let probe = String::from_utf8_lossy(&request[..count]).contains("clerkhook-probe");
                let answer = if probe { "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n" } else { OK };
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
    });
    port
}
