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
    /// Not looked at.
    Skip,
}

/// One check of `doctor`, or one case of `check`.
#[derive(Clone, Debug, Serialize)]
pub struct Check {
    /// A word or two; of a case its group and name, `refuses/stale`.
    pub check: String,
    /// The result.
    pub status: Health,
    /// What was found.
    pub found: String,
    /// What to type or change.
    pub fix: Option<String>,
    /// What a case sent, and what came of it.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseSeen>,
}

/// What a case of `check` sent, and what came of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CaseSeen {
    /// A clause.
    pub sent: String,
    /// HTTP status of the answer that decided it; `None` when there was none.
    pub status_code: Option<u16>,
    /// How long all its answers took together.
    pub duration_ms: u64,
    /// What it means, when it is not as it should be.
    pub cause: Option<String>,
}

impl Check {
    /// Group and name of a case; no group for a check of `doctor`.
    pub fn parts(&self) -> (&str, &str) {
        self.check.split_once('/').unwrap_or(("", &self.check))
    }
}

/// How `check` ended.
#[derive(Clone, Debug, Serialize)]
pub struct Conformance {
    /// The handler.
    pub url: String,
    /// Checks that held.
    pub passed: usize,
    /// Checks that did not.
    pub failed: usize,
    /// Checks that were not made.
    pub skipped: usize,
    /// Checks that may surprise.
    pub warned: usize,
    /// What the handler was told of and accepted.
    pub ids: Vec<String>,
    /// Those of them that it was not told to delete, or did not delete.
    pub left: Vec<String>,
}

/// A case of `check`, for `--list`.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Group and name.
    pub case: String,
    /// What is sent.
    pub sent: String,
}

/// A webhook handler for a framework.
#[derive(Clone, Debug, Serialize)]
pub struct Handler {
    /// As `--framework` takes it.
    pub framework: &'static str,
    /// As people say it.
    pub title: &'static str,
    /// Where it belongs.
    pub file: String,
    /// Its text; none in a list.
    pub code: Option<String>,
    /// Whether the file was created.
    pub written: bool,
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
