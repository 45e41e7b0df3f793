//! Why no answer came.

use crate::secret::mask_text;

/// No answer came. The text says why, in the words of the innermost cause.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{cause}")]
pub struct Unreachable {
    /// The innermost cause.
    pub cause: String,
    /// What kind of cause it is.
    pub kind: Obstacle,
}

/// What kept an answer from coming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// Nothing listens, or the name is unknown.
    NoConnection,
    /// The other side's certificate is not trusted.
    Certificate,
    /// Somebody listens who speaks no TLS.
    Plain,
    /// It took too long.
    Time,
    /// The connection ended, or what came was no HTTP.
    Broken,
}

impl Unreachable {
    /// It took too long.
    pub(super) fn late() -> Self {
        Self { cause: "no answer in time".to_owned(), kind: Obstacle::Time }
    }

    /// Nothing listens, or the name is unknown.
    pub(super) fn at_connect(error: std::io::Error) -> Self {
        Self { cause: mask_text(&error.to_string()), kind: Obstacle::NoConnection }
    }

    /// The two sides found no common TLS.
    pub(super) fn at_handshake(error: std::io::Error) -> Self {
        let cause = error.to_string();
        Self { kind: of_handshake(&cause).unwrap_or(Obstacle::Broken), cause: mask_text(&cause) }
    }
}

/// What kept a handshake from succeeding, by rustls' words.
fn of_handshake(cause: &str) -> Option<Obstacle> {
    match cause {
        _ if cause.contains("certificate") => Some(Obstacle::Certificate),
        // What rustls says of a first answer that is no handshake, such as one of HTTP.
        _ if cause.contains("corrupt message") => Some(Obstacle::Plain),
        _ => None,
    }
}

impl From<hyper::Error> for Unreachable {
    fn from(error: hyper::Error) -> Self {
        Self { cause: mask_text(&innermost(&error).0), kind: Obstacle::Broken }
    }
}

/// The outer layers only repeat that a request failed; the innermost says why. And whether somebody spoke.
fn innermost(error: &dyn std::error::Error) -> (String, bool) {
    let (mut cause, mut source, mut spoke) = (error.to_string(), error.source(), false);
    while let Some(inner) = source {
        cause = inner.to_string();
        spoke |= inner.downcast_ref::<std::io::Error>().is_some_and(is_of_handshake);
        source = inner.source();
    }
    (cause, spoke)
}

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::late();
        }
        let connecting = error.is_connect();
        let (cause, spoke) = innermost(&error.without_url());
        let kind = match of_handshake(&cause) {
            Some(obstacle) if connecting => obstacle,
            _ if connecting && !spoke => Obstacle::NoConnection,
            _ => Obstacle::Broken,
        };
        Self { cause: mask_text(&cause), kind }
    }
}

/// The TLS handshake fails with these; somebody listens then, who does not speak it.
fn is_of_handshake(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{InvalidData, UnexpectedEof};
    // The connector wraps such an error in another one.
    let wrapped = error.get_ref().and_then(|inner| inner.downcast_ref::<std::io::Error>());
    matches!(error.kind(), InvalidData | UnexpectedEof) || wrapped.is_some_and(is_of_handshake)
}
