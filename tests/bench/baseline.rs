//! What `serve` is compared with: hyper alone, one HMAC over each body, nothing kept and nothing shown.
//! `tests/bench/run.py` starts it with `--serve`, and closes its stdin at the end.

use std::convert::Infallible;
use std::io::{Read as _, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use sha2::Sha256;
use tokio::net::TcpListener;

/// The key that `run.py` signs with: the bytes from 0 to 23.
fn key() -> Hmac<Sha256> {
    let key: Vec<u8> = (0..24).collect();
    Hmac::new_from_slice(&key).expect("an HMAC takes a key of any length")
}

fn main() {
    // `cargo bench` runs every bench, and this one would not end.
    if std::env::args().all(|argument| argument != "--serve") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    runtime.spawn(serve(listener));
    let _ = writeln!(std::io::stdout(), "{port}");
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    runtime.shutdown_background();
}

async fn serve(listener: TcpListener) {
    let key = key();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let key = key.clone();
        tokio::spawn(http1::Builder::new().serve_connection(
            TokioIo::new(stream),
            service_fn(move |request| {
                let key = key.clone();
                async move { Ok::<_, Infallible>(answer(key, request).await) }
            }),
        ));
    }
}

async fn answer(mut key: Hmac<Sha256>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    for part in [header("svix-id").as_bytes(), b".", header("svix-timestamp").as_bytes(), b".", &body] {
        key.update(part);
    }
    let given = header("svix-signature").strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
    let genuine = given.is_some_and(|given| key.verify_slice(&given).is_ok());
    let mut response = Response::new(Full::new(Bytes::from_static(br#"{"message":"received","signature":"valid"}"#)));
    *response.status_mut() = if genuine { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    response
}
