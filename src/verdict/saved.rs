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
    if let Some(text) = from_utf16(bytes) {
        let remark = "it was saved as UTF-16, as by PowerShell, and read back as UTF-8";
        let mut found = read(text.as_bytes())?;
        found.iter_mut().for_each(|saved| saved.remarks.push(remark.to_owned()));
        return Ok(found);
    }
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match text.trim_ascii_start().first() {
        None => Err(Unreadable::Empty),
        Some(b'{' | b'[') => json::read(text),
        Some(_) => http::read(text).map(|saved| vec![saved]).ok_or(Unreadable::Unknown),
    }
}

/// The text of a file that begins with UTF-16's byte order mark.
fn from_utf16(bytes: &[u8]) -> Option<String> {
    let (mark, units) = bytes.split_first_chunk::<2>()?;
    let unit: fn([u8; 2]) -> u16 = match mark {
        b"\xff\xfe" => u16::from_le_bytes,
        b"\xfe\xff" => u16::from_be_bytes,
        _ => return None,
    };
    let (units, _) = units.as_chunks::<2>();
    char::decode_utf16(units.iter().copied().map(unit)).collect::<Result<_, _>>().ok()
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
