//! Svix's webhook signatures, scheme `v1`: HMAC-SHA256 over `id.timestamp.body` (Svix docs, receiving/verifying).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

/// How far a timestamp may lie from now, in seconds, either way.
pub const TOLERANCE: i64 = 300;

/// The three header names that Clerk's deliveries carry, in lower case.
pub const HEADERS: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// The same three under the names of the Standard Webhooks specification.
pub const STANDARD_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// An endpoint's signing secret: `whsec_` and the base64 of its key.
#[derive(Clone)]
pub struct SigningSecret {
    text: Secret,
    // Keyed once, cloned for each signature: the key schedule is a third of the work on a small body.
    mac: Hmac<Sha256>,
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(formatter)
    }
}

/// Why a text is not a signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretFault {
    /// Nothing but white space.
    #[error("it is empty")]
    Empty,
    /// `ep_…` was copied from the endpoint's page.
    #[error("it is an endpoint id (`ep_…`), not a signing secret (`whsec_…`)")]
    EndpointId,
    /// `v1,whsec_…`, as some tools print it.
    #[error("it begins with `v1,`; the secret begins with `whsec_`")]
    VersionPrefix,
    /// A Clerk key.
    #[error("it is a Clerk key, not a signing secret (`whsec_…`)")]
    ClerkKey,
    /// Cut, or changed on the way.
    #[error("what follows `whsec_` is not base64; was it cut?")]
    NotBase64,
}

impl SigningSecret {
    /// Takes `whsec_…`, or the bare base64; white space and quotes around it are dropped.
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        match text {
            "" => return Err(SecretFault::Empty),
            _ if text.starts_with("ep_") => return Err(SecretFault::EndpointId),
            _ if text.starts_with("v1,") => return Err(SecretFault::VersionPrefix),
            _ if text.starts_with("sk_") || text.starts_with("pk_") => return Err(SecretFault::ClerkKey),
            _ => {}
        }
        let encoded = text.strip_prefix("whsec_").unwrap_or(text);
        match STANDARD.decode(encoded) {
            Ok(key) if !key.is_empty() => Ok(Self::keyed(Secret::new(text), &key)),
            _ => Err(SecretFault::NotBase64),
        }
    }

    /// The secret of a key of 24 to 64 bytes, for the sandbox.
    pub fn from_key(key: &[u8]) -> Self {
        Self::keyed(Secret::new(format!("whsec_{}", STANDARD.encode(key))), key)
    }

    fn keyed(text: Secret, key: &[u8]) -> Self {
        let mac = Hmac::new_from_slice(key).expect("HMAC takes keys of any length");
        Self { text, mac }
    }

    /// The text `whsec_…`.
    pub fn text(&self) -> &Secret {
        &self.text
    }

    fn over(&self, id: &[u8], timestamp: &[u8], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.mac.clone();
        for part in [id, b".", timestamp, b".", body] {
            mac.update(part);
        }
        mac
    }
}

/// The value of `svix-signature`: one `v1,…` for each secret, the current one first.
pub fn sign(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let timestamp = timestamp.to_string();
    let one = |secret: &SigningSecret| {
        let code = secret.over(id.as_bytes(), timestamp.as_bytes(), body).finalize().into_bytes();
        format!("v1,{}", STANDARD.encode(code))
    };
    secrets.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// The three signature headers of a delivery that is signed with every secret, the current one first.
pub fn headers(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> [(String, String); 3] {
    let [id_name, timestamp_name, signature_name] = HEADERS.map(str::to_owned);
    [
        (id_name, id.to_owned()),
        (timestamp_name, timestamp.to_string()),
        (signature_name, sign(secrets, id, timestamp, body)),
    ]
}

/// The three signature headers of a delivery, as far as they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signed<'a> {
    /// `svix-id`.
    pub id: Option<&'a str>,
    /// `svix-timestamp`, Unix seconds.
    pub timestamp: Option<&'a str>,
    /// `svix-signature`.
    pub signature: Option<&'a str>,
}

impl<'a> Signed<'a> {
    /// Reads the headers through `get`, which takes a lower-case name. The `webhook-*` names count where no
    /// `svix-*` one came.
    pub fn read(get: impl Fn(&str) -> Option<&'a str>) -> Self {
        let family = |names: [&str; 3]| Self { id: get(names[0]), timestamp: get(names[1]), signature: get(names[2]) };
        let svix = family(HEADERS);
        let absent = svix.id.is_none() && svix.timestamp.is_none() && svix.signature.is_none();
        if absent { family(STANDARD_HEADERS) } else { svix }
    }
}

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
pub fn verify(secrets: &[SigningSecret], signed: &Signed<'_>, body: &[u8], now: i64) -> Result<(), Reason> {
    let (id, timestamp, signature) = match (signed.id, signed.timestamp, signed.signature) {
        (None, None, None) => return Err(Reason::Unsigned),
        (Some(id), Some(timestamp), Some(signature)) => (id, timestamp, signature),
        (None, _, _) => return Err(Reason::MissingHeader(HEADERS[0])),
        (_, None, _) => return Err(Reason::MissingHeader(HEADERS[1])),
        (_, _, None) => return Err(Reason::MissingHeader(HEADERS[2])),
    };
    let sent: i64 = timestamp.trim().parse().map_err(|_| Reason::Timestamp)?;
    let age = now.saturating_sub(sent);
    match age {
        _ if age > TOLERANCE => return Err(Reason::TooOld(age)),
        _ if age < -TOLERANCE => return Err(Reason::TooNew(age.saturating_neg())),
        _ => {}
    }
    let mut codes = signature.split(' ').filter_map(|entry| entry.strip_prefix("v1,")).peekable();
    if codes.peek().is_none() {
        return Err(Reason::NoVersion);
    }
    let codes: Vec<Vec<u8>> = codes.filter_map(|code| STANDARD.decode(code).ok()).collect();
    let matches = |secret: &SigningSecret| {
        let mac = secret.over(id.as_bytes(), timestamp.trim().as_bytes(), body);
        codes.iter().any(|code| mac.clone().verify_slice(code).is_ok())
    };
    if secrets.iter().any(matches) { Ok(()) } else { Err(Reason::NoMatch) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Svix's public vector, and one of our own made with another implementation of HMAC.
    const VECTORS: [(&str, &str, i64, &str, &str); 2] = [
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
        (
            "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX",
            "msg_test0000000000000000000001",
            1_700_000_000,
            r#"{"data":{"deleted":true,"id":"user_1","object":"user"},"instance_id":"ins_1","object":"event","timestamp":1700000000000,"type":"user.deleted"}"#,
            "v1,xcRg8bjGFy9Sy8MxWUc4Fg8VfG3wyo64L5DamJeEqnc=",
        ),
    ];

    fn secret(text: &str) -> SigningSecret {
        SigningSecret::parse(text).expect("a signing secret")
    }

    fn signed<'a>(id: &'a str, timestamp: &'a str, signature: &'a str) -> Signed<'a> {
        Signed { id: Some(id), timestamp: Some(timestamp), signature: Some(signature) }
    }

    #[test]
    fn vectors_hold_both_ways() {
        for (key, id, timestamp, body, signature) in VECTORS {
            assert_eq!(sign(&[secret(key)], id, timestamp, body.as_bytes()), signature);
            let seconds = timestamp.to_string();
            let headers = signed(id, &seconds, signature);
            assert_eq!(verify(&[secret(key)], &headers, body.as_bytes(), timestamp + TOLERANCE), Ok(()));
        }
    }

    #[test]
    fn each_refusal_says_why() {
        let (key, id, timestamp, body, signature) = VECTORS[0];
        let seconds = timestamp.to_string();
        let good = signed(id, &seconds, signature);
        let check = |headers: Signed<'_>, body: &str, now: i64| verify(&[secret(key)], &headers, body.as_bytes(), now);
        assert_eq!(check(Signed::default(), body, timestamp), Err(Reason::Unsigned));
        assert_eq!(check(Signed { id: None, ..good }, body, timestamp), Err(Reason::MissingHeader("svix-id")));
        assert_eq!(check(Signed { timestamp: Some("noon"), ..good }, body, timestamp), Err(Reason::Timestamp));
        assert_eq!(check(good, body, timestamp + 301), Err(Reason::TooOld(301)));
        assert_eq!(check(good, body, timestamp - 301), Err(Reason::TooNew(301)));
        assert_eq!(check(Signed { signature: Some("v1a,AAAA"), ..good }, body, timestamp), Err(Reason::NoVersion));
        assert_eq!(check(good, "{}", timestamp), Err(Reason::NoMatch));
    }

    #[test]
    fn several_signatures_and_secrets_are_tried() {
        let (old, new) = (SigningSecret::from_key(&[1; 24]), SigningSecret::from_key(&[2; 24]));
        let both = sign(&[new.clone(), old.clone()], "msg_1", 5, b"x");
        for one in [old.clone(), new.clone()] {
            assert_eq!(verify(&[one], &signed("msg_1", "5", &both), b"x", 5), Ok(()));
        }
        let other = format!("v1a,zzz v1,!!! {}", sign(std::slice::from_ref(&old), "msg_1", 5, b"x"));
        assert_eq!(verify(&[new, old], &signed("msg_1", "5", &other), b"x", 5), Ok(()));
    }

    #[test]
    fn what_is_no_secret_is_named() {
        for (text, fault) in [
            (" \n", SecretFault::Empty),
            ("ep_2ab", SecretFault::EndpointId),
            ("v1,whsec_AAAA", SecretFault::VersionPrefix),
            ("sk_test_AAAA", SecretFault::ClerkKey),
            ("whsec_", SecretFault::NotBase64),
            ("whsec_abc%", SecretFault::NotBase64),
        ] {
            assert_eq!(SigningSecret::parse(text).err(), Some(fault), "{text:?}");
        }
        let quoted = SigningSecret::parse("\"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n").expect("quotes go");
        assert_eq!(quoted.text().expose(), "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    }

    #[test]
    fn standard_names_count_where_no_svix_name_came() {
        let standard = Signed::read(|name| name.starts_with("webhook-").then_some("1"));
        assert_eq!((standard.id, standard.timestamp), (Some("1"), Some("1")));
        let mixed = Signed::read(|name| ["svix-id", "webhook-signature"].contains(&name).then_some("1"));
        assert_eq!((mixed.id, mixed.signature), (Some("1"), None));
    }

    proptest! {
        #[test]
        fn what_is_signed_verifies_and_nothing_else(
            key in proptest::collection::vec(any::<u8>(), 24..64),
            id in "msg_[a-zA-Z0-9]{1,27}",
            timestamp in 0i64..4_000_000_000,
            body in proptest::collection::vec(any::<u8>(), 0..300),
            flip in any::<prop::sample::Index>(),
        ) {
            let secret = SigningSecret::from_key(&key);
            let seconds = timestamp.to_string();
            let signature = sign(std::slice::from_ref(&secret), &id, timestamp, &body);
            let headers = signed(&id, &seconds, &signature);
            prop_assert_eq!(verify(std::slice::from_ref(&secret), &headers, &body, timestamp), Ok(()));
            let mut changed = body.clone();
            changed.push(b'\n');
            let place = flip.index(changed.len());
            changed[place] ^= 1;
            prop_assert_eq!(verify(&[secret], &headers, &changed, timestamp), Err(Reason::NoMatch));
        }
    }
}
