//! Svix's webhook signatures, scheme `v1`: HMAC-SHA256 over `id.timestamp.body` (Svix docs, receiving/verifying).

mod judge;
mod secret;
mod secrets;
mod verify;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub use judge::judge;
pub use secret::{SecretFault, SigningSecret};
pub use secrets::Secrets;
pub use verify::{Reason, verify};

/// How far a timestamp may lie from now, in seconds, either way.
pub const TOLERANCE: i64 = 300;

/// The three header names that Clerk's deliveries carry, in lower case.
pub const HEADERS: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

/// The same three under the names of the Standard Webhooks specification.
pub const STANDARD_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", "webhook-signature"];

/// The value of `svix-signature`: one `v1,…` for each secret, the current one first.
pub fn sign(secrets: &[SigningSecret], id: &str, timestamp: i64, body: &[u8]) -> String {
    let timestamp = timestamp.to_string();
    let one = |secret: &SigningSecret| format!("v1,{}", STANDARD.encode(secret.code(id, &timestamp, body)));
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
            ("CLERK_WEBHOOK_SIGNING_SECRET=\"whsec_AAAA\"", SecretFault::Assignment),
            ("export SIGNING_SECRET=whsec_AAAA", SecretFault::Assignment),
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
