//! What the gateway lets through as it is: targets, long bodies, streams, other protocols, an app's own certificate.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

use crate::stand::{Counting, PATH, PATIENCE, Stand, read_head, signature};

#[tokio::test]
async fn a_target_arrives_byte_for_byte() {
    let app = Counting::start().await;
    let gateway = Stand::start(&app.url(), None).await;
    let targets = ["/a/../b", "/a%2e%2e//b?x=%41&y=/..", "//x.example/a", "/a\\b", "/%7Euser", "/caf%C3%A9;v=1?"];
    for target in targets {
        let head = format!("POST {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n");
        let answer = gateway.exchange(format!("{head}{}\r\n{{}}", signature(b"{}")).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    assert_eq!(app.targets(), targets);
}

#[tokio::test]
async fn a_target_that_names_a_host_is_refused() {
    let app = Counting::start().await;
    for path in [None, Some(PATH)] {
        let gateway = Stand::start(&app.url(), path).await;
        for target in [app.url() + "/x", "*".to_owned(), format!("127.0.0.1:{}", app.port)] {
            let answer = gateway.post(&target).await;
            assert!(answer.starts_with("HTTP/1.1 400"), "{target}: {answer}");
        }
    }
    assert_eq!(app.count(), 0);
}

/// An app for one visitor, which is told what came after the head.
async fn one_visitor<F, T>(
    serve: impl FnOnce(tokio::net::TcpStream, String) -> F + Send + 'static,
) -> (String, tokio::task::JoinHandle<T>)
where
    F: Future<Output = T> + Send,
    T: Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a visitor");
        let head = read_head(&mut stream).await;
        serve(stream, head).await
    });
    (url, served)
}

#[tokio::test]
async fn both_sides_may_speak_another_protocol() {
    let (url, app) = one_visitor(|mut stream, head| async move {
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\nhello")
            .await
            .expect("sent");
        let mut said = [0; 4];
        stream.read_exact(&mut said).await.expect("said");
        stream.write_all(&said).await.expect("sent");
        head
    })
    .await;
    let gateway = Stand::start(&url, Some(PATH)).await;
    let mut stream = gateway.connect().await;
    let head = "GET /_next/webpack-hmr HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let answer = read_head(&mut stream).await.to_ascii_lowercase();
    assert!(answer.starts_with("http/1.1 101") && answer.contains("upgrade: websocket"), "{answer}");
    let mut heard = [0; 9];
    timeout(PATIENCE, async {
        stream.read_exact(&mut heard[..5]).await.expect("a greeting");
        stream.write_all(b"ping").await.expect("sent");
        stream.read_exact(&mut heard[5..]).await.expect("an echo");
    })
    .await
    .expect("in time");
    assert_eq!(&heard, b"helloping");
    let head = app.await.expect("served").to_ascii_lowercase();
    assert!(head.contains("connection: upgrade") && head.contains("upgrade: websocket"), "{head}");
}

#[tokio::test]
async fn an_answer_streams_while_it_is_made() {
    let (go, went) = tokio::sync::oneshot::channel::<()>();
    let (url, _app) = one_visitor(|mut stream, _| async move {
        let first = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n";
        stream.write_all(first).await.expect("sent");
        // Not before the visitor has seen the first part.
        went.await.expect("seen");
        stream.write_all(b"6\r\nsecond\r\n0\r\n\r\n").await.expect("sent");
    })
    .await;
    let gateway = Stand::start(&url, Some(PATH)).await;
    let mut stream = gateway.connect().await;
    stream.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("sent");
    let mut seen = String::new();
    while !seen.contains("first") {
        seen.push(char::from(timeout(PATIENCE, stream.read_u8()).await.expect("in time").expect("more")));
    }
    go.send(()).expect("the app waits");
    timeout(PATIENCE, stream.read_to_string(&mut seen)).await.expect("in time").expect("the rest");
    assert!(seen.contains("second"), "{seen}");
}

#[tokio::test]
async fn a_body_that_is_not_verified_may_be_long() {
    const LENGTH: usize = 12 * 1024 * 1024;
    let (url, app) = one_visitor(|mut stream, head| async move {
        let (mut count, mut buffer) = (0, vec![0; 65_536]);
        while count < LENGTH {
            match stream.read(&mut buffer).await.expect("read") {
                0 => break,
                more => count += more,
            }
        }
        stream
            .write_all(b"HTTP/1.1 201 Created\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            .await
            .expect("sent");
        (head, count)
    })
    .await;
    let request = |path: &str| {
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {LENGTH}\r\n\r\n");
        [head.as_bytes(), &vec![b'x'; LENGTH]].concat()
    };
    let gateway = Stand::start(&url, Some(PATH)).await;
    let answer = gateway.exchange(&request("/upload")).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (head, count) = app.await.expect("served");
    assert!(head.to_ascii_lowercase().contains(&format!("content-length: {LENGTH}\r\n")), "{head}");
    assert_eq!(count, LENGTH);
    // Only the beginning, as an answer in the middle of a body may close the connection under the rest.
    let answer = gateway.exchange(&request(PATH)[..11 * 1024 * 1024]).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn an_app_may_sign_its_own_certificate() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = own.signing_key.serialize_der().try_into().expect("a key");
    let settings = ServerConfig::builder().with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key);
    let acceptor = TlsAcceptor::from(Arc::new(settings.expect("settings")));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a visitor");
        let mut stream = acceptor.accept(stream).await.expect("a handshake");
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
        let _ = stream.shutdown().await;
    });
    let gateway = Stand::start(&format!("https://localhost:{port}"), Some(PATH)).await;
    let answer = gateway.exchange(b"GET /about HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
}
