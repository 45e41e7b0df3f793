//! A server is a listener plus a stop future; receiver, sandbox and control share this one.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

/// Binds a loopback port; `0` lets the system choose one.
pub async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await
}

/// Serves `app` until `stop` resolves, then drops the connections that are left.
///
/// Nothing waits for slow peers: a person who pressed Ctrl-C is one of them.
pub async fn serve(listener: TcpListener, app: Router, stop: impl Future<Output = ()>) -> io::Result<()> {
    // Without it, an answer in two writes waits for a delayed acknowledgement of up to 40 ms.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    tokio::select! {
        served = async { axum::serve(listener, app).await } => served,
        () = stop => Ok(()),
    }
}
