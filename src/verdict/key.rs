//! What a text that should be a signing secret can be read as.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{Candidate, Cause};
use crate::signature::{SecretFault, SigningSecret};

/// A key that may have signed.
#[derive(Debug)]
pub struct Key<'a> {
    /// Where it comes from.
    pub candidate: &'a Candidate,
    /// The key.
    pub secret: SigningSecret,
    /// Why no verifier would read it so.
    pub fault: Option<Cause>,
    /// A signer's mistake that is tried only on the body as it came.
    pub rare: bool,
}

/// The readings of all candidates, the proper ones first, and what is wrong with those that have no reading.
pub fn readings(candidates: &[Candidate]) -> (Vec<Key<'_>>, Vec<Cause>) {
    let (mut keys, mut faults) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let (secret, fault) = read(candidate);
        faults.extend(fault.clone());
        keys.extend(secret.map(|secret| Key { candidate, secret, fault, rare: false }));
    }
    keys.extend(candidates.iter().flat_map(rare));
    keys.sort_by_key(|key| (key.rare, key.fault.is_some()));
    (keys, faults)
}

/// The secret that the text is or was likely meant to be, and what is wrong with it.
fn read(candidate: &Candidate) -> (Option<SigningSecret>, Option<Cause>) {
    let text = candidate.text.expose().trim();
    let bare = text.trim_matches(['"', '\'']);
    let source = || candidate.source.clone();
    match SigningSecret::parse(text) {
        Ok(secret) => (Some(secret), None),
        Err(SecretFault::EndpointId) => (None, Some(Cause::SecretEndpointId(source()))),
        Err(SecretFault::ClerkKey) if bare.starts_with("pk_") => (None, Some(Cause::SecretPublishableKey(source()))),
        Err(SecretFault::ClerkKey) => (None, Some(Cause::SecretClerkKey(source()))),
        Err(SecretFault::VersionPrefix) => {
            (SigningSecret::parse(bare.trim_start_matches("v1,")).ok(), Some(Cause::SecretVersionPrefix(source())))
        }
        Err(SecretFault::Empty) => (None, Some(Cause::SecretNotBase64(source()))),
        Err(SecretFault::Assignment | SecretFault::NotBase64) => {
            let (secret, fault) = mended(text, source());
            (secret, Some(fault))
        }
    }
}

fn mended(text: &str, source: String) -> (Option<SigningSecret>, Cause) {
    let parse = |text: &str| SigningSecret::parse(text).ok();
    if let Some((name, value)) = text.split_once('=')
        && name.trim_start_matches("export ").trim().chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && value.contains("whsec_")
    {
        return (parse(value), Cause::SecretAssignment(source));
    }
    let outside = |c: &char| !c.is_whitespace() && !"\"'`".contains(*c);
    let closed: String = text.replace("\\n", "").chars().filter(outside).collect();
    if closed != text && parse(&closed).is_some() {
        return (parse(&closed), Cause::SecretSpace(source));
    }
    let key = text.strip_prefix("whsec_").unwrap_or(text);
    if key.contains(['-', '_']) {
        let standard = padded(&key.replace('-', "+").replace('_', "/"));
        if let Some(secret) = parse(&standard) {
            return (Some(secret), Cause::SecretUrlSafe(source));
        }
    }
    (parse(&padded(key)), Cause::SecretNotBase64(source))
}

/// With the `=` that base64 should end with.
fn padded(text: &str) -> String {
    let text = text.trim_end_matches('=');
    format!("{text}{}", "=".repeat(text.len().wrapping_neg() % 4))
}

/// Keys that a hand-made signer makes of the same text.
fn rare(candidate: &Candidate) -> Vec<Key<'_>> {
    let text = candidate.text.expose().trim().trim_matches(['"', '\'']);
    let bare = text.strip_prefix("whsec_").unwrap_or(text);
    let source = || candidate.source.clone();
    let key = |bytes: &[u8], fault| {
        let secret = SigningSecret::from_key(bytes);
        Key { candidate, secret, fault: Some(fault), rare: true }
    };
    let mut keys = vec![key(text.as_bytes(), Cause::SecretAsText(source()))];
    if bare != text {
        keys.push(key(bare.as_bytes(), Cause::SecretAsText(source())));
    }
    if let Some(bytes) = from_hex(bare) {
        keys.push(key(&bytes, Cause::SecretHex(source())));
    }
    keys
}

/// Bytes of hex digits.
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| !digits.is_empty() && digits.len().is_multiple_of(2))?;
    Some(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect())
}

/// Whether a text is base64 without the `whsec_` in front, which Svix's libraries take too.
pub fn is_bare(candidate: &Candidate) -> bool {
    let text = candidate.text.expose().trim().trim_matches(['"', '\'']);
    !text.starts_with("whsec_") && STANDARD.decode(text).is_ok()
}
