//! Whose a delivery is: signed with a secret of this set-up, or anybody's who found the public URL.

use super::source::Source;
use crate::error::{Error, Result};
use crate::signature::{SigningSecret, verify};
use crate::steps::endpoint::{self, Intent};
use crate::steps::{Context, secret};

/// The secrets by which genuine requests are known; none when none is known.
pub struct Origin(Vec<SigningSecret>);

impl Origin {
    /// The secret that the project has, and the one that the endpoint has. Where neither can be had, nothing can be told
    /// apart, and that is said.
    ///
    /// # Errors
    /// `Interrupted`.
    pub async fn learn(context: &Context) -> Result<Self> {
        let settings = &context.settings;
        let project = settings.signing_secret.as_ref();
        let mut secrets: Vec<SigningSecret> =
            project.and_then(|text| secret::parse(&text.value, &text.source.to_string()).ok()).into_iter().collect();
        // A person is not asked for a key only to look.
        if settings.clerk_secret_key.is_some() {
            match context.unless_interrupted(of_endpoint(context)).await {
                Ok(secret) => secrets.extend(secret),
                Err(Error::Interrupted) => return Err(Error::Interrupted),
                Err(error) => context.ui.note(&format!("the endpoint's signing secret is not known: {error}")),
            }
        }
        if secrets.is_empty() {
            context.ui.note("no signing secret is known, so what Clerk sent is not told from what others sent");
        }
        Ok(Self(secrets))
    }

    /// The secrets.
    pub fn secrets(&self) -> &[SigningSecret] {
        &self.0
    }

    /// The secret for a fresh signature. Where none was known, requests are held against this one from now on.
    ///
    /// # Errors
    /// Those of [`secret::known`].
    pub async fn signing(&mut self, context: &Context) -> Result<SigningSecret> {
        match self.0.first() {
            Some(secret) if context.settings.signing_secret.is_none() => Ok(secret.clone()),
            _ => {
                let secret = secret::known(context).await?;
                self.0.push(secret.clone());
                Ok(secret)
            }
        }
    }

    /// Why a request counts as forged. Its age does not matter: what was signed long ago was signed by the same one.
    pub fn forged(&self, source: &Source) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let signed = source.signed();
        let then = signed.timestamp.and_then(|seconds| seconds.parse().ok()).unwrap_or_default();
        verify(&self.0, &signed, &source.delivery.request.body, then).err().map(|reason| reason.to_string())
    }
}

async fn of_endpoint(context: &Context) -> Result<Option<SigningSecret>> {
    let Some(remote) = endpoint::connect(context, Intent::Look).await? else { return Ok(None) };
    let fetched = match endpoint::ours(context, &remote.endpoints)? {
        Some(ours) => remote.svix.secret(&ours.id).await.map(Some),
        None => Ok(None),
    };
    remote.svix.log_out().await;
    fetched?.map(|text| secret::parse(&text, "the endpoint")).transpose()
}
