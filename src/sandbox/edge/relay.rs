//! What the edge and the agent both do to an HTTP message that they hand on: nothing but the hop's own headers.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONNECTION, HeaderMap, HeaderName};
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

/// A body on its way, whichever end it came from.
pub(in crate::sandbox) type Body = BoxBody<Bytes, hyper::Error>;

/// How long to wait after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Headers that end at each hop (RFC 9110, 7.6.1), and the older ones that proxies drop by custom.
const HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// The headers without those of this hop. Order and repetitions stay.
pub(in crate::sandbox) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let ends_here =
        |name: &HeaderName| HOP.contains(&name.as_str()) || named.iter().any(|other| name.as_str() == other);
    let kept = headers.iter().filter(|(name, _)| !ends_here(name));
    // A new map: removing from the old one would change the order.
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in kept {
        passed.append(name, value.clone());
    }
    passed
}

/// The head of the request for the next hop. Extensions stay: they know how each header was written.
pub(in crate::sandbox) fn onward(mut head: Parts) -> Parts {
    head.headers = end_to_end(&head.headers);
    head.version = Version::HTTP_11;
    head.uri = head.uri.path_and_query().map_or_else(Uri::default, |path| Uri::from(path.clone()));
    head
}

/// The response for the hop before.
pub(in crate::sandbox) fn back<B>(response: Response<B>, boxed: impl FnOnce(B) -> Body) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    head.headers = end_to_end(&head.headers);
    head.version = Version::HTTP_11;
    Response::from_parts(head, boxed(body))
}

/// A body that is whole already.
pub(in crate::sandbox) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

/// An answer of ngrok's own (ngrok docs, errors): the code in a header and in the text.
pub(in crate::sandbox) fn own_answer(status: StatusCode, number: u32, text: &str) -> Response<Body> {
    Response::builder()
        .status(status)
        .header("content-type", "text/plain; charset=utf-8")
        .header("ngrok-error-code", format!("ERR_NGROK_{number}"))
        .body(whole(format!("{text}\r\n\r\nERR_NGROK_{number}\r\n")))
        .expect("a constant status and printable headers make a response")
}

/// The next connection. An accept fails for want of descriptors, which others give back in a while.
pub(in crate::sandbox) async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Opens the client's side of HTTP/1.1 on a connection.
pub(in crate::sandbox) async fn client(stream: TcpStream) -> hyper::Result<SendRequest<Body>> {
    let _ = stream.set_nodelay(true);
    let mut builder = hyper::client::conn::http1::Builder::new();
    let (sender, connection) = builder.preserve_header_case(true).handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "relayed connection ended");
        }
    });
    Ok(sender)
}

/// Serves HTTP/1.1 on a connection to its end.
pub(in crate::sandbox) async fn server<F>(stream: TcpStream, answer: impl Fn(Request<Incoming>) -> F)
where
    F: Future<Output = Response<Body>>,
{
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let answered = answer(request);
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    let builder = builder.preserve_header_case(true).auto_date_header(false);
    if let Err(error) = builder.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "visitor's connection ended");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hops_own_headers_go() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "a"),
            ("connection", "close, X-Mine"),
            ("x-one", "1"),
            ("x-mine", "gone"),
            ("transfer-encoding", "chunked"),
            ("x-two", "2"),
            ("x-one", "3"),
        ] {
            headers.append(name, value.parse().expect("a value"));
        }
        let passed: Vec<(String, String)> = end_to_end(&headers)
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        let expected = [("host", "a"), ("x-one", "1"), ("x-one", "3"), ("x-two", "2")];
        assert_eq!(passed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
