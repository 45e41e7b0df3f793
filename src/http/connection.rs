//! A connection of one's own, for requests whose target has to arrive byte for byte, whose bodies stream and which
//! may become another protocol. `reqwest` takes an address as a [`Url`], which tidies dots and backslashes.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Body, Bytes};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{CONTENT_LENGTH, HOST, HeaderName, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::{Position, Url};

use super::{Answer, Certificates, DELIVERED_LIMIT, Http, OriginForm, Unreachable, tls};

/// How long an address may take to be connected to.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// A `POST` whose target goes as it is.
#[derive(Debug)]
pub struct Exact<'a> {
    /// Whose scheme, host and port count.
    pub base: &'a Url,
    /// Path and query.
    pub target: &'a OriginForm,
    /// Headers as text, without `Host` and length.
    pub headers: &'a [(String, String)],
    /// The bytes.
    pub body: Vec<u8>,
}

impl Http {
    /// Sends it once, past any proxy.
    pub async fn post_exactly(&self, exact: Exact<'_>) -> Result<Answer, Unreachable> {
        let mut request = Request::new(Full::<Bytes>::from(exact.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = exact.target.uri();
        let host = &exact.base[Position::BeforeHost..Position::AfterPort];
        let length = request.body().size_hint().lower().to_string();
        let own = [(HOST.as_str(), host), (CONTENT_LENGTH.as_str(), length.as_str())];
        let given = exact.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.into_iter().chain(given) {
            if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                request.headers_mut().append(name, value);
            }
        }
        let answered = async {
            let mut sender = connect(exact.base, Certificates::Trusted).await?;
            let (head, body) = sender.send_request(request).await?.into_parts();
            let body = Limited::new(body, DELIVERED_LIMIT).collect().await;
            let (cut, body) = (body.is_err(), body.map(|body| body.to_bytes().to_vec()).unwrap_or_default());
            Ok(Answer { status: head.status, headers: head.headers, body, cut })
        };
        timeout(self.timeout, answered).await.unwrap_or_else(|_| Err(Unreachable::late()))
    }
}

/// Opens a connection for one request after another to the host of an address; it may be upgraded.
///
/// # Errors
/// What the system, the handshake of TLS or that of HTTP says.
pub async fn connect<B>(base: &Url, certificates: Certificates) -> Result<SendRequest<B>, Unreachable>
where
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let opened = async {
        let host = base.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = base.port_or_known_default().unwrap_or(80);
        let stream = TcpStream::connect((host.as_str(), port)).await.map_err(Unreachable::at_connect)?;
        // Without it, a request in two writes waits for a delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        if base.scheme() != "https" {
            return speak(stream).await;
        }
        let name = ServerName::try_from(host).map_err(|error| Unreachable::at_connect(std::io::Error::other(error)))?;
        let connector = TlsConnector::from(tls::settings(certificates));
        speak(connector.connect(name, stream).await.map_err(Unreachable::at_handshake)?).await
    };
    timeout(CONNECT_WITHIN, opened).await.unwrap_or_else(|_| Err(Unreachable::late()))
}

async fn speak<S, B>(stream: S) -> Result<SendRequest<B>, Unreachable>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "connection ended");
        }
    });
    Ok(sender)
}
