//! What the value of `svix-signature` can be read as.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::Cause;
use super::key::from_hex;

/// A signature that stands in the header, in some spelling.
#[derive(Debug)]
pub struct Code {
    is: Spelt,
    /// Why no verifier would read it so.
    pub fault: Option<Cause>,
    /// Its place in the header, from 0.
    pub place: usize,
}

#[derive(Debug)]
enum Spelt {
    Whole([u8; 32]),
    /// The beginning of its base64.
    Beginning(String),
}

/// A beginning that is shorter fits by chance.
const SHORTEST: usize = 16;

impl Code {
    /// Whether these bytes are what it says.
    pub fn is(&self, code: &[u8; 32]) -> bool {
        match &self.is {
            Spelt::Whole(bytes) => bytes == code,
            Spelt::Beginning(text) => STANDARD.encode(code).starts_with(text),
        }
    }
}

/// The readings of each entry, and what is wrong with the header when none is proper.
pub fn readings(signature: &str) -> (Vec<Code>, Option<Cause>) {
    let entries: Vec<&str> = signature.split_whitespace().collect();
    let codes: Vec<Code> = entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| read(entry).map(|(is, fault)| Code { is, fault, place }))
        .collect();
    if codes.iter().any(|code| code.fault.is_none()) {
        return (codes, None);
    }
    let has = |prefix: &str| entries.iter().any(|entry| entry.starts_with(prefix));
    let fault = match () {
        () if has("v1,") => Cause::SignatureNotBase64,
        () if has("v1a,") => Cause::SignatureAsymmetric,
        () => Cause::SignatureNoVersion,
    };
    (codes, Some(fault))
}

fn read(entry: &str) -> Option<(Spelt, Option<Cause>)> {
    let Some(text) = entry.strip_prefix("v1,") else {
        if entry.starts_with("v1a,") {
            return None;
        }
        let bare = entry.split_once([',', '=']).filter(|(name, _)| name.len() <= 6).map_or(entry, |(_, text)| text);
        let (spelt, _) = spelt(bare)?;
        return Some((spelt, Some(Cause::SignatureNoVersion)));
    };
    spelt(text.trim_end_matches(','))
}

fn spelt(text: &str) -> Option<(Spelt, Option<Cause>)> {
    let whole = |bytes: Vec<u8>| <[u8; 32]>::try_from(bytes).ok().map(Spelt::Whole);
    if let Some(code) = STANDARD.decode(text).ok().and_then(whole) {
        return Some((code, None));
    }
    if let Some(code) = from_hex(text).and_then(whole) {
        return Some((code, Some(Cause::SignatureHex)));
    }
    let unpadded = text.trim_end_matches('=');
    if let Some(code) = STANDARD_NO_PAD.decode(unpadded).ok().and_then(whole) {
        return Some((code, Some(Cause::SignatureTruncated)));
    }
    if let Some(code) = URL_SAFE_NO_PAD.decode(unpadded).ok().and_then(whole) {
        return Some((code, Some(Cause::SignatureUrlSafe)));
    }
    let alphabet = alphabet::STANDARD.as_str();
    let beginning = (SHORTEST..44).contains(&unpadded.len()) && unpadded.chars().all(|c| alphabet.contains(c));
    beginning.then(|| (Spelt::Beginning(unpadded.to_owned()), Some(Cause::SignatureTruncated)))
}
