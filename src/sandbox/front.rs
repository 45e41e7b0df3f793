//! What stands before each service: latency, faults, and connections that can end without an answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Request, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::fault::{Service, Wire};
use super::world::World;
use super::{clerk, svix};

/// A page such as a company's sign-in page that answers instead of the service.
const PAGE: &str = "<!doctype html><title>Sign in</title><h1>Sign in to continue</h1>";

/// One service on its listener.
pub struct Front {
    /// Which one it is.
    pub service: Service,
    /// What each call waits first.
    pub latency: Duration,
    /// The service itself.
    pub app: Router,
    /// The faults are in there.
    pub world: Arc<World>,
}

/// Closes the connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("reset by a fault")]
struct Reset;

impl Front {
    /// Serves until the world stops, then drops the connections that are left.
    ///
    /// Unlike [`crate::serve::serve`], which answers every call, this can close a connection without an answer.
    pub async fn serve(self, listener: TcpListener) {
        let front = Arc::new(self);
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                () = front.world.stop.cancelled() => return,
                Some(_ended) = connections.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _peer)) => {
                        connections.spawn(Arc::clone(&front).connection(stream));
                    }
                    // Out of file descriptors, mostly: some come back when connections end.
                    Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                },
            }
        }
    }

    async fn connection(self: Arc<Self>, stream: TcpStream) {
        // Without it, an answer in two writes waits for a delayed acknowledgement of up to 40 ms.
        let _ = stream.set_nodelay(true);
        let answer = service_fn(|request| self.answer(request));
        if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await {
            tracing::trace!(%error, service = ?self.service, "connection ended");
        }
    }

    async fn answer(&self, mut request: Request<Incoming>) -> Result<Response, Reset> {
        tokio::time::sleep(self.latency).await;
        match self.world.armed.call(self.service, request.uri().path()) {
            Some(Wire::Status(status)) => return Ok(self.refusal(status)),
            Some(Wire::Html) => return Ok(Html(PAGE).into_response()),
            Some(Wire::Reset) => return Err(Reset),
            Some(Wire::Slow(wait)) => tokio::time::sleep(wait).await,
            None => {}
        }
        if let Some(uri) = without_trailing_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answered: Result<Response, Infallible> =
            TowerToHyperService::new(self.app.clone()).call(request.map(Body::new)).await;
        let Ok(response) = answered;
        let status = response.status().as_u16();
        tracing::debug!(service = ?self.service, %method, path, status, "sandbox answered");
        Ok(response)
    }

    fn refusal(&self, status: u16) -> Response {
        let mut response = match self.service {
            Service::Clerk => clerk::refusal_of(status),
            Service::Svix => svix::refusal_of(status),
        };
        if status == 429 {
            response.headers_mut().insert("retry-after", HeaderValue::from_static("1"));
        }
        response
    }
}

/// Both services take `/path/` for `/path`.
fn without_trailing_slash(uri: &Uri) -> Option<Uri> {
    let path = uri.path().strip_suffix('/').filter(|path| !path.is_empty())?;
    let shorter = match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(shorter).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_trailing_slash_goes() {
        let shorter = |text: &'static str| without_trailing_slash(&Uri::from_static(text)).map(|uri| uri.to_string());
        assert_eq!(shorter("/auth/logout/?a=b/"), Some("/auth/logout?a=b/".to_owned()));
        assert_eq!(shorter("/auth/logout"), None);
        assert_eq!(shorter("/"), None);
    }
}
