//! The bodies of a scenario's steps, each with the values that the ones before it saved.

use std::time::Duration;

use super::fault::{Fault, Why};
use super::reference::{Saved, fill};
use super::{Expected, Scenario, Step};
use crate::payload::{self, Edit, Path};

/// A step that can be sent.
#[derive(Clone, Debug)]
pub struct Composed {
    /// Event type.
    pub event: String,
    /// The bytes.
    pub body: Vec<u8>,
    /// Which answer is right.
    pub expected: Option<Expected>,
    /// The pause after it.
    pub wait: Duration,
    /// Paths that were not there before.
    pub created: Vec<String>,
}

/// Composes every step. `build` gives an event's body.
///
/// # Errors
/// `Event`, `Edit`, `SavesNothing`.
pub fn compose(scenario: &Scenario, build: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<Composed>, Fault> {
    let (mut saved, mut composed) = (Saved::new(), Vec::new());
    for (index, step) in scenario.steps.iter().enumerate() {
        let at_step = |(line, why)| Fault { line, step: Some(index + 1), why };
        let unknown = || (step.line, Why::Event { event: step.event.clone(), meant: None });
        let body = build(&step.event).ok_or_else(unknown).map_err(at_step)?;
        let applied = edit(step, &body, &saved).map_err(at_step)?;
        save(step, &applied.body, &mut saved).map_err(at_step)?;
        composed.push(Composed {
            event: step.event.clone(),
            body: applied.body,
            expected: step.expected,
            wait: step.wait,
            created: applied.created,
        });
    }
    Ok(composed)
}

fn edit(step: &Step, body: &[u8], saved: &Saved) -> Result<payload::Applied, (usize, Why)> {
    let set = step.set.iter().map(|set| {
        let (path, value) = &set.value;
        (set.line, Edit::Set(path.clone(), fill(value, saved)))
    });
    let unset = step.unset.iter().map(|unset| (unset.line, Edit::Unset(unset.value.clone())));
    let mut all = payload::Applied { body: body.to_vec(), created: Vec::new() };
    for (line, edit) in set.chain(unset) {
        let applied = payload::apply(&all.body, &[edit]).map_err(|fault| (line, Why::Edit(fault)))?;
        all.body = applied.body;
        all.created.extend(applied.created);
    }
    Ok(all)
}

fn save(step: &Step, body: &[u8], saved: &mut Saved) -> Result<(), (usize, Why)> {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    for save in &step.save {
        let (name, path) = &save.value;
        let found = look(&body, path).ok_or_else(|| {
            let (path, event, name) = (path.to_string(), step.event.clone(), name.clone());
            (save.line, Why::SavesNothing { path, event, name })
        })?;
        saved.insert(name.clone(), found.clone());
    }
    Ok(())
}

fn look<'a>(body: &'a serde_json::Value, path: &Path) -> Option<&'a serde_json::Value> {
    path.parts.iter().try_fold(body, |value, part| match part {
        payload::Part::Name(name) => value.get(name),
        payload::Part::Index(index) => value.get(index),
    })
}
