//! The key of an endpoint, from the text in which it is handed around.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::digest::CtOutput;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::secret::Secret;

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
    /// `NAME=whsec_…`, a whole line of an env file.
    #[error("it is a whole line (`NAME=whsec_…`); the secret is what follows the `=`")]
    Assignment,
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
            _ if text.contains("=whsec_") || text.contains("=\"whsec_") => return Err(SecretFault::Assignment),
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

    /// The 32 bytes that sign a body. Compare them with those of a header by [`super::verify`], in constant time.
    pub fn code(&self, id: &str, timestamp: &str, body: &[u8]) -> [u8; 32] {
        self.over(id, timestamp, body).into_bytes().into()
    }

    pub(super) fn over(&self, id: &str, timestamp: &str, body: &[u8]) -> CtOutput<Hmac<Sha256>> {
        let mut mac = self.mac.clone();
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        mac.finalize()
    }
}
