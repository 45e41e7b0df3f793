//! From the text of a scenario to its steps; what depends on other steps is looked at afterwards.

use std::time::Duration;

use super::fault::{Fault, Why};
use super::yaml::{self, Entry, Node};
use super::{Placed, Scenario, Step, order};
use crate::catalogue;
use crate::payload::{self, Path};

const SCENARIO_KEYS: [&str; 2] = ["name", "steps"];
const STEP_KEYS: [&str; 6] = ["event", "set", "unset", "save", "expect", "wait"];

/// Reads a scenario and checks its references.
///
/// # Errors
/// The first fault, with its line.
pub fn read(text: &str) -> Result<Scenario, Fault> {
    let document = yaml::load(text)?;
    let fault = |line, why| Fault { line, step: None, why };
    let mut steps = None;
    for Entry { line, key, value } in yaml::map(&document)? {
        match key.as_str() {
            "steps" => steps = Some(value),
            "name" => drop(yaml::text(value)?),
            _ => return Err(fault(line, unknown_key(key, &SCENARIO_KEYS))),
        }
    }
    let listed = steps.ok_or_else(|| fault(yaml::line(&document), Why::Absent { key: "steps" }))?;
    let nodes = yaml::list(listed)?;
    if nodes.is_empty() {
        return Err(fault(yaml::line(listed), Why::NoSteps));
    }
    let at_step = |(index, node)| step(node).map_err(|fault| Fault { step: Some(index + 1), ..fault });
    let scenario = Scenario { steps: nodes.iter().enumerate().map(at_step).collect::<Result<_, _>>()? };
    order::check(&scenario)?;
    Ok(scenario)
}

fn step(node: &Node) -> Result<Step, Fault> {
    let mut step = Step {
        line: yaml::line(node),
        event: String::new(),
        set: Vec::new(),
        unset: Vec::new(),
        save: Vec::new(),
        expected: None,
        wait: Duration::ZERO,
    };
    for Entry { line, key, value } in yaml::map(node)? {
        match key.as_str() {
            "event" => step.event = event(value)?,
            "set" => {
                for Entry { line, key, value } in yaml::map(value)? {
                    step.set.push(Placed { line, value: (path(line, &key)?, yaml::json(value)?) });
                }
            }
            "unset" => {
                for item in yaml::list(value)? {
                    let line = yaml::line(item);
                    step.unset.push(Placed { line, value: path(line, &yaml::text(item)?)? });
                }
            }
            "save" => {
                for Entry { line, key, value } in yaml::map(value)? {
                    let from = path(line, &yaml::text(value)?)?;
                    step.save.push(Placed { line, value: (saved_name(line, key)?, from) });
                }
            }
            "expect" => step.expected = Some(parsed(line, &yaml::text(value)?, str::parse)?),
            "wait" => step.wait = parsed(line, &yaml::text(value)?, pause)?,
            _ => return Err(Fault { line, step: None, why: unknown_key(key, &STEP_KEYS) }),
        }
    }
    if step.event.is_empty() {
        return Err(Fault { line: step.line, step: None, why: Why::Absent { key: "event" } });
    }
    Ok(step)
}

fn event(node: &Node) -> Result<String, Fault> {
    let event = yaml::text(node)?;
    if catalogue::types().contains(&event.as_str()) {
        return Ok(event);
    }
    let meant = catalogue::nearest(&event).map(str::to_owned);
    Err(Fault { line: yaml::line(node), step: None, why: Why::Event { event, meant } })
}

fn path(line: usize, text: &str) -> Result<Path, Fault> {
    text.parse().map_err(|fault: payload::PathFault| Fault { line, step: None, why: Why::Edit(fault.into()) })
}

fn saved_name(line: usize, name: String) -> Result<String, Fault> {
    parsed(line, &name, |text| {
        let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if plain { Ok(text.to_owned()) } else { Err("a name has letters, digits and `_`".to_owned()) }
    })
}

fn pause(text: &str) -> Result<Duration, String> {
    let fault = || "expected a time such as `500ms` or `2s`".to_owned();
    let signed: jiff::SignedDuration = text.parse().map_err(|_| fault())?;
    Duration::try_from(signed).map_err(|_| fault())
}

fn parsed<T>(line: usize, text: &str, parse: impl Fn(&str) -> Result<T, String>) -> Result<T, Fault> {
    parse(text).map_err(|words| Fault { line, step: None, why: Why::Text { text: text.to_owned(), words } })
}

fn unknown_key(key: String, known: &[&str]) -> Why {
    let meant = catalogue::nearest_of(&key, known.iter().copied()).map(str::to_owned);
    Why::Key { key, known: known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", "), meant }
}
