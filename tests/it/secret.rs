//! `secret`: shown alone on stdout, written where the app reads it, rotated in step with whoever verifies.

use crate::fixture::{Machine, Sandbox};
use crate::stand::{OK, Stand};
use crate::wire::RawApp;

#[test]
fn shown_is_the_secret_and_nothing_else() {
    let stand = Stand::start("");
    let output = stand.run("secret show").expect_code(0);
    assert_eq!((output.stdout, output.stderr.as_str()), (format!("{}\n", stand.secret()), ""));
}

#[test]
fn written_it_stands_in_the_env_file_and_nowhere_else() {
    let mut stand = Stand::start("");
    let secret = stand.secret();
    stand.machine.hide(&secret);
    let output = stand.run("secret write --env-file .env.test --dry-run").expect_code(0);
    assert!(output.stdout.contains("create") && output.stdout.contains(".env.test"), "{}", output.stdout);
    assert_eq!(stand.machine.read(".env.test"), "");
    stand.run("secret write --env-file .env.test").expect_code(0);
    assert_eq!(stand.machine.read(".env.test"), format!("CLERK_WEBHOOK_SIGNING_SECRET={secret}\n"));
    stand.run("secret write").expect_code(0);
    assert!(stand.machine.read(".env.local").contains(&secret));
}

#[test]
fn without_an_endpoint_the_hint_makes_one() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    assert_eq!(machine.run("secret show --json").expect_code(4).error()["code"], "CH0602");
    machine.run("register http://127.0.0.1:1 --no-env").expect_code(0);
    assert!(machine.run("secret show").expect_code(0).stdout.starts_with("whsec_"));
}

#[test]
fn a_rotation_is_told_to_the_edge_and_to_the_gateway() {
    for (line, mechanism) in
        [("secure", "policy-restart"), ("secure --in-place", "policy-update"), ("secure --local", "gateway")]
    {
        let stand = Stand::start("");
        stand.run(line).expect_code(0);
        let before = stand.secret();
        stand.run("secret rotate").expect_code(0);
        let after = stand.secret();
        assert_ne!(before, after);
        assert!(stand.machine.read(".env.local").contains(&after));
        assert_eq!(stand.deliver_signed(&after, "msg_new", 0, "{}"), 200, "{mechanism}");
        assert_eq!(stand.forge(), 403, "{mechanism}");
        // An edge holds one secret, and Svix signs with both meanwhile; the gateway takes either.
        let with_the_old = stand.deliver_signed(&before, "msg_old", 0, "{}");
        assert_eq!(with_the_old, if mechanism == "gateway" { 200 } else { 403 });
        stand.run("send-test").expect_code(0);
        assert!(stand.run("status").stdout.contains(mechanism));
    }
}

#[test]
fn after_a_rotation_up_still_knows_what_is_genuine() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let ready = up.wait_for_type("ready");
    let mut stand = Stand { machine, app: RawApp::answering(OK), up, ready };
    stand.run("secret rotate").expect_code(0);
    // Svix signs with both meanwhile; this one has the new signature alone.
    stand.deliver_signed(&stand.secret(), "msg_new", 0, "{}");
    assert_eq!(stand.up.wait_for_type("delivery")["signature"], "valid");
    stand.run("send-test").expect_code(0);
}
