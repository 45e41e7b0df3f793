//! What is told when nothing is changed: plans, checks, settings, standings.

use serde::Serialize;

use super::Step;

/// One line of a dry run.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The step that would be taken.
    pub step: Step,
    /// `create`, `change`, `start`, `use`, `keep` or `skip`.
    pub action: &'static str,
    /// What exactly.
    pub detail: String,
}

/// How a check of `doctor` came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// As it should be.
    Ok,
    /// Works, but may surprise.
    Warn,
    /// Must be mended.
    Fail,
}

/// One check of `doctor`.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A word or two.
    pub check: &'static str,
    /// The result.
    pub status: Health,
    /// What was found.
    pub found: String,
    /// What to type or change.
    pub fix: Option<String>,
}

/// One setting, with where it came from.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name.
    pub setting: &'static str,
    /// Its value, masked where it is secret.
    pub value: String,
    /// `flag --x`, `environment X`, a file, or `default`.
    pub source: String,
}

/// A line of `status`.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Which part of the set-up.
    pub part: &'static str,
    /// The result.
    pub status: Health,
    /// What was found.
    pub found: String,
}
