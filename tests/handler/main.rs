//! `check` and `trigger` against handlers in Node with Clerk's own SDK, which lie with it in the directory that
//! `CLERKHOOK_NODE_HANDLERS` names; without it each test is ignored by name.

mod check;
#[path = "../it/fixture.rs"]
#[allow(dead_code, reason = "the fixture of all tests of the binary; these need a part of it")]
mod fixture;
#[path = "../harness/mod.rs"]
mod harness;
mod node;
mod trigger;

use std::process::ExitCode;

fn main() -> ExitCode {
    let ignored = node::directory().is_none();
    let trials = harness::named![
        check::a_handler_as_the_guide_writes_it_passes_in_full,
        check::a_parsed_body_is_named_as_the_cause,
        check::a_body_written_again_is_named_as_the_cause,
        check::a_handler_that_does_not_verify_lets_anyone_post,
        check::another_secret_is_told_from_a_parsed_body,
        check::a_secret_that_is_missing_is_named,
        check::what_crashes_or_repeats_is_named,
        check::the_wrong_route_is_named,
        trigger::every_event_is_accepted,
        trigger::every_scenario_is_accepted,
        trigger::what_is_not_signed_with_its_secret_is_refused,
    ];
    harness::run(trials, |_| ignored)
}
