//! The README's recorded run and its commands, run again.

use snapbox::assert_data_eq;

use crate::fixture::{Machine, Running, Sandbox, free_port, steady};
use crate::{blocks, text};

/// The commands of the shell blocks under a heading, without their comments.
fn commands(heading: &str) -> Vec<String> {
    let readme = text("README.md");
    let section = readme.split("\n## ").find(|section| section.starts_with(heading)).expect("a section");
    let lines = blocks(section, "sh").concat();
    lines.iter().map(|line| line.split('#').next().unwrap_or_default().trim().to_owned()).collect()
}

/// A recorded block, the first one being 0.
fn recorded(block: usize) -> String {
    blocks(&text("README.md"), "text")[block].join("\n") + "\n"
}

fn until_ready(machine: &Machine, line: &str) -> Running {
    let mut up = machine.start(&format!("{line} --json"));
    up.wait_for_type("ready");
    up
}

/// The set-up's note tells that the endpoint is there; a delivery that is shown, that the first proof is over.
pub fn wait_for_deliveries(machine: &Machine) {
    for _ in 0..600 {
        let status = machine.run("status --json").expect_code(0);
        if !status.of_type("delivery").is_empty() {
            return;
        }
    }
    panic!("the set-up delivers nothing");
}

#[test]
fn the_recorded_run_is_what_happens() {
    let machine = Machine::new();
    let running = machine.start("up --sandbox --serve");
    wait_for_deliveries(&machine);
    machine.run("send-test user.updated").expect_code(0);
    running.signal("INT");
    let output = running.finish().expect_code(0);
    // A terminal shows both streams; the delivery came before the end.
    let (before, end) = output.stderr.split_once("  Stopped").expect("the last line");
    let happened = format!("$ clerkhook up --sandbox --serve\n{before}{}  Stopped{end}", output.stdout);
    assert_data_eq!(took(&steady(&happened)), snapbox::Data::text(took(&steady(&recorded(0)))).raw());
}

/// A delivery's time is set to the right; its width differs.
fn took(text: &str) -> String {
    text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
}

#[test]
fn the_first_look_works() {
    let line = commands("Try it").into_iter().find(|line| line.contains("--sandbox")).expect("a first look");
    let arguments = line.strip_prefix("cargo run -- ").expect("from a clone, through cargo");
    let up = until_ready(&Machine::new(), arguments);
    up.signal("INT");
    up.finish().expect_code(0);
}

/// In a project with a key and an app, Clerk and ngrok being a sandbox's.
#[test]
fn the_real_thing_works() {
    let sandbox = Sandbox::start("");
    let key = sandbox.addresses["clerk_secret_key"].as_str().expect("a key");
    let machine = Machine::with(&sandbox).file(".env.local", &format!("CLERK_SECRET_KEY={key}\n"));
    let port = free_port();
    let package = format!(r#"{{"scripts":{{"dev":"next dev -p {port}"}},"dependencies":{{"next":"16"}}}}"#);
    let machine = machine.file("package.json", &package);
    let mut app = machine.start(&format!("serve --port {port} --json"));
    app.wait_for_type("serving");
    let real =
        commands("The real thing").into_iter().filter_map(|line| line.strip_prefix("clerkhook ").map(str::to_owned));
    let (mut set_up, mut count) = (None, 0);
    for line in real {
        count += 1;
        match line.as_str() {
            "up" => set_up = Some(until_ready(&machine, "up")),
            // It needs a terminal, and says so.
            "events -i" => drop(machine.run(&line).expect_code(2)),
            _ => drop(machine.run(&line).expect_code(0)),
        }
    }
    assert_eq!(count, 9, "the commands of the README's real thing");
    assert!(machine.read(".env.local").contains("CLERK_WEBHOOK_SIGNING_SECRET=whsec_"));
    let set_up = set_up.expect("`up` is among them");
    set_up.signal("INT");
    set_up.finish().expect_code(0);
}

/// A project whose app runs and whose secret is in its env file.
fn project() -> Machine {
    Machine::new().file(".env.local", "CLERK_WEBHOOK_SIGNING_SECRET=whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\n")
}

fn app(machine: &Machine, flags: &str) -> (Running, u16) {
    let mut app = machine.start(&format!("serve --port 0 --json {flags}"));
    let port = app.wait_for_type("serving")["port"].as_u64().and_then(|port| u16::try_from(port).ok());
    (app, port.expect("a port"))
}

#[test]
fn a_handler_is_tried_offline() {
    let machine = project();
    let (_app, port) = app(&machine, "--reject-invalid");
    let printed = machine.run("trigger user.created --print=json").expect_code(0);
    let machine = machine.file("delivery.json", &printed.stdout);
    let lines = commands("Your handler");
    assert_eq!(lines.len(), 4, "{lines:?}");
    for line in lines {
        let line = line.strip_prefix("clerkhook ").expect("one of ours");
        let to = match line.split(' ').next() {
            Some("check") => format!(" {port}"),
            Some("trigger") => format!(" --to {port}"),
            _ => String::new(),
        };
        machine.run(&format!("{line}{to}")).expect_code(0);
    }
}

#[test]
fn a_handler_that_verifies_nothing_is_told_so() {
    let machine = project();
    let (_app, port) = app(&machine, "");
    let output = machine.run(&format!("check {port}")).expect_code(7);
    let (first, rest) = output.stderr.split_once('\n').expect("a note");
    let happened = format!("$ clerkhook check 3000\n{first}\n{}{rest}", output.stdout);
    assert_data_eq!(steady(&happened), snapbox::Data::text(steady(&recorded(1))).raw());
}
