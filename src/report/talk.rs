//! What is said beside the data: the log, questions, what ended the command, the end in haste.

use serde::Serialize;

/// A line of the log.
#[derive(Clone, Debug, Serialize)]
pub struct Log {
    /// `debug`, `trace`.
    pub level: &'static str,
    /// What happened, and the values that belong to it.
    pub text: String,
}

/// A question that needs an answer.
#[derive(Clone, Debug, Serialize)]
pub struct Question {
    /// Its words.
    pub ask: String,
    /// What answers it beforehand.
    pub flag: &'static str,
}

/// What ended the command.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// `CH` and four digits.
    pub code: String,
    /// What failed.
    pub message: String,
    /// What to type.
    pub hint: String,
    /// Where it is explained.
    pub docs: String,
    /// The other side's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Each of several things that are missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Missing>,
    /// Whether a person left a question, which is no failure to them.
    #[serde(skip)]
    pub declined: bool,
}

/// One of several things that are missing.
#[derive(Clone, Debug, Serialize)]
pub struct Missing {
    /// `CH` and four digits.
    pub code: String,
    /// What failed.
    pub message: String,
    /// What to type.
    pub hint: String,
}

impl Failure {
    /// One without a cause.
    pub fn new(code: impl Into<String>, message: String, hint: String) -> Self {
        let code = code.into();
        let docs = format!("docs/errors.md#{}", code.to_lowercase());
        Self { code, message, hint, docs, cause: None, missing: Vec::new(), declined: false }
    }
}

/// The command ends before all is taken down.
#[derive(Clone, Debug, Serialize)]
pub struct Farewell {
    /// `asked`: by a second signal; `late`: something hangs.
    pub reason: &'static str,
    /// What stays behind, in words.
    pub left: Vec<String>,
}

impl Farewell {
    /// Something hangs.
    pub const LATE: &str = "late";

    /// `late`: something hangs.
    pub fn new(late: bool, left: Vec<String>) -> Self {
        Self { reason: if late { Self::LATE } else { "asked" }, left }
    }
}
