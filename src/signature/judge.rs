//! The verdict on a request as a delivery holds it.

use super::{Signed, SigningSecret, verify};
use crate::delivery::{Request, Signature, Verdict, header};

impl Request {
    /// The signature headers.
    pub fn signed(&self) -> Signed<'_> {
        Signed::read(|name| header(&self.headers, name))
    }
}

/// What is said of a request that came at a moment, in Unix seconds; nothing where no secret is known.
pub fn judge(secrets: &[SigningSecret], request: &Request, came: i64) -> Verdict {
    if secrets.is_empty() {
        return Verdict::default();
    }
    match verify(secrets, &request.signed(), &request.body, came) {
        Ok(()) => Verdict { signature: Signature::Valid, reason: None },
        Err(reason) => Verdict { signature: Signature::Invalid, reason: Some(reason.to_string()) },
    }
}
