//! Identifiers and keys: KSUIDs as Clerk and Svix give them, and random text.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use svix_ksuid::{Ksuid, KsuidLike as _};

use crate::signature::SigningSecret;

const NANOSECONDS: u64 = 1_000_000_000;

/// What every alphanumeric key is made of.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `prefix_` and 27 characters. Each sorts after all before it: lists are paged by identifier.
pub fn identifier(prefix: &str) -> String {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = elapsed.as_secs() * NANOSECONDS + u64::from(elapsed.subsec_nanos());
    let later = |last: u64| now.max(last + 1);
    let last = LAST.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(later(last)));
    let tick = later(last.unwrap_or_else(|last| last));
    // A KSUID counts seconds only; the nanoseconds that order those of one second lead its payload.
    let mut payload: [u8; 16] = random();
    payload[..8].copy_from_slice(&(tick % NANOSECONDS).to_be_bytes());
    let seconds = i64::try_from(tick / NANOSECONDS).unwrap_or_default();
    format!("{prefix}_{}", Ksuid::from_seconds(Some(seconds), Some(&payload)).to_base62())
}

/// Random letters and digits.
pub fn alphanumeric(length: usize) -> String {
    // Bytes from 248 on are left out: they would make the first letters likelier.
    let letters = std::iter::repeat_with(random::<64>).flatten().filter(|byte| *byte < 248);
    letters.take(length).map(|byte| char::from(ALPHABET[usize::from(byte % 62)])).collect()
}

/// `whsec_` and 24 random bytes.
pub fn signing_secret() -> String {
    SigningSecret::from_key(&random::<24>()).text().expose().to_owned()
}

/// The time in microseconds, which is as fine as Svix tells it.
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    let filled = rustls::crypto::ring::default_provider().secure_random.fill(&mut bytes);
    filled.expect("the operating system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_documented_shape_and_ascend() {
        let made: Vec<String> = (0..500).map(|_| identifier("ep")).collect();
        assert!(made.iter().all(|id| id.len() == 30 && id[3..].chars().all(|c| c.is_ascii_alphanumeric())), "{made:?}");
        assert!(made.is_sorted_by(|one, next| one < next), "{made:?}");
    }

    #[test]
    fn keys_are_long_and_differ() {
        let (one, other) = (alphanumeric(40), alphanumeric(40));
        assert_eq!((one.len(), one == other), (40, false));
        assert!(SigningSecret::parse(&signing_secret()).is_ok());
    }
}
