//! What is wrong with a scenario, where, and what to write instead.

use std::fmt;

use crate::payload;

/// A fault and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: usize,
    /// Which step, from 1.
    pub step: Option<usize>,
    /// What is wrong.
    pub why: Why,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(formatter, "line {}, step {step}: {}", self.line, self.why),
            None => write!(formatter, "line {}: {}", self.line, self.why),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "the messages say what each variant and field means")]
pub enum Why {
    #[error("it is no YAML: {words}, column {column}")]
    Yaml { words: String, column: usize },
    #[error("it holds {count} documents; a scenario is one")]
    Documents { count: usize },
    #[error("expected {expected}, found {found}")]
    Kind { expected: &'static str, found: &'static str },
    #[error("there is no key `{key}`; known: {known}")]
    Key { key: String, known: String, meant: Option<String> },
    #[error("it has no `{key}`")]
    Absent { key: &'static str },
    #[error("it has no steps")]
    NoSteps,
    #[error("there is no event type `{event}`")]
    Event { event: String, meant: Option<String> },
    #[error("{0}")]
    Edit(payload::Fault),
    #[error("`{text}`: {words}")]
    Text { text: String, words: String },
    #[error("`${{{name}}}` is saved by no step")]
    Unsaved { name: String, meant: Option<String> },
    #[error("`${{{name}}}` refers to itself: this step uses it, and saves it only afterwards")]
    Itself { name: String },
    #[error("`${{{name}}}` is saved only later, by step {by}")]
    Later { name: String, by: usize },
    #[error("a cycle: it needs `${{{name}}}` of step {by}, which needs `${{{back}}}` of this one")]
    Cycle { name: String, by: usize, back: String },
    #[error("the bodies up to here have more than {mebibytes} MiB")]
    TooLarge { mebibytes: usize },
    #[error("there is no `{path}` in `{event}` to save as `{name}`")]
    SavesNothing { path: String, event: String, name: String },
}

impl Why {
    /// What to write instead.
    pub fn fix(&self) -> String {
        match self {
            Self::Event { meant: Some(meant), .. } | Self::Key { meant: Some(meant), .. } => format!("write `{meant}`"),
            Self::Unsaved { meant: Some(meant), .. } => format!("write `${{{meant}}}`"),
            Self::Event { .. } => "list them: `clerkhook trigger --list`".to_owned(),
            Self::Unsaved { name, .. } => format!("save it in an earlier step: `save: {{{name}: data.id}}`"),
            Self::Itself { .. } | Self::Later { .. } | Self::Cycle { .. } => {
                "save a value in a step before the one that uses it".to_owned()
            }
            Self::SavesNothing { event, .. } => {
                format!("look at the event: `clerkhook trigger {event} --print`")
            }
            Self::TooLarge { .. } => "split it into several scenarios, or save a shorter value".to_owned(),
            Self::Absent { .. } | Self::NoSteps => {
                "begin with `steps: [{event: user.created}]`; `docs/commands.md` has the format".to_owned()
            }
            _ => "mend that line; `docs/commands.md` has the format".to_owned(),
        }
    }
}
