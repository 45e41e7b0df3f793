//! Scenarios: events that tell a story, written in YAML, with values that flow from step to step. All of one is
//! checked and composed before the first event is sent.

mod compose;
mod expected;
mod fault;
mod order;
mod read;
mod reference;
mod yaml;

use std::time::Duration;

use serde_json::Value;

pub use compose::{Composed, compose};
pub use expected::Expected;
pub use fault::{Fault, Why};
pub use read::read;

use crate::payload::Path;

/// The ones that are built in, by name.
const BUILT_IN: [(&str, &str); 3] = [
    ("user-lifecycle", include_str!("built_in/user-lifecycle.yml")),
    ("organization-onboarding", include_str!("built_in/organization-onboarding.yml")),
    ("billing-trial", include_str!("built_in/billing-trial.yml")),
];

/// Name and text of each scenario that is built in.
pub fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILT_IN.into_iter()
}

/// Events in their order.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The steps; at least one.
    pub steps: Vec<Step>,
}

/// One event of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it begins in the file, from 1.
    pub line: usize,
    /// Event type.
    pub event: String,
    /// Values to set, which may refer to saved ones.
    pub set: Vec<Placed<(Path, Value)>>,
    /// Values to remove, afterwards.
    pub unset: Vec<Placed<Path>>,
    /// Names under which values of the body are saved, afterwards.
    pub save: Vec<Placed<(String, Path)>>,
    /// Which answer is right.
    pub expected: Option<Expected>,
    /// The pause after it.
    pub wait: Duration,
}

/// Something with its line.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// From 1.
    pub line: usize,
    /// The thing.
    pub value: T,
}
