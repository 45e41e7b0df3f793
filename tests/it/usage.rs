//! The command line itself: help that fits, completions, and mistakes that are named.

use snapbox::{assert_data_eq, str};

use crate::fixture::Machine;

const COMMANDS: [&str; 11] = [
    "up",
    "serve",
    "tunnel",
    "register",
    "send-test",
    "verify",
    "status",
    "handler",
    "doctor",
    "sandbox",
    "completions",
];

#[test]
fn help_fits_eighty_columns_and_the_short_one_a_screen() {
    let machine = Machine::new();
    for command in [""].into_iter().chain(COMMANDS) {
        for (flag, lines) in [("-h", 50), ("--help", 200)] {
            let output = machine.run(&format!("{command} {flag}")).expect_code(0);
            assert_eq!(output.stderr, "");
            let widest = output.stdout.lines().map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= 80, "{command} {flag}: {widest} columns\n{}", output.stdout);
            assert!(output.stdout.lines().count() <= lines, "{command} {flag}\n{}", output.stdout);
        }
    }
    // The list of commands is as long as it is.
    let help = machine.run("-h").stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands = commands.count();
    assert!(help.lines().count() <= commands + 15, "{help}");
    for command in ["wait", "logs", "recover", "watch", "backfill"] {
        let help = machine.run(&format!("{command} -h")).expect_code(0).stdout;
        assert!(help.lines().count() <= 32 && help.lines().all(|line| line.chars().count() <= 80), "{help}");
    }
}

#[test]
fn ports_that_are_none_are_refused() {
    let machine = Machine::new();
    for port in ["0", "70000", "-1", "abc", "localhost:0", "http://localhost:99999", "ftp://localhost"] {
        for command in ["up", "tunnel", "doctor"] {
            let output = machine.start_args(&[command, "--", port]).finish().expect_code(2);
            assert!(output.stderr.contains(port) && output.stdout.is_empty(), "{}", output.stderr);
        }
    }
    assert_data_eq!(
        machine.run("up 70000").snapshot(),
        str![[r#"
exit 2
--- stderr
error: invalid value '70000' for '[UPSTREAM]': a port is a number from 1 to 65535

For more information, try '--help'.

"#]]
    );
    assert_data_eq!(
        machine.run("up abc").snapshot(),
        str![[r#"
exit 2
--- stderr
error: invalid value 'abc' for '[UPSTREAM]': expected a port, `localhost:[PORT]` or `http://localhost:[PORT]/api/webhooks`

For more information, try '--help'.

"#]]
    );
}

#[test]
fn with_json_a_mistake_is_one_json_line() {
    let machine = Machine::new();
    for line in ["up 0 --json", "--json", "--json nothing", "up --json --on-exit burn", "serve --json --port 70000"] {
        let output = machine.run(line).expect_code(2);
        assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 1), "{line}: {}", output.stderr);
        let error: serde_json::Value = serde_json::from_str(&output.stderr).expect("JSON");
        assert_eq!((&error["type"], &error["code"]), (&"error".into(), &"CH0005".into()));
        assert!(error["message"].as_str().is_some_and(|message| message.len() > 10), "{error}");
    }
}

#[test]
fn a_misspelt_command_is_guessed() {
    assert_data_eq!(
        Machine::new().run("tunel").snapshot(),
        str![[r#"
exit 2
--- stderr
error: unrecognized subcommand 'tunel'

  tip: some similar subcommands exist: 'prune', 'tunnel'

Usage: clerkhook [OPTIONS] <COMMAND>

For more information, try '--help'.

"#]]
    );
}

#[test]
fn completions_are_scripts_of_their_shells() {
    let machine = Machine::new();
    for (shell, sign) in [("bash", "complete -F"), ("zsh", "#compdef clerkhook"), ("fish", "complete -c clerkhook")] {
        let output = machine.run(&format!("completions {shell}")).expect_code(0);
        assert!(output.stdout.contains(sign) && output.stdout.contains("send-test"), "{shell}");
        assert_eq!(output.stderr, "");
    }
    let script = machine.run("completions bash").stdout;
    let machine = machine.file("completions.bash", &script);
    let checked = std::process::Command::new("bash").arg("-n").arg(machine.project().join("completions.bash")).status();
    assert!(checked.expect("bash").success());
    machine.run("completions tcsh").expect_code(2);
}

#[test]
fn a_fault_that_is_none_is_named() {
    let machine = Machine::new();
    for fault in ["agent=sleepy", "delivery=timeout", "edge=1"] {
        let output = machine.run(&format!("up --sandbox --serve --once --fault {fault}")).expect_code(2);
        assert!(output.stderr.contains("--fault"), "{}", output.stderr);
    }
    assert_data_eq!(
        machine.run("sandbox --fault delivery=timeout").snapshot(),
        str![[r#"
exit 2
--- stderr
error: invalid value 'delivery=timeout' for '--fault <FAULT>': `timeout` takes a duration: `timeout:20s`

For more information, try '--help'.

"#]]
    );
}
