//! The handler that `handler` prints for each framework passes `check`.

use crate::app::{App, Mode, SECRET};
use crate::definition::{Definition, Mistake};
use crate::fixture::{Machine, Output};

/// Runs clerkhook in the app's project.
pub fn run(app: &App, line: &str) -> Output {
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
    command.current_dir(app.directory());
    machine.watch(command).finish()
}

/// Each check holds; what Clerk never sends may be told as a warning.
pub fn passes(name: &str, definition: &Definition, mode: Mode) {
    let app = App::start(name, definition, mode, &Mistake::default());
    let output = run(&app, &format!("check {} --json", app.port));
    let checks = output.of_type("check");
    let bad = checks.iter().filter(|check| check["status"] != "ok").collect::<Vec<_>>();
    assert!(output.code == Some(0) && checks.len() >= 25, "{bad:#?}\n{}\n{}", output.stderr, app.log());
}
