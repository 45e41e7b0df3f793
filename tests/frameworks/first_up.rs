//! The first `up` in a project that was just cloned, with a sandbox in the role of Clerk.

use serde_json::Value;

use crate::app::{App, copy, keys};
use crate::definition::{Definition, Mistake};
use crate::fixture::{Machine, Output, Sandbox};

/// The secret is written, the server is started again where it has to be, and a signed event arrives.
pub fn is_proven(name: &str, definition: &Definition) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let directory = copy(name, definition, &Mistake::default());
    let file = directory.path().join(&definition.env_file);
    let variable =
        definition.framework.parse::<clerkhook::handler::Framework>().expect("a framework").profile().variable;
    // Until the name is read from the project, the file says it.
    std::fs::write(&file, format!("{variable}=\n")).expect("written");
    let run = |directory: &std::path::Path, line: &str| -> Output {
        let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
        command.current_dir(directory);
        machine.watch(command).finish()
    };
    let register = format!("register https://owl.example/api/webhooks --env-file {}", definition.env_file);
    run(directory.path(), &register).expect_code(0);
    let written = std::fs::read_to_string(&file).expect("a file");
    assert!(written.starts_with(&format!("{variable}=")) && written.contains("whsec_"), "{written}");
    let app = App::run(name, &definition.start, directory, &keys());
    let up = format!("up {} --once --json --path /api/webhooks --env-file {}", app.port, definition.env_file);
    let output = run(app.directory(), &up);
    let proven = |output: &Output| -> bool {
        let proofs = output.of_type("proof");
        proofs.iter().any(|proof| {
            proof["hops"].as_array().is_some_and(|hops| hops.iter().all(|hop| hop["ok"] == Value::Bool(true)))
        })
    };
    assert!(output.code == Some(0) && proven(&output), "{}{}\n{}", output.stdout, output.stderr, app.log());
}
