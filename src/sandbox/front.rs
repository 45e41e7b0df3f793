//! What stands before each service: latency, faults, and connections that can end without an answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, Request, Uri};
use axum::response::{Html, IntoResponse as _, Response};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use super::fault::{Service, Wire};
use super::world::World;
use super::{clerk, svix};
use crate::serve::serve_with;

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
    /// Serves until the world stops.
    pub async fn serve(self, listener: TcpListener) {
        let front = Arc::new(self);
        let stop = front.world.stop.clone();
        let answer = move |request: Request<Body>| {
            let front = Arc::clone(&front);
            async move { front.answer(request).await }
        };
        serve_with(listener, answer, stop.cancelled()).await;
    }

    async fn answer(&self, mut request: Request<Body>) -> Result<Response, Reset> {
        tokio::time::sleep(self.latency).await;
        let fault = self.world.armed.call(self.service, &format!("{}{}", request.method(), request.uri().path()));
        match &fault {
            Some(Wire::Status(status)) => return Ok(self.refusal(*status)),
            Some(Wire::Html) => return Ok(Html(PAGE).into_response()),
            Some(Wire::Reset) => return Err(Reset),
            Some(Wire::Slow(wait)) => tokio::time::sleep(*wait).await,
            Some(Wire::Lost) | None => {}
        }
        if let Some(uri) = without_trailing_slash(request.uri()) {
            *request.uri_mut() = uri;
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let answered: Result<Response, Infallible> = TowerToHyperService::new(self.app.clone()).call(request).await;
        let Ok(response) = answered;
        let status = response.status().as_u16();
        tracing::debug!(service = ?self.service, %method, path, status, "sandbox answered");
        if fault == Some(Wire::Lost) { Err(Reset) } else { Ok(response) }
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
