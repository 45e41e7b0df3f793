//! What a set-up says of the deliveries that its agent captured: it alone knows the secrets that it verified with.

use serde_json::{Value, json};

use super::parts::SetUp;
use crate::error::Result;
use crate::signature::SigningSecret;
use crate::steps::feed::recent;

/// So many secrets are remembered; Svix keeps ten rotated ones.
const REMEMBERED: usize = 11;

impl SetUp {
    /// Remembers a secret, as older deliveries are signed with older ones.
    pub fn remember(&mut self, secret: SigningSecret) {
        if !self.known.iter().any(|known| known.text() == secret.text()) {
            self.known.insert(0, secret);
            self.known.truncate(REMEMBERED);
        }
    }

    /// Verdict and reason of each captured request, by the agent's id.
    ///
    /// # Errors
    /// `AgentApi`.
    pub async fn verdicts(&self) -> Result<Value> {
        let Some(tunnel) = &self.tunnel else { return Ok(Value::Array(Vec::new())) };
        let recent = recent(&tunnel.api, &self.known).await?;
        let verdicts = recent.iter().map(|delivery| {
            let verdict = &delivery.verdict;
            json!({ "id": delivery.capture, "signature": verdict.signature, "reason": verdict.reason })
        });
        Ok(verdicts.collect())
    }
}
