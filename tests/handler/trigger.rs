//! What `trigger` sends, judged by Clerk's SDK.

use clerkhook::catalogue;

use crate::fixture::Machine;
use crate::node::{Handler, SECRET};

fn machine() -> Machine {
    Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET)
}

/// Each event of the catalogue, once.
pub fn every_event_is_accepted() {
    let (handler, machine) = (Handler::start("raw"), machine());
    for event in catalogue::types() {
        let output = machine.run(&format!("trigger {event} --to {} --json", handler.port)).expect_code(0);
        assert_eq!(output.of_type("trigger")[0]["status_code"], 200, "{event}");
    }
}

/// The built-in ones, step by step.
pub fn every_scenario_is_accepted() {
    let (handler, machine) = (Handler::start("raw"), machine());
    for scenario in ["user-lifecycle", "organization-onboarding", "billing-trial"] {
        let output = machine.run(&format!("trigger --scenario {scenario} --to {} --json", handler.port)).expect_code(0);
        assert!(output.of_type("trigger").len() > 2, "{scenario}: {}", output.stdout);
    }
}

/// Neither a forged nor an unsigned one, as the handler is right.
pub fn what_is_not_signed_with_its_secret_is_refused() {
    let handler = Handler::start("raw");
    let other = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_BBECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    for (machine, flag) in [(other, ""), (machine(), "--unsigned")] {
        let line = format!("trigger user.created --to {} {flag}", handler.port);
        machine.run(&format!("{line} --expect 400")).expect_code(0);
        machine.run(&line).expect_code(6);
    }
}
