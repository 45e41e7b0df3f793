//! The secret that a sandbox signs with: the project's own, else one that is kept for the project; never written unasked.

use std::os::unix::fs::PermissionsExt as _;

use crate::fixture::{Machine, Running};
use crate::wire::RawApp;

const NAME: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
const OWN: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A set-up on a sandbox of its own, in a project with this env file.
fn set_up(machine: &Machine, app: &RawApp) -> Running {
    let mut up = machine.start(&format!("up {} --sandbox --json", app.port));
    up.wait_for_type("ready");
    up
}

#[test]
fn a_project_s_own_verifying_app_is_proven_at_the_first_try() {
    let text = format!("# mine\n{NAME}={OWN}\n");
    let machine = Machine::new().file(".env.local", &text);
    let app = RawApp::verifying(OWN);
    machine.run(&format!("up {} --sandbox --once", app.port)).expect_code(0);
    assert_eq!(machine.read(".env.local"), text);
    let exported = Machine::new().secret(NAME, OWN);
    exported.run(&format!("up {} --sandbox --once", app.port)).expect_code(0);
    assert_eq!(exported.read(".env.local"), "");
}

#[test]
fn no_command_beside_a_sandbox_writes_the_project_s_file() {
    let text = format!("{NAME}={OWN}\n");
    let machine = Machine::new().file(".env.local", &text);
    let app = RawApp::verifying(OWN);
    let _up = set_up(&machine, &app);
    for line in ["register", "secret write", "send-test", "secret rotate", "register", "send-test", "secure --local"] {
        machine.run(line).expect_code(0);
        assert_eq!(machine.read(".env.local"), text, "{line}");
    }
    // Asked for by name, it is written.
    machine.run("secret write --env-file .env.test").expect_code(0);
    assert!(machine.read(".env.test").starts_with(NAME));
}

#[test]
fn without_one_the_same_is_kept_for_the_project() {
    let machine = Machine::new();
    let app = RawApp::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let secret = || {
        let mut up = set_up(&machine, &app);
        let secret = machine.run("secret show").expect_code(0).stdout;
        up.signal("INT");
        up.wait_for_type("stopped");
        up.finish().expect_code(0);
        secret
    };
    let first = secret();
    assert_eq!(secret(), first);
    assert_eq!(machine.read(".env.local"), "");
    let kept = std::fs::read_dir(machine.state().join("sandbox-secrets")).expect("kept").next().expect("one");
    let kept = kept.expect("an entry").path();
    assert_eq!(std::fs::metadata(&kept).expect("there").permissions().mode() & 0o777, 0o600);
    // The app that is given it verifies from then on.
    let verifying = RawApp::verifying(Box::leak(first.trim().to_owned().into_boxed_str()));
    machine.run(&format!("up {} --sandbox --once", verifying.port)).expect_code(0);
}

#[test]
fn a_placeholder_is_said_and_passed_over() {
    let text = format!("{NAME}=whsec_xxx\n");
    let machine = Machine::new().file(".env.local", &text);
    let app = RawApp::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let output = machine.run(&format!("up {} --sandbox --once", app.port)).expect_code(0);
    assert!(output.stderr.contains("`CLERK_WEBHOOK_SIGNING_SECRET` in `.env.local` is malformed"), "{}", output.stderr);
    assert_eq!(machine.read(".env.local"), text);
}
