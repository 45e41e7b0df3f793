//! From the gateway to the app: the target byte for byte, both bodies as they come, and whatever they agree to become.

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING, UPGRADE};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Version};
use axum::response::Response;
use hyper::upgrade::{OnUpgrade, on};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::http::{Certificates, OriginForm, Unreachable, connect, end_to_end, is_loopback};

/// Where a request goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage<'a> {
    /// The app.
    pub upstream: &'a Url,
    /// Path and query.
    pub target: &'a OriginForm,
    /// Ends connections that became another protocol.
    pub stop: &'a CancellationToken,
}

/// Sends a request on, and gives the app's answer as soon as it begins.
pub(super) async fn through(passage: Passage<'_>, mut request: Request) -> Result<Response, Unreachable> {
    let visitor = on(&mut request);
    let certificates = if is_loopback(passage.upstream) { Certificates::Any } else { Certificates::Trusted };
    let mut sender = connect(passage.upstream, certificates).await?;
    let mut answer = sender.send_request(onward(request, passage.target)).await?;
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        tokio::spawn(passage.stop.clone().run_until_cancelled_owned(join(visitor, on(&mut answer))));
    }
    let (mut head, body) = answer.into_parts();
    head.headers = passed(&head.headers);
    head.version = Version::HTTP_11;
    Ok(Response::from_parts(head, Body::new(body)))
}

/// The request for the app, on a connection of its own.
fn onward(request: Request, target: &OriginForm) -> Request {
    let (head, body) = request.into_parts();
    let mut onward = Request::new(body);
    (*onward.method_mut(), *onward.uri_mut()) = (head.method, target.uri());
    *onward.headers_mut() = passed(&head.headers);
    // Whose length nobody knows; of a GET's body nobody would think.
    if head.headers.contains_key(TRANSFER_ENCODING) && onward.body().size_hint().exact().is_none() {
        onward.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    onward
}

/// What is not this hop's, and the wish to speak another protocol, which both hops share.
fn passed(headers: &HeaderMap) -> HeaderMap {
    let mut passed = end_to_end(headers);
    for protocol in headers.get_all(UPGRADE) {
        passed.append(UPGRADE, protocol.clone());
        passed.insert(CONNECTION, HeaderValue::from_static("upgrade"));
    }
    passed
}

/// Whatever they say to each other from now on, until one of them ends.
async fn join(visitor: OnUpgrade, app: OnUpgrade) {
    let copied = async {
        let (visitor, app) = tokio::try_join!(visitor, app)?;
        copy_bidirectional(&mut TokioIo::new(visitor), &mut TokioIo::new(app)).await?;
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    if let Err(error) = copied.await {
        tracing::debug!(%error, "another protocol ended");
    }
}
