//! What a saved delivery was found to be.

use serde::Serialize;

/// Whether a saved delivery is verified, and why not.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// Signed with a known secret, and in time.
    pub valid: bool,
    /// The name of what is wrong, from `docs/commands.md`; beside `valid` what only Clerk's SDK refuses.
    pub cause: Option<&'static str>,
    /// The same as a sentence.
    pub reason: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// The `svix-id` header.
    pub message_id: Option<String>,
    /// The body's `type`.
    pub event: Option<String>,
    /// Where the secret that fits was found.
    pub secret: Option<String>,
    /// Seconds since it was signed; negative in the future.
    pub age_s: Option<i64>,
    /// How long ago it was signed, for a person.
    #[serde(skip)]
    pub signed: Option<String>,
    /// What else was seen.
    pub remarks: Vec<String>,
}
