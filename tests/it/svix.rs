//! Svix on its bad days: what is tried again, what is told, and that nothing is made twice.

use std::time::{Duration, Instant};

use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox};

const REGISTER: &str = "register https://owl.example --no-env";

/// A machine of a sandbox in which these go wrong.
fn with_faults(faults: &[&str]) -> Machine {
    let faults: Vec<_> = faults.iter().map(|fault| format!("--fault {fault}")).collect();
    let sandbox = Sandbox::start(&faults.join(" "));
    Machine::with(&sandbox).set("CLERKHOOK_HTTP_TIMEOUT", "0.3").keep(sandbox)
}

#[test]
fn each_refusal_has_its_code_and_svix_s_own_words() {
    for (fault, code, cause) in [
        ("401@GET/api/v1/app", "CH0501", "authentication_failed: Invalid token"),
        ("403@GET/api/v1/app", "CH0502", "insufficient access: Insufficient access for the requested operation."),
        ("404@GET/api/v1/app", "CH0503", "not_found: Entity not found"),
        ("403@POST/api/v1/app", "CH0502", "insufficient access: Insufficient access for the requested operation."),
        ("409@POST/api/v1/app", "CH0504", "conflict: Entity already exists"),
        ("422@POST/api/v1/app", "CH0505", "body: invalid value"),
        ("html@POST/api/v1/app", "CH0509", "expected value at line 1 column 1, to create the endpoint"),
        ("404@/secret", "CH0503", "not_found: Entity not found"),
        ("html@/secret", "CH0509", "expected value at line 1 column 1, to read the signing secret"),
    ] {
        let output = with_faults(&[&format!("svix={fault}")]).run(&format!("{REGISTER} --json")).expect_code(4);
        let error = output.error();
        assert_eq!(error["code"], code, "{fault}: {error}");
        assert!(error["cause"].as_str().is_some_and(|words| words.starts_with(cause)), "{fault}: {error}");
        assert!(!error["hint"].as_str().unwrap_or_default().is_empty());
    }
}

#[test]
fn what_is_invalid_is_named_by_its_place() {
    let machine = with_faults(&[]);
    let long = format!("https://owl.example/{}", "a".repeat(70_000));
    let output = machine.run(&format!("register {long} --no-env --json")).expect_code(4);
    let error = output.error();
    assert!(error["cause"].as_str().is_some_and(|words| words.starts_with("body.url: ")), "{}", error["cause"]);
}

#[test]
fn a_refusal_reads_well() {
    assert_data_eq!(
        with_faults(&["svix=403@/secret"]).run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  ✗ secret    Svix does not allow this session to read the signing secret
              insufficient access: Insufficient access for the requested operation.
              CH0502

  → do this step on the Webhooks page of the Clerk dashboard

"#]]
    );
}

#[test]
fn a_rate_limit_is_obeyed() {
    let machine = with_faults(&["svix=429:1@POST/api/v1/app"]);
    let started = Instant::now();
    machine.run(REGISTER).expect_code(0);
    assert!(started.elapsed() >= Duration::from_secs(1), "the sandbox asks for a second");
    assert_eq!(Account::at(machine.sandbox()).list("endpoint").len(), 1);
}

#[test]
fn a_rate_limit_that_stays_is_told() {
    assert_data_eq!(
        with_faults(&["svix=429@POST/api/v1/app"]).run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Svix still limits the rate of requests
              rate_limit: Rate limit exceeded
              CH0506

  → wait 1 s and run it again

"#]]
    );
}

#[test]
fn what_was_done_is_not_done_again_when_its_answer_is_lost() {
    let machine = with_faults(&["svix=lost:1@POST/api/v1/app", "svix=500:1@POST/api/v1/app"]);
    let output = machine.run(&format!("{REGISTER} --json")).expect_code(0);
    assert_eq!(output.of_type("endpoint")[0]["action"], "created");
    let endpoints = Account::at(machine.sandbox()).list("endpoint");
    assert_eq!(endpoints.len(), 1, "{endpoints:?}");
}

#[test]
fn an_example_is_sent_once_when_its_answer_is_lost() {
    let machine = with_faults(&["svix=lost:1@send-example", "svix=500:1@send-example"]);
    machine.run("up --serve --once --no-env --on-exit keep").expect_code(0);
    let messages = Account::at(machine.sandbox()).list("msg");
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[test]
fn a_failure_that_stays_is_told() {
    assert_data_eq!(
        with_faults(&["svix=500@POST/api/v1/app"]).run(REGISTER).snapshot(),
        str![[r#"
exit 4
--- stderr
  ✗ endpoint  Svix failed with status 500, to create the endpoint
              server_error: Internal server error
              CH0507

  → wait a little and run it again; https://status.svix.com tells of outages

"#]]
    );
}

#[test]
fn no_answer_is_told_with_what_was_asked() {
    for (fault, words) in [
        ("svix=reset@GET/api/v1/app", "to list endpoints"),
        ("svix=reset@/secret", "to read the signing secret"),
        ("svix=slow:1m@POST/api/v1/app", "no answer in time, to create the endpoint"),
    ] {
        let error = with_faults(&[fault]).run(&format!("{REGISTER} --json")).expect_code(4).error();
        assert_eq!(error["code"], "CH0508", "{error}");
        assert!(error["cause"].as_str().is_some_and(|cause| cause.ends_with(words)), "{error}");
    }
}

#[test]
fn an_example_that_is_refused_ends_up_and_takes_everything_down() {
    for (fault, code) in [("403", "CH0502"), ("404", "CH0503"), ("422", "CH0505"), ("html", "CH0509")] {
        let machine = with_faults(&[&format!("svix={fault}@send-example")]);
        let output = machine.run("up --serve --once --no-env --json").expect_code(4);
        assert_eq!(output.error()["code"], code);
        assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled", "{fault}");
        let endpoints = Account::at(machine.sandbox()).list("endpoint");
        assert_eq!(endpoints[0]["disabled"], true);
    }
}

#[test]
fn attempts_that_cannot_be_read_leave_the_agent_s_word() {
    for fault in ["403", "404", "html", "reset", "500", "slow:1m"] {
        let machine = with_faults(&[&format!("svix={fault}@/attempt/")]);
        // Ten minutes: the proof must not wait for its time to be up.
        let output = machine.run("up --serve --once --no-env --json --timeout 10m").expect_code(0);
        let hops = output.of_type("proof")[0]["hops"].clone();
        assert_eq!(hops[1]["detail"], "seen at the agent", "{fault}: {hops}");
        assert!(hops.as_array().is_some_and(|hops| hops.iter().all(|hop| hop["ok"] == true)), "{fault}: {hops}");
    }
}

#[test]
fn attempts_that_cannot_be_read_and_nothing_at_the_agent() {
    let machine = with_faults(&["svix=403@/attempt/", "delivery=drop"]);
    assert_data_eq!(
        machine.run("up --serve --once --no-env --timeout 1s").snapshot(),
        str![[r#"
exit 6
--- stderr
  ✓ app       http://localhost:[PORT] served by clerkhook
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; no env file written (`--no-env`)
  ✗ test      `user.created` was not delivered: no attempt was seen within 1 s: Svix does not allow this session to read the attempts
              CH0802

  → wait longer with `clerkhook send-test --timeout 60s`, or look at the endpoint's log in the Clerk dashboard

  Stopped: no deliveries, endpoint disabled.

"#]]
    );
}
