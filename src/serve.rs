//! A server is a listener plus a stop future; receiver, sandbox, agent and control share this one.

mod body;
mod crowd;

use std::convert::Infallible;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
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

pub use self::body::Patience;
use self::body::{Answering, Timely};
use self::crowd::{Crowd, Standing};

/// How long to wait when no connection can be taken: mostly file descriptors are used up, and some come back.
const BREATH: Duration = Duration::from_millis(50);

/// What a peer may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the head of a request may take, and how long a connection may wait for one.
    pub head: Duration,
    /// How long its body may take, unless its [`Patience`] is endless.
    pub body: Duration,
    /// How many connections are open at the same time.
    pub connections: usize,
}

impl Default for Limits {
    /// Svix gives up after 15 s. Several servers share the file descriptors of a process, often 1024.
    fn default() -> Self {
        Self { head: Duration::from_secs(30), body: Duration::from_secs(30), connections: 256 }
    }
}

/// Binds a loopback port; `0` lets the system choose one.
pub async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Serves `app` until `stop` resolves, then drops the connections that are left.
///
/// Nothing waits for slow peers: a person who pressed Ctrl-C is one of them.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) {
    let app = TowerToHyperService::new(app);
    let answer = move |request: Request<Body>| {
        let answered = app.call(request);
        async move { Ok::<_, Infallible>(answered.await.unwrap_or_else(|never| match never {})) }
    };
    serve_with(listener, answer, stop).await;
}

/// Serves whatever `answer` gives; its error closes the connection without an answer.
pub async fn serve_with<A, F, E>(listener: TcpListener, answer: A, stop: impl Future<Output = ()>)
where
    A: Fn(Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    serve_within(listener, answer, stop, Limits::default()).await;
}

/// The same within other limits.
pub async fn serve_within<A, F, E>(listener: TcpListener, answer: A, stop: impl Future<Output = ()>, limits: Limits)
where
    A: Fn(Request<Body>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>> + 'static,
{
    let mut crowd = Crowd::new(limits.connections);
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return,
            () = crowd.ended() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _peer)) => {
                    let standing = Arc::<Standing>::default();
                    crowd.admit(connection(stream, answer.clone(), limits, Arc::clone(&standing)), standing);
                }
                Err(error) => {
                    tracing::debug!(%error, "no connection taken");
                    crowd.drop_one();
                    tokio::time::sleep(BREATH).await;
                }
            },
        }
    }
}

async fn connection<A, F, E>(stream: TcpStream, answer: A, limits: Limits, standing: Arc<Standing>)
where
    A: Fn(Request<Body>) -> F,
    F: Future<Output = Result<Response<Body>, E>>,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    // Without it, an answer in two writes waits for a delayed acknowledgement of up to 40 ms.
    let _ = stream.set_nodelay(true);
    let watched = |request: Request<Incoming>| {
        let (patience, standing) = (Patience::default(), Arc::clone(&standing));
        let (mut head, body) = request.into_parts();
        head.extensions.insert(patience.clone());
        let body = Body::new(Timely::new(body, limits.body, patience, Arc::clone(&standing)));
        let answered = answer(Request::from_parts(head, body));
        async move { answered.await.map(|response| response.map(|body| Body::new(Answering::new(body, standing)))) }
    };
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(limits.head);
    let served = server.serve_connection(TokioIo::new(stream), service_fn(watched)).with_upgrades();
    if let Err(error) = served.await {
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
        let refuse = |_request: Request<Body>| async { Err::<Response<Body>, _>("no") };
        tokio::spawn(serve_with(listener, refuse, std::future::pending()));
        let mut stream = TcpStream::connect(address).await.expect("connected");
        assert_eq!(exchange(&mut stream).await, "");
    }

    const SHORT: Limits = Limits { head: Duration::from_millis(200), body: Duration::from_millis(200), connections: 4 };

    /// An app that reads the body; one at `/endless` lets it take its time.
    async fn start(limits: Limits) -> SocketAddr {
        let listener = bind(0).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answer = |request: Request<Body>| async move {
            if request.uri().path() == "/endless" {
                request.extensions().get::<Patience>().expect("each request has it").endless();
            }
            let read = axum::body::to_bytes(request.into_body(), 1024).await;
            read.map(|body| Response::new(Body::from(body)))
        };
        tokio::spawn(serve_within(listener, answer, std::future::pending(), limits));
        address
    }

    async fn begun(address: SocketAddr, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(address).await.expect("connected");
        stream.write_all(text.as_bytes()).await.expect("written");
        stream
    }

    /// What comes until the server closes the connection.
    async fn rest(mut stream: TcpStream) -> String {
        let mut text = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await;
        // A reset is an end too.
        let _ = read.expect("the server ends it");
        String::from_utf8_lossy(&text).into_owned()
    }

    #[tokio::test]
    async fn slow_heads_and_slow_bodies_end() {
        let address = start(SHORT).await;
        for begin in
            ["", "POST / HTTP/1.1\r\nhost: x\r\n", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"]
        {
            let answer = rest(begun(address, begin).await).await;
            assert!(!answer.contains("200 OK"), "{begin}: {answer}");
        }
    }

    #[tokio::test]
    async fn a_body_that_may_take_its_time_does() {
        let address = start(SHORT).await;
        let head = "POST /endless HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 8\r\n\r\nhalf";
        let mut stream = begun(address, head).await;
        tokio::time::sleep(3 * SHORT.body).await;
        stream.write_all(b"done").await.expect("written");
        assert!(rest(stream).await.ends_with("halfdone"));
    }

    #[tokio::test]
    async fn half_open_connections_do_not_block_a_new_one() {
        let address = start(Limits { head: Duration::from_secs(60), body: Duration::from_secs(60), ..SHORT }).await;
        let mut half = Vec::new();
        for begin in ["", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"] {
            for _ in 0..10 {
                half.push(begun(address, begin).await);
            }
        }
        let whole = begun(address, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(rest(whole).await.starts_with("HTTP/1.1 200 OK"));
        assert_eq!(rest(half.swap_remove(0)).await, "", "the oldest made room");
    }
}
