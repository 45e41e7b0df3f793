//! What the program says of itself, and the exit codes: each number with one command line that ends with it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fixture::{Machine, Sandbox, free_port};
use crate::serve::SECRET;
use crate::stand::OK;
use crate::wire::RawApp;

fn exits() -> Vec<(i64, String)> {
    let lines = Machine::new().run("help --json").expect_code(0).of_type("exit");
    let pair =
        |line: Value| (line["exit"].as_i64().expect("a number"), line["means"].as_str().expect("words").to_owned());
    lines.into_iter().map(pair).collect()
}

#[test]
fn each_exit_code_has_a_command_line_that_ends_with_it() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox).set("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let (app, broken) = (RawApp::answering(OK), RawApp::answering("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n"));
    let nobody = free_port();
    let table: [(i64, String); 8] = [
        (0, format!("up {} --once --no-env", app.port)),
        (1, "completions bash".to_owned()),
        (2, "up 70000".to_owned()),
        (3, format!("up {nobody} --once --no-env")),
        (4, format!("register https://owl.example --no-env --clerk-api-url http://127.0.0.1:{nobody}")),
        (5, format!("up {} --once --no-env --ngrok-bin no-such-agent", app.port)),
        (6, format!("up {} --once --no-env --timeout 3s", broken.port)),
        (7, format!("check {}", app.port)),
    ];
    for (exit, line) in &table {
        let mut command = machine.command(&line.split(' ').collect::<Vec<_>>());
        // The one disk that is always full.
        if *exit == 1 {
            command.stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux"));
        }
        let output = command.output().expect("it runs");
        assert_eq!(
            output.status.code().map(i64::from),
            Some(*exit),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let slow = RawApp::answering(OK);
    let sandbox = Sandbox::start("--latency clerk=20s");
    let interrupted = Machine::with(&sandbox).keep(sandbox);
    let mut up = interrupted.start(&format!("up {} --no-env --json", slow.port));
    up.wait_for("the endpoint", |line| line.contains("\"step\":\"endpoint\",\"status\":\"start\""));
    up.signal("INT");
    up.finish().expect_code(130);
    let tried: BTreeSet<i64> = table.iter().map(|(exit, _)| *exit).chain([130]).collect();
    assert_eq!(tried, exits().into_iter().map(|(exit, _)| exit).collect());
}

#[test]
fn commands_and_flags_are_told_as_help_has_them() {
    let machine = Machine::new();
    let lines = machine.run("help --json").expect_code(0).of_type("command");
    let of = |name: &str| lines.iter().find(|line| line["command"] == name).unwrap_or_else(|| panic!("{name}")).clone();
    let flags = |line: &Value| {
        let flags = line["flags"].as_array().expect("flags").iter();
        flags.map(|flag| flag["flag"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    let (top, up) = (of("clerkhook"), of("clerkhook up"));
    assert!(flags(&top).contains(&"--json".to_owned()) && !flags(&up).contains(&"--json".to_owned()));
    assert!(flags(&up).contains(&"--detach".to_owned()) && !flags(&up).contains(&"--supervise".to_owned()));
    let on_exit =
        up["flags"].as_array().expect("flags").iter().find(|flag| flag["flag"] == "--on-exit").expect("there");
    assert_eq!(on_exit["values"], serde_json::json!(["keep", "disable", "delete"]));
    assert_eq!(of("clerkhook explain")["arguments"][0]["required"], true);
    of("clerkhook user create");
    let help = machine.run("--help").expect_code(0).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    for name in listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| !name.is_empty()) {
        of(&format!("clerkhook {name}"));
    }
}

#[test]
fn help_explain_and_man_say_what_they_are_for() {
    let machine = Machine::new();
    for command in ["", "up", "user create"] {
        let asked = machine.run(&format!("help {command}")).expect_code(0);
        assert_eq!(asked.stdout, machine.run(&format!("{command} --help")).expect_code(0).stdout, "{command}");
    }
    machine.run("help upp").expect_code(2);
    let explained = machine.run("explain 0201").expect_code(0).stdout;
    assert!(
        explained.contains("Exit 3") && explained.contains("nothing listens") && !explained.contains("```"),
        "{explained}"
    );
    let line = machine.run("explain CH0201 --json").expect_code(0).of_type("explanation").remove(0);
    assert_eq!(line["code"], "CH0201");
    assert_eq!(machine.run("explain CH9999 --json").expect_code(2).error()["code"], "CH0018");
    let page = machine.run("man").expect_code(0).stdout;
    assert!(page.contains(".TH clerkhook") && page.contains("send\\-test"), "{page}");
}
