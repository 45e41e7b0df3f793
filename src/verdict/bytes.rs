//! What the bytes of a body may have been before something on the way changed them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::form_urlencoded;

use super::Cause;

const MARK: &[u8] = b"\xef\xbb\xbf";

/// The first bytes of gzip (RFC 1952).
const GZIP: &[u8] = b"\x1f\x8b";

/// The bodies that may have been signed, each with what was done to it since; the likely ones first.
pub fn origins(body: &[u8]) -> Vec<(Cause, Vec<u8>)> {
    let mut origins = Vec::new();
    let trimmed = body.trim_ascii_end();
    let closed = body.strip_suffix(b"\n").unwrap_or(body);
    for shorter in [closed, closed.strip_suffix(b"\r").unwrap_or(closed), trimmed] {
        if shorter != body {
            origins.push((Cause::BodyNewlineAdded, shorter.to_vec()));
        }
    }
    for end in [&b"\n"[..], b"\r\n"] {
        origins.push((Cause::BodyNewlineRemoved, [trimmed, end].concat()));
    }
    match body.strip_prefix(MARK) {
        Some(bare) => {
            origins.push((Cause::BodyByteOrderMark, bare.to_vec()));
            origins.push((Cause::BodyByteOrderMark, bare.trim_ascii_end().to_vec()));
        }
        None => origins.push((Cause::BodyByteOrderMark, [MARK, body].concat())),
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let unix = text.replace("\r\n", "\n");
        origins.push((Cause::BodyLineEnds("CR LF in place of LF"), unix.clone().into_bytes()));
        origins.push((Cause::BodyLineEnds("CR LF in place of LF"), unix.trim_end().as_bytes().to_vec()));
        origins.push((Cause::BodyLineEnds("LF in place of CR LF"), unix.replace('\n', "\r\n").into_bytes()));
    }
    origins.extend(decoded(body.strip_prefix(MARK).unwrap_or(body).trim_ascii()));
    origins.extend(characters(body));
    origins.retain(|(_, origin)| origin != body);
    origins
}

/// Encodings that were put around it.
fn decoded(body: &[u8]) -> Vec<(Cause, Vec<u8>)> {
    let mut origins = Vec::new();
    if let Ok(text) = serde_json::from_slice::<String>(body) {
        origins.push((Cause::BodyDoubleEncoded, text.into_bytes()));
    }
    let joined: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bare = joined.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(&joined);
    origins.extend(STANDARD.decode(bare).ok().map(|bytes| (Cause::BodyBase64, bytes)));
    if body.contains(&b'%') {
        let fields = form_urlencoded::parse(body).collect::<Vec<_>>();
        let parts = fields.iter().flat_map(|(name, value)| [name, value]);
        let texts = parts.filter(|text| text.trim_start().starts_with(['{', '[']));
        origins.extend(texts.map(|text| (Cause::BodyFormEncoded, text.as_bytes().to_vec())));
    }
    origins
}

/// Another character set between reading and writing.
fn characters(body: &[u8]) -> Vec<(Cause, Vec<u8>)> {
    if body.is_ascii() {
        return Vec::new();
    }
    let Ok(text) = std::str::from_utf8(body) else {
        let text: String = body.iter().map(|byte| char::from(*byte)).collect();
        return vec![(Cause::BodyCharset("it is Latin-1, UTF-8 was signed"), text.into_bytes())];
    };
    let bytes = |of: fn(char) -> Option<u8>| text.chars().map(of).collect::<Option<Vec<u8>>>();
    let words = "its UTF-8 was read as Latin-1 and encoded once more";
    let spellings = [bytes(|c| u8::try_from(c).ok()), bytes(windows)];
    spellings.into_iter().flatten().map(|bytes| (Cause::BodyCharset(words), bytes)).collect()
}

/// A character's byte in Windows-1252, which most programs mean by Latin-1 (WHATWG Encoding).
fn windows(c: char) -> Option<u8> {
    const HIGH: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";
    let place = || HIGH.chars().position(|known| known == c).and_then(|place| u8::try_from(place + 0x80).ok());
    place().or_else(|| u8::try_from(c).ok().filter(|byte| !(0x80..0xa0).contains(byte)))
}

/// What can be said of a body though nothing fits it.
pub fn standing(body: &[u8], said: Option<usize>) -> Option<Cause> {
    match said {
        _ if body.is_empty() => Some(Cause::BodyEmpty),
        Some(said) if said > body.len() => Some(Cause::BodyTruncated { came: body.len(), said }),
        _ if body.starts_with(GZIP) => Some(Cause::BodyCompressed),
        _ if is_cut(body) => Some(Cause::BodyCut),
        _ => None,
    }
}

fn is_cut(body: &[u8]) -> bool {
    let parsed = serde_json::from_slice::<serde::de::IgnoredAny>(body.strip_prefix(MARK).unwrap_or(body));
    parsed.is_err_and(|error| error.is_eof())
}

/// The body as a JSON text, without what may stand around it.
pub fn json(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body.strip_prefix(MARK).unwrap_or(body)).ok()?.trim();
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    Some(text)
}
