//! Saved deliveries in the forms in which people have them: JSON lines, raw HTTP, body and headers apart.

mod http;
mod json;

/// A delivery as it was saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// Names as they came.
    pub headers: Vec<(String, String)>,
    /// The bytes.
    pub body: Vec<u8>,
    /// What had to be assumed to read it.
    pub remarks: Vec<String>,
}

/// Why a text holds no delivery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not a byte.
    #[error("it is empty")]
    Empty,
    /// Neither JSON nor HTTP.
    #[error(
        "it is neither JSON lines (`{{\"headers\":…,\"body\":…}}`) nor HTTP (header lines, an empty line, the body)"
    )]
    Unknown,
    /// JSON, and no delivery.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What it lacks.
        why: &'static str,
    },
}

/// Reads whatever was saved; several JSON lines are several deliveries.
///
/// # Errors
/// `Unreadable`.
pub fn read(bytes: &[u8]) -> Result<Vec<Saved>, Unreadable> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match text.trim_ascii_start().first() {
        None => Err(Unreadable::Empty),
        Some(b'{' | b'[') => json::read(text),
        Some(_) => http::read(text).map(|saved| vec![saved]).ok_or(Unreadable::Unknown),
    }
}

/// Reads headers that were saved apart: lines `NAME: VALUE`, or JSON.
///
/// # Errors
/// `Unreadable`.
pub fn headers(bytes: &[u8]) -> Result<Vec<(String, String)>, Unreadable> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    let read = match text.first() {
        None => return Err(Unreadable::Empty),
        Some(b'{' | b'[') => json::headers(text),
        Some(_) => http::headers(text),
    };
    read.ok_or(Unreadable::Unknown)
}
