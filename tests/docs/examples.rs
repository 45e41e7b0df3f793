//! The examples of `docs/sandbox.md`, run as they stand there.

use std::path::PathBuf;
use std::process::Command;

use crate::fixture::Machine;
use crate::text;

/// The first code block of a language that holds these words.
fn example(language: &str, words: &str) -> String {
    let (document, fence) = (text("docs/sandbox.md"), format!("```{language}\n"));
    let blocks = document.split(&fence).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.filter(|block| block.contains(words)).map(str::to_owned).next().expect("an example")
}

/// Runs a script on a machine whose `clerkhook` is the one under test.
fn run(machine: &Machine, program: &str, arguments: &[&str]) -> (bool, String) {
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_clerkhook"));
    let directory = binary.parent().expect("a directory").display();
    let path = format!("{directory}:{}", std::env::var("PATH").unwrap_or_default());
    let ours = machine.command(&[]);
    let mut command = Command::new(program);
    command.args(arguments).current_dir(machine.project()).env_clear();
    command.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = command.output().expect("it runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.success(), said)
}

#[test]
fn the_shell_example_proves_an_event() {
    let machine = Machine::new().file("example.sh", &example("sh", "sandbox.env"));
    let (succeeded, said) = run(&machine, "sh", &["-eu", "example.sh"]);
    assert!(succeeded && said.contains("signature valid"), "{said}");
}

#[test]
fn the_node_example_verifies_an_event() {
    let machine = Machine::new().file("example.mjs", &example("js", "clerkhook"));
    // Not every machine that runs these tests has Node; the example needs nothing else.
    if Command::new("node").arg("--version").output().is_err() {
        return;
    }
    let (succeeded, said) = run(&machine, "node", &["example.mjs"]);
    assert!(succeeded && said.contains("user.created arrived, signature valid"), "{said}");
}

#[test]
fn each_fault_of_the_examples_ends_as_it_says() {
    let block = example("sh", "--fault");
    let mut count = 0;
    for line in block.lines() {
        let (command, promise) = line.split_once('#').expect("a command and what comes of it");
        let exit = promise.split("exit ").nth(1).and_then(|rest| rest.split(',').next());
        let exit = exit.map_or(0, |digits| digits.parse().expect("an exit code"));
        let output = Machine::new().run(command.trim().strip_prefix("clerkhook ").expect("a command of ours"));
        let output = output.expect_code(exit);
        if let Some(code) = promise.split("CH").nth(1) {
            assert!(output.stderr.contains(&format!("CH{}", code.trim())), "{command}: {}", output.stderr);
        }
        count += 1;
    }
    assert_eq!(count, 4);
}
