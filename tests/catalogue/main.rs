//! Each event of the catalogue against Clerk's published descriptions of its webhooks: the `*.yml` of the directory
//! that `CLERKHOOK_SPEC_DIR` names. Without it each test is ignored by name.

mod description;

use std::process::ExitCode;

use clerkhook::catalogue::{self, Recipe, Time};
use libtest_mimic::{Arguments, Failed, Trial, run};
use serde_json::Value;

use description::Description;

/// Known to Clerk's SDK and not to the description: it has the shape of its siblings.
const UNDESCRIBED: (&str, &str) = ("subscriptionItem.created", "subscriptionItem.updated");

const NOW: i64 = 1_800_000_000_123;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let ignored = description::directory().is_none();
    let known = Trial::test("every_type_of_the_description_is_known", every_type_is_known);
    let each = catalogue::types().iter().map(|kind| Trial::test(format!("catalogue::{kind}"), || as_described(kind)));
    let trials = each.chain([known]).map(|trial| trial.with_ignored_flag(ignored)).collect();
    run(&arguments, trials).exit_code()
}

fn every_type_is_known() -> Result<(), Failed> {
    for description in Description::all() {
        let unknown: Vec<_> =
            description.types().into_iter().filter(|kind| !catalogue::types().contains(&kind.as_str())).collect();
        if !unknown.is_empty() {
            return Err(format!("{} names {}", description.file, unknown.join(", ")).into());
        }
    }
    Ok(())
}

fn as_described(kind: &str) -> Result<(), Failed> {
    let described_as = if kind == UNDESCRIBED.0 { UNDESCRIBED.1 } else { kind };
    for description in Description::all() {
        let validator = description.validator(described_as)?;
        for (made, text) in events_of(kind) {
            let event: Value = serde_json::from_str(&text)?;
            let wrong: Vec<_> =
                validator.iter_errors(&event).map(|error| format!("{}: {error}", error.instance_path())).collect();
            if !wrong.is_empty() {
                return Err(format!("{made} against {}:\n{}", description.file, wrong.join("\n")).into());
            }
        }
    }
    Ok(())
}

/// The event of a type in each way that it is made.
fn events_of(kind: &str) -> Vec<(String, String)> {
    let recipes = [
        Recipe { seed: 0, mark: None, time: Time::OfSeed },
        Recipe { seed: 7, mark: Some("clerkhook"), time: Time::Ending(NOW) },
        Recipe { seed: u64::MAX, mark: None, time: Time::Ending(NOW) },
    ];
    let built = recipes.iter().map(|recipe| (format!("{recipe:?}"), catalogue::build(kind, recipe)));
    let example = ("the example".to_owned(), catalogue::example(kind, NOW));
    built.chain([example]).map(|(made, event)| (made, event.expect("an event of a known type"))).collect()
}
