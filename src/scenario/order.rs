//! Whether each value is saved before it is used.

use super::fault::{Fault, Why};
use super::reference::names;
use super::{Scenario, Step};
use crate::catalogue;

/// Looks at every reference.
///
/// # Errors
/// `Unsaved`, `Itself`, `Later`, `Cycle`.
pub fn check(scenario: &Scenario) -> Result<(), Fault> {
    let steps = &scenario.steps;
    for (index, step) in steps.iter().enumerate() {
        for set in &step.set {
            for name in names(&set.value.1) {
                if steps[..index].iter().any(|earlier| saves(earlier, name)) {
                    continue;
                }
                return Err(Fault { line: set.line, step: Some(index + 1), why: why(steps, index, name) });
            }
        }
    }
    Ok(())
}

fn saves(step: &Step, name: &str) -> bool {
    step.save.iter().any(|save| save.value.0 == name)
}

/// Why a step has not what it refers to.
fn why(steps: &[Step], index: usize, name: &str) -> Why {
    let owned = name.to_owned();
    if saves(&steps[index], name) {
        return Why::Itself { name: owned };
    }
    let Some(later) = steps.iter().position(|step| saves(step, name)) else {
        let known = steps[..index].iter().flat_map(|step| step.save.iter().map(|save| save.value.0.as_str()));
        return Why::Unsaved { meant: catalogue::nearest_of(name, known).map(str::to_owned), name: owned };
    };
    let mut used = steps[later].set.iter().flat_map(|set| names(&set.value.1));
    match used.find(|used| saves(&steps[index], used)) {
        Some(back) => Why::Cycle { name: owned, by: later + 1, back: back.to_owned() },
        None => Why::Later { name: owned, by: later + 1 },
    }
}
