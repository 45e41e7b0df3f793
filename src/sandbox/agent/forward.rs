//! From the agent to the app: one upstream connection for each request, and a copy of both bodies for the captures.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http_body_util::BodyExt as _;
use http_body_util::combinators::BoxBody;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::{Request, Response, StatusCode};
use tokio::net::TcpStream;

use super::exchange::{Exchange, RequestHead, Side};
use super::tunnel::{Tunnel, Upstream};
use crate::http::end_to_end;
use crate::sandbox::edge::relay::{self, Body};

/// A body that leaves a copy of itself with its exchange.
struct Copied {
    body: Incoming,
    exchange: Arc<Exchange>,
    side: Side,
}

impl Copied {
    fn boxed(body: Incoming, exchange: &Arc<Exchange>, side: Side) -> Body {
        BoxBody::new(Self { body, exchange: exchange.clone(), side })
    }

    fn end(&self) {
        if self.side == Side::Response {
            self.exchange.finished();
        }
    }
}

impl hyper::body::Body for Copied {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(data) = frame.data_ref() {
                    self.exchange.keep(self.side, data);
                }
                // The reader of a body of known length does not come back for its end.
                if self.body.is_end_stream() {
                    self.end();
                }
            }
            Poll::Ready(None | Some(Err(_))) => self.end(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        self.end();
    }
}

/// Begins the exchange of a visitor's request, and sends the request to the tunnel's app.
pub(super) async fn visit(
    tunnel: &Tunnel,
    remote: &str,
    request: Request<Incoming>,
    capture: impl FnOnce(Arc<Exchange>),
) -> Response<Body> {
    Tunnel::count(&tunnel.requests);
    let (head, body) = request.into_parts();
    let captured = RequestHead { method: head.method.clone(), uri: head.uri.clone(), headers: head.headers.clone() };
    let exchange = Arc::new(Exchange::new(tunnel.name(), remote, captured));
    capture(exchange.clone());
    let body = Copied::boxed(body, &exchange, Side::Request);
    send(tunnel.upstream(), &exchange, Request::from_parts(relay::onward(head), body)).await
}

/// Sends a captured request again, to the app and to nobody else, and reads the answer to its end.
pub(super) async fn replay(upstream: &Upstream, exchange: &Arc<Exchange>, body: Vec<u8>) {
    let RequestHead { method, uri, headers } = exchange.request().clone();
    exchange.keep(Side::Request, &body);
    let mut request = Request::new(relay::whole(body));
    (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) =
        (method, relay::path_alone(&uri), end_to_end(&headers));
    let response = send(upstream, exchange, request).await;
    let _ = response.into_body().collect().await;
}

async fn send(upstream: &Upstream, exchange: &Arc<Exchange>, request: Request<Body>) -> Response<Body> {
    let stream = match connect(upstream).await {
        Ok(stream) => stream,
        Err(error) => {
            let text = format!(
                "Traffic was successfully tunneled to the ngrok agent, but the agent failed to establish a connection \
                 to the upstream web service at {}. The error encountered was:\r\n\r\ndial tcp {upstream}: connect: \
                 {error}",
                upstream.url()
            );
            // The request is captured whole, so that it can be sent again once the app is there.
            let _ = request.into_body().collect().await;
            return own(exchange, 8012, &text).await;
        }
    };
    let answered = match relay::client(stream).await {
        Ok(mut sender) => sender.send_request(request).await,
        Err(error) => Err(error),
    };
    match answered {
        Ok(response) => {
            exchange.answered(response.status(), response.headers().clone());
            relay::back(response, |body| Copied::boxed(body, exchange, Side::Response))
        }
        Err(error) => {
            let text =
                format!("The server at {} returned an invalid or incomplete HTTP response: {error}", upstream.url());
            own(exchange, 3004, &text).await
        }
    }
}

/// An answer of the agent's own, captured like one of the app's.
async fn own(exchange: &Exchange, number: u32, text: &str) -> Response<Body> {
    let (head, body) = relay::own_answer(StatusCode::BAD_GATEWAY, number, text).into_parts();
    let body = body.collect().await.map(|collected| collected.to_bytes()).unwrap_or_default();
    exchange.keep(Side::Response, &body);
    exchange.answered(head.status, head.headers.clone());
    exchange.finished();
    Response::from_parts(head, relay::whole(body))
}

/// `localhost` means both loopback addresses, the older first.
async fn connect(upstream: &Upstream) -> Result<TcpStream, String> {
    let host = upstream.host.trim_start_matches('[').trim_end_matches(']');
    let hosts: &[&str] = if host == "localhost" { &["127.0.0.1", "::1"] } else { &[host] };
    let mut failure = None;
    for host in hosts {
        match TcpStream::connect((*host, upstream.port)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure.map_or_else(String::new, |error| match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused".to_owned(),
        _ => error.to_string(),
    }))
}
