//! Clerk on its bad days, and the way from its portal URL to Svix.

use std::time::{Duration, Instant};

use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Sandbox, free_port};

const REGISTER: &str = "register https://owl.example --no-env";

/// A machine of a sandbox in which this goes wrong.
fn with_fault(fault: &str) -> Machine {
    let sandbox = Sandbox::start(&format!("--fault {fault}"));
    Machine::with(&sandbox).set("CLERKHOOK_HTTP_TIMEOUT", "0.3").keep(sandbox)
}

#[test]
fn a_key_that_clerk_does_not_know() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnop");
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk does not know this secret key
              clerk_key_invalid: The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct. (trace [TRACE])
              CH0401

  → copy the key again: Clerk dashboard, Configure, API keys; it may have been rotated or deleted

"#]]
    );
}

#[test]
fn a_rate_limit_is_obeyed() {
    let machine = with_fault("clerk=429:1");
    let started = Instant::now();
    machine.run(REGISTER).expect_code(0);
    assert!(started.elapsed() >= Duration::from_secs(1), "the sandbox asks for a second");
}

#[test]
fn a_rate_limit_that_stays_is_told() {
    assert_data_eq!(
        with_fault("clerk=429").run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk still limits the rate of requests
              too_many_requests: Too many requests. Please try again later. (trace [TRACE])
              CH0404

  → wait 1 s and run it again

"#]]
    );
}

#[test]
fn a_failure_that_passes_is_not_told() {
    with_fault("clerk=500:1").run(REGISTER).expect_code(0);
    with_fault("clerk=reset:1").run(REGISTER).expect_code(0);
    with_fault("clerk=lost:1").run(REGISTER).expect_code(0);
}

#[test]
fn a_failure_that_stays_is_told() {
    assert_data_eq!(
        with_fault("clerk=500").run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk failed with status 500
              internal_clerk_error: Something went wrong on our side. Please try again. (trace [TRACE])
              CH0405

  → wait a little and run it again; https://status.clerk.com tells of outages

"#]]
    );
}

#[test]
fn a_page_instead_of_an_answer() {
    assert_data_eq!(
        with_fault("clerk=html").run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  the answer from `http://127.0.0.1:[PORT]/v1/webhooks/svix_url` is not what Clerk documents
              expected value at line 1 column 1; it answered 200 OK (text/html; charset=utf-8): <!doctype html><title>Sign in</title><h1>Sign in to continue</h1>
              CH0406

  → check `--clerk-api-url` (`CLERK_API_URL`); a proxy or sign-in page may stand in between

"#]]
    );
}

#[test]
fn a_connection_that_is_reset() {
    let output = with_fault("clerk=reset").run(&format!("{REGISTER} --json")).expect_code(4);
    assert_eq!(output.error()["code"], "CH0403");
}

#[test]
fn an_answer_that_does_not_come() {
    assert_data_eq!(
        with_fault("clerk=slow:1m").run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk cannot be reached at `http://127.0.0.1:[PORT]/`
              no answer in time
              CH0403

  → check the network and `HTTPS_PROXY`; `clerkhook doctor` shows which address is used

"#]]
    );
}

#[test]
fn nobody_at_the_address() {
    let address = format!("http://127.0.0.1:{}", free_port());
    let machine = Machine::new().set("CLERK_API_URL", &address).set("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnop");
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk cannot be reached at `http://127.0.0.1:[PORT]/`
              Connection refused (os error 111)
              CH0403

  → check the network and `HTTPS_PROXY`; `clerkhook doctor` shows which address is used

"#]]
    );
}

#[test]
fn webhooks_are_enabled_only_by_what_sets_up() {
    let machine = with_fault("clerk=svix_app_missing");
    let looking = machine.run("status --remote").expect_code(0);
    assert!(looking.stdout.contains("webhooks were never enabled on this instance"), "{}", looking.stdout);
    let plan = machine.run(&format!("{REGISTER} --dry-run")).expect_code(0);
    assert_data_eq!(
        plan.snapshot(),
        str![[r#"
exit 0
--- stdout
  endpoint  create  enable webhooks on the instance and create an endpoint for https://owl.example/api/webhooks
  secret    skip    known; no env file written (`--no-env`)

"#]]
    );
    let doctor = machine.run("doctor --json").expect_code(0);
    let endpoint = doctor.of_type("check").into_iter().find(|check| check["check"] == "endpoint").expect("checked");
    assert_eq!(endpoint["found"], "webhooks were never enabled on this instance");
    let still = machine.run("status --remote").expect_code(0);
    assert_eq!(still.stdout, looking.stdout);

    machine.run(REGISTER).expect_code(0);
    let found = machine.run("status --remote").expect_code(0);
    assert!(found.stdout.contains("enabled, https://owl.example/api/webhooks"), "{}", found.stdout);
}

#[test]
fn a_test_event_enables_nothing_either() {
    let machine = with_fault("clerk=svix_app_missing");
    let mut tunnel = machine.start("tunnel --json");
    tunnel.wait_for_type("tunnel");
    let output = machine.run("send-test --json").expect_code(4);
    assert_eq!(output.error()["code"], "CH0602");
    let looking = machine.run("status --remote").expect_code(0);
    assert!(looking.stdout.contains("webhooks were never enabled"), "{}", looking.stdout);
    tunnel.signal("INT");
    tunnel.finish();
}

#[test]
fn a_portal_url_that_cannot_be_read() {
    assert_data_eq!(
        with_fault("clerk=portal_garbage").run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Clerk's portal URL cannot be read: its `key` is not base64
              CH0407

  → go on by hand: open Webhooks in the Clerk dashboard, add the endpoint, save its signing secret to a file, and run `clerkhook up --secret-file FILE`

"#]]
    );
    let output = with_fault("clerk=portal_nokey").run(&format!("{REGISTER} --json")).expect_code(4);
    assert_eq!(output.error()["message"], "Clerk's portal URL cannot be read: it has no part behind `#`");
}

#[test]
fn a_spent_token_is_answered_with_a_fresh_one() {
    with_fault("clerk=portal_used:1").run(REGISTER).expect_code(0);
    // The exchange happened and its answer was lost.
    with_fault("svix=lost:1@one-time").run(REGISTER).expect_code(0);
    with_fault("svix=500:1@one-time").run(REGISTER).expect_code(0);
}

#[test]
fn an_exchange_that_does_not_work_any_more_goes_on_by_hand() {
    let machine = with_fault("clerk=portal_used");
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Svix did not take the portal's one-time token (status 401)
              401 Unauthorized (application/json): {"code":"authentication_failed","detail":"Invalid token"}
              CH0408

  → go on by hand: open Webhooks in the Clerk dashboard, add the endpoint, save its signing secret to a file, and run `clerkhook up --secret-file FILE`

"#]]
    );

    // What the hint says, with nobody at Clerk's address.
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let mut machine = machine.set("CLERK_API_URL", &format!("http://127.0.0.1:{}", free_port())).file("secret", secret);
    machine.hide(secret.trim_start_matches("whsec_"));
    let output = machine.run("up --serve --once --secret-file secret");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ app       http://localhost:[PORT] served by clerkhook
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  - endpoint  left to you: its URL must be http://127.0.0.1:[PORT]/
  ✓ secret    CLERK_WEBHOOK_SIGNING_SECRET written to .env.local
  - test      left to you: send one from the Clerk dashboard
  Stopped: no deliveries.

"#]]
    );
    assert_eq!(machine.read(".env.local"), format!("CLERK_WEBHOOK_SIGNING_SECRET={secret}\n"));
}

#[test]
fn svix_in_trouble_is_not_taken_for_a_changed_exchange() {
    for (fault, code) in [("svix=500@one-time", "CH0507"), ("svix=429@one-time", "CH0506"), ("svix=403", "CH0408")] {
        let output = with_fault(fault).run(&format!("{REGISTER} --json")).expect_code(4);
        assert_eq!(output.error()["code"], code, "{fault}");
    }
}
