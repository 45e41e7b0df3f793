//! What the edge and the agent both do to an HTTP message that they hand on: nothing but the hop's own headers.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, combinators::BoxBody};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::SendRequest;
use hyper::http::request::Parts;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri, Version};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::http::{OriginForm, end_to_end};

/// A body on its way, whichever end it came from.
pub(in crate::sandbox) type Body = BoxBody<Bytes, hyper::Error>;

/// How long to wait after an accept that failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The head of the request for the next hop. Extensions stay: they know how each header was written.
pub(in crate::sandbox) fn onward(mut head: Parts) -> Parts {
    head.headers = end_to_end(&head.headers);
    head.version = Version::HTTP_11;
    head.uri = path_alone(&head.uri);
    head
}

/// The target without the host that a request in absolute-form names.
pub(in crate::sandbox) fn path_alone(uri: &Uri) -> Uri {
    uri.path_and_query()
        .and_then(|path| OriginForm::of(&path.clone().into()))
        .map_or_else(Uri::default, |path| path.uri())
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
