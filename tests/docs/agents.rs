//! The commands of `docs/agents.md`, run in their order, and the script of `docs/ci.md`.

use std::path::PathBuf;
use std::process::Command;

use crate::fixture::Machine;
use crate::{blocks, text};

/// Ends what a test left in the background.
struct Ended<'a>(&'a Machine);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let _ = self.0.command(&["down", "--all"]).output();
    }
}

#[test]
fn each_command_for_agents_ends_as_it_says() {
    let machine = Machine::new();
    let _ended = Ended(&machine);
    let lines = blocks(&text("docs/agents.md"), "sh").concat().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert!(lines.len() >= 12, "{lines:?}");
    for line in lines {
        let (command, remark) = line.split_once('#').unwrap_or((&line, ""));
        let exit = remark.trim().strip_prefix("exit ").map_or(0, |digits| digits.parse().expect("an exit code"));
        let output = machine.run(command.trim().strip_prefix("clerkhook ").expect("a command of ours"));
        // A sandbox has no account to be right about: what `doctor` finds is no matter here.
        if !command.contains("doctor") {
            output.expect_code(exit);
        }
    }
    assert!(machine.run("status --json").expect_code(0).of_type("set_up").is_empty());
}

/// The script as it stands, without the lines of commands that this program does not have.
fn script() -> String {
    let lines = Machine::new().run("help --json").expect_code(0).of_type("command");
    let has = |word: &str| lines.iter().any(|line| line["command"] == format!("clerkhook {word}"));
    let known = |line: &&str| match line.strip_prefix("clerkhook ").and_then(|rest| rest.split(' ').next()) {
        Some(word) => has(word),
        None => true,
    };
    text("docs/ci.sh").lines().filter(known).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_script_for_ci_runs_and_is_the_one_of_the_page() {
    let page = blocks(&text("docs/ci.md"), "sh").remove(0).join("\n") + "\n";
    assert_eq!(page, text("docs/ci.sh"));
    let machine = Machine::new().file("ci.sh", &script());
    let _ended = Ended(&machine);
    let binary = PathBuf::from(env!("CARGO_BIN_EXE_clerkhook"));
    let path =
        format!("{}:{}", binary.parent().expect("a directory").display(), std::env::var("PATH").unwrap_or_default());
    let ours = machine.command(&[]);
    let mut sh = Command::new("sh");
    sh.arg("ci.sh").current_dir(machine.project()).env_clear();
    sh.envs(ours.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = sh.output().expect("sh runs");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("endpoint deleted"), "{said}");
    assert!(!machine.project().join("ready.json").exists());
}
