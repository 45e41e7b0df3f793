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

impl From<reqwest::Error> for Unreachable {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self { cause: "no answer in time".to_owned(), kind: Obstacle::Time };
        }
        let connecting = error.is_connect();
        let error = error.without_url();
        let mut causes = vec![error.to_string()];
        let mut source = std::error::Error::source(&error);
        let mut spoke = false;
        while let Some(inner) = source {
            causes.push(inner.to_string());
            spoke |= inner.downcast_ref::<std::io::Error>().is_some_and(is_of_handshake);
            source = inner.source();
        }
        // The outer layers only repeat that a request failed; the innermost says why.
        let cause = causes.pop().unwrap_or_default();
        let kind = match connecting {
            true if cause.contains("certificate") => Obstacle::Certificate,
            // What rustls says of a first answer that is no handshake, such as one of HTTP.
            true if cause.contains("corrupt message") => Obstacle::Plain,
            true if !spoke => Obstacle::NoConnection,
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
