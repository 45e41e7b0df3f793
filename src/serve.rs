//! A server is a listener plus a stop future; receiver, sandbox, agent and control share this one.

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long to wait when no connection can be taken: mostly file descriptors are used up, and some come back.
const BREATH: Duration = Duration::from_millis(50);

/// Binds a loopback port; `0` lets the system choose one.
pub async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Serves `app` until `stop` resolves, then drops the connections that are left.
///
/// Nothing waits for slow peers: a person who pressed Ctrl-C is one of them.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let app = TowerToHyperService::new(app);
    let answer = move |request: Request<Incoming>| {
        let answered = app.call(request.map(Body::new));
        async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    };
    serve_with(listener, answer, stop).await;
}

/// Serves whatever `answer` gives; its error closes the connection without an answer.
pub async fn serve_with<A, F, E>(listener: TcpListener, answer: A, stop: impl Future<Output = ()>)
where
    A: Fn(Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let mut connections = JoinSet::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _peer)) => {
                    connections.spawn(connection(stream, answer.clone()));
                }
                Err(error) => {
                    tracing::debug!(%error, "no connection taken");
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
}

async fn connection<A, F, E>(stream: TcpStream, answer: A)
where
    A: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Body>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // Without it, an answer in two writes waits for a delayed acknowledgement of up to 40 ms.
    let _ = stream.set_nodelay(true);
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service_fn(answer));
    // The gateway's may become another protocol.
    if let Err(error) = served.with_upgrades().await {
        tracing::trace!(%error, "connection ended");
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_util::sync::CancellationToken;

    use super::*;

    async fn exchange(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("written");
        let mut buffer = [0; 1024];
        let count = stream.read(&mut buffer).await.unwrap_or(0);
        String::from_utf8_lossy(&buffer[..count]).into_owned()
    }

    #[tokio::test]
    async fn a_stopped_server_drops_open_connections() {
        let listener = bind(0).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let app = Router::new().route("/", get(|| async { "here" }));
        let served = tokio::spawn(serve(listener, app, stop.clone().cancelled_owned()));
        let mut stream = TcpStream::connect(address).await.expect("connected");
        assert!(exchange(&mut stream).await.ends_with("here"));
        stop.cancel();
        served.await.expect("served");
        assert_eq!(exchange(&mut stream).await, "");
    }

    #[tokio::test]
    async fn an_error_closes_without_an_answer() {
        let listener = bind(0).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let refuse = |_request| async { Err::<Response<Body>, _>("no") };
        tokio::spawn(serve_with(listener, refuse, std::future::pending()));
        let mut stream = TcpStream::connect(address).await.expect("connected");
        assert_eq!(exchange(&mut stream).await, "");
    }
}
