//! The bodies of a scenario's steps, each with the values that the ones before it saved.

use std::time::Duration;

use serde_json::Value;

use super::fault::{Fault, Why};
use super::reference::{Saved, fill, names};
use super::{Expected, Placed, Scenario, Step};
use crate::payload::{self, Edit, Path};

/// Of all bodies together, as each step can repeat what the one before it saved.
const LARGEST: usize = 16 << 20;

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
/// `Event`, `Edit`, `TooLarge`, `SavesNothing`.
pub fn compose(scenario: &Scenario, build: impl Fn(&str) -> Option<Vec<u8>>) -> Result<Vec<Composed>, Fault> {
    let (mut saved, mut composed, mut room) = (Saved::new(), Vec::new(), LARGEST);
    for (index, step) in scenario.steps.iter().enumerate() {
        let at_step = |(line, why)| Fault { line, step: Some(index + 1), why };
        let unknown = || (step.line, Why::Event { event: step.event.clone(), meant: None });
        let body = build(&step.event).ok_or_else(unknown).map_err(at_step)?;
        let applied = edit(step, &body, &saved, room).map_err(at_step)?;
        room = room.checked_sub(applied.body.len()).ok_or_else(|| at_step(too_large(step.line)))?;
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

fn edit(step: &Step, body: &[u8], saved: &Saved, room: usize) -> Result<payload::Applied, (usize, Why)> {
    let mut all = payload::Applied { body: body.to_vec(), created: Vec::new() };
    for Placed { line, value: (path, value) } in &step.set {
        if exceeds(value, saved, room.saturating_sub(all.body.len())) {
            return Err(too_large(*line));
        }
        apply(&mut all, *line, Edit::Set(path.clone(), fill(value, saved)))?;
    }
    for Placed { line, value: path } in &step.unset {
        apply(&mut all, *line, Edit::Unset(path.clone()))?;
    }
    Ok(all)
}

fn apply(all: &mut payload::Applied, line: usize, edit: Edit) -> Result<(), (usize, Why)> {
    let applied = payload::apply(&all.body, &[edit]).map_err(|fault| (line, Why::Edit(fault)))?;
    all.body = applied.body;
    all.created.extend(applied.created);
    Ok(())
}

/// Whether a value has more bytes than there is room for, once it is filled.
fn exceeds(value: &Value, saved: &Saved, room: usize) -> bool {
    let mut lengths = names(value).into_iter().filter_map(|name| saved.get(name)).map(|value| value.to_string().len());
    lengths.try_fold(room, |room, length| room.checked_sub(length)).is_none()
}

fn too_large(line: usize) -> (usize, Why) {
    (line, Why::TooLarge { mebibytes: LARGEST >> 20 })
}

fn save(step: &Step, body: &[u8], saved: &mut Saved) -> Result<(), (usize, Why)> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
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

fn look<'a>(body: &'a Value, path: &Path) -> Option<&'a Value> {
    path.parts.iter().try_fold(body, |value, part| match part {
        payload::Part::Name(name) => value.get(name),
        payload::Part::Index(index) => value.get(index),
    })
}
