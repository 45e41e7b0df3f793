//! Whether a delivery is signed with a known secret and in time, and why not.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::CtOutput;

use super::{HEADERS, Signed, SigningSecret, TOLERANCE};

/// Why a delivery is not verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Nothing was signed.
    #[error("no signature headers")]
    Unsigned,
    /// One of the three is absent or not text.
    #[error("header `{0}` is missing")]
    MissingHeader(&'static str),
    /// Not a whole number of seconds.
    #[error("header `svix-timestamp` is not a number of seconds")]
    Timestamp,
    /// Replayed, or a clock is wrong.
    #[error("timestamp is {0} s old; {TOLERANCE} s are allowed")]
    TooOld(i64),
    /// A clock is wrong.
    #[error("timestamp is {0} s in the future; {TOLERANCE} s are allowed")]
    TooNew(i64),
    /// Only schemes other than `v1`.
    #[error("header `svix-signature` holds no `v1,` signature")]
    NoVersion,
    /// Another secret, or another body.
    #[error("signature does not match: other secret, or the body was changed")]
    NoMatch,
}

/// Checks a delivery against every secret. `now` is in Unix seconds; comparison takes constant time.
///
/// # Errors
/// `Reason`.
pub fn verify(secrets: &[SigningSecret], signed: &Signed<'_>, body: &[u8], now: i64) -> Result<(), Reason> {
    let (id, timestamp, signature) = match (signed.id, signed.timestamp, signed.signature) {
        (None, None, None) => return Err(Reason::Unsigned),
        (Some(id), Some(timestamp), Some(signature)) => (id, timestamp, signature),
        (None, _, _) => return Err(Reason::MissingHeader(HEADERS[0])),
        (_, None, _) => return Err(Reason::MissingHeader(HEADERS[1])),
        (_, _, None) => return Err(Reason::MissingHeader(HEADERS[2])),
    };
    let sent = timestamp.parse::<i64>().ok().filter(|sent| *sent >= 0).ok_or(Reason::Timestamp)?;
    match now.saturating_sub(sent) {
        age if age > TOLERANCE => return Err(Reason::TooOld(age)),
        age if age < -TOLERANCE => return Err(Reason::TooNew(age.saturating_neg())),
        _ => {}
    }
    if entries(signature).next().is_none() {
        return Err(Reason::NoVersion);
    }
    // `007` and `+7` are signed as `7`, as by Svix's libraries.
    let canonical = timestamp.starts_with(['0', '+']).then(|| sent.to_string());
    let seconds = canonical.as_deref().unwrap_or(timestamp);
    let matches = |secret: &SigningSecret| {
        let ours = secret.over(id, seconds, body);
        entries(signature).filter_map(decode).any(|code| CtOutput::new(code.into()) == ours)
    };
    if secrets.iter().any(matches) { Ok(()) } else { Err(Reason::NoMatch) }
}

/// The values under `v1`; other schemes are skipped.
fn entries(signature: &str) -> impl Iterator<Item = &str> {
    signature.split(' ').filter_map(|entry| entry.strip_prefix("v1,"))
}

/// 32 bytes, without asking for memory: a flood of forged deliveries comes this way too.
fn decode(code: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 33];
    let length = if code.len() == 44 { STANDARD.decode_slice(code, &mut bytes).ok()? } else { 0 };
    if length == 32 { bytes.first_chunk().copied() } else { None }
}
