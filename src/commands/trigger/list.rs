//! The event types: all of them by group, or those of one group with when each is sent.

use super::compose::unknown;
use crate::catalogue;
use crate::error::Result;
use crate::report::{EventType, Report};
use crate::scenario;
use crate::steps::Context;

/// Lists all event types, or the ones of a group.
///
/// # Errors
/// `EventUnknown` where there is none.
pub fn list(context: &Context, group: Option<&str>) -> Result<()> {
    let wanted = group.unwrap_or_default().trim_end_matches(['.', '*']);
    let listed: Vec<EventType> = catalogue::types().iter().filter(|name| is_meant(name, wanted)).map(of).collect();
    if listed.is_empty() {
        return Err(unknown(wanted));
    }
    if group.is_some() {
        listed.iter().for_each(|event| context.ui.emit(&Report::EventType(*event)));
        return Ok(());
    }
    let scenarios = scenario::built_in().map(|(name, _)| name).collect();
    context.ui.emit(&Report::Catalogue { events: listed, scenarios });
    context.ui.note("`clerkhook trigger --list user` tells when each of a group is sent");
    Ok(())
}

fn of(name: &&'static str) -> EventType {
    EventType { event: name, description: catalogue::describe(name).unwrap_or_default() }
}

/// Nothing, a whole name or a group means it.
fn is_meant(name: &str, wanted: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let wanted = wanted.to_ascii_lowercase();
    let group = name.split('.').next().unwrap_or_default();
    wanted.is_empty() || name == wanted || group == wanted
}
