//! The verdict on a delivery's signature, with the reason in words.

use super::body::Body;
use crate::report::Signature;
use crate::signature::{Signed, SigningSecret, verify};

/// What is known of a delivery's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    /// The verdict.
    pub(super) signature: Signature,
    /// Why it is not valid.
    pub(super) reason: Option<String>,
}

impl Verdict {
    /// Checks a delivery against every known secret; `now` is in Unix seconds.
    pub(super) fn on(secrets: &[SigningSecret], signed: &Signed<'_>, body: &Body, now: i64) -> Self {
        let bytes = match body {
            Body::Whole(bytes) => bytes,
            Body::TooLarge(limit) => return Self::unchecked(format!("the body is larger than {limit} bytes")),
            Body::Cut => return Self::unchecked("the sender hung up before the body was whole"),
        };
        if secrets.is_empty() {
            return Self::unchecked("no signing secret is known");
        }
        match verify(secrets, signed, bytes, now) {
            Ok(()) => Self { signature: Signature::Valid, reason: None },
            Err(reason) => Self { signature: Signature::Invalid, reason: Some(reason.to_string()) },
        }
    }

    fn unchecked(reason: impl Into<String>) -> Self {
        Self { signature: Signature::Unchecked, reason: Some(reason.into()) }
    }
}
