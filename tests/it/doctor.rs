//! `doctor`: what is good is said, what is wrong has its fix, in the order of the hops.

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox};
use crate::serve::serve;
use crate::wire::port_of;

/// The check of this name.
fn check(output: &Output, name: &str) -> Value {
    let checks = output.of_type("check");
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("no `{name}` in {checks:?}")).clone()
}

/// A check's status, and whether its fix holds these words.
fn assert_check(output: &Output, name: &str, status: &str, fix: &str) {
    let check = check(output, name);
    assert_eq!(check["status"], status, "{check}");
    assert!(check["fix"].as_str().unwrap_or_default().contains(fix), "{check}");
}

#[test]
fn when_all_is_good_every_check_says_so() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let (_app, port) = serve(&machine, "");
    let mut up = machine.start(&format!("up {port} --json --env-file .env.local"));
    up.wait_for_type("ready");
    let output = machine.run("doctor --json").expect_code(0);
    let checks = output.of_type("check");
    assert!(checks.iter().all(|check| check["status"] == "ok" && check["fix"].is_null()), "{checks:?}");
    let names: Vec<_> = checks.iter().filter_map(|check| check["check"].as_str()).collect();
    assert_eq!(names, ["app", "agent", "tunnel", "Clerk key", "clock", "endpoint", "secret"]);
    assert!(output.of_type("setting").iter().any(|setting| setting["setting"] == "signing secret"));
    up.signal("INT");
    up.finish().expect_code(0);
}

#[test]
fn a_person_reads_found_and_fix() {
    let port = crate::fixture::free_port();
    let output = Machine::new().run(&format!("doctor {port}"));
    let shown = output.snapshot();
    let checks = shown.split("--- stderr").next().unwrap_or_default().to_owned();
    assert_data_eq!(
        checks,
        str![[r#"
exit 7
--- stdout
  ! warn app            nothing listens at http://localhost:[PORT] (Connection refused (os error 111))
                        fix: start the app, name its port (`clerkhook doctor 8080`), or use `clerkhook up --serve`
  ✗ fail agent          no ngrok agent found: `ngrok` is not on `PATH`
                        fix: install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`
  ! warn tunnel         none is running for http://localhost:[PORT]
                        fix: `clerkhook up` starts one
  ✗ fail Clerk key      no Clerk secret key: looked in `CLERK_SECRET_KEY`, `.env.local`, `.env.development.local`, `.env.development`, `.env`
                        fix: copy it from the Clerk dashboard (Configure, API keys) and set `CLERK_SECRET_KEY=sk_test_…` in `.env.local`; without an account, try `clerkhook up --sandbox --serve`

"#]]
    );
    assert!(output.stderr.contains("from the agent's config"), "{}", output.stderr);
}

#[test]
fn each_thing_that_is_wrong_is_named() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let port = crate::fixture::free_port();
    // Nothing is set up yet: that is no failure.
    let output = machine.run(&format!("doctor {port} --json")).expect_code(0);
    assert_check(&output, "app", "warn", "clerkhook up --serve");
    assert_check(&output, "tunnel", "warn", "clerkhook up");
    // No agent.
    let output = machine.run(&format!("doctor {port} --json --ngrok-bin nowhere")).expect_code(7);
    assert_check(&output, "agent", "fail", "https://ngrok.com/download");
    // A wrong key.
    let wrong =
        Machine::with(&sandbox).without("CLERK_SECRET_KEY").secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnop");
    let output = wrong.run(&format!("doctor {port} --json")).expect_code(7);
    assert_check(&output, "Clerk key", "fail", "copy the key again");
    assert!(output.stderr.contains("CH0901"), "{}", output.stderr);
    // A secret that is not the endpoint's, from the shell and from a file.
    machine.run("up --serve --once --json --no-env --on-exit keep").expect_code(0);
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let shell = Machine::with(&sandbox).at_home_of(&machine).secret("CLERK_WEBHOOK_SIGNING_SECRET", secret);
    let output = shell.run(&format!("doctor {port} --json")).expect_code(7);
    assert_check(&output, "secret", "fail", "unset CLERK_WEBHOOK_SIGNING_SECRET");
    let machine = machine.file(".env", &format!("CLERK_WEBHOOK_SIGNING_SECRET={secret}\n"));
    let output = machine.run(&format!("doctor {port} --json")).expect_code(7);
    assert_check(&output, "secret", "fail", "clerkhook register");
    // A tunnel that the endpoint does not know.
    let mut tunnel = machine.start(&format!("tunnel {port} --json"));
    let url = tunnel.wait_for_type("tunnel")["public_url"].as_str().expect("a URL").to_owned();
    let output = machine.run(&format!("doctor {port} --json")).expect_code(7);
    assert_check(&output, "endpoint", "fail", "clerkhook register");
    // The fix is run, and both failures are gone.
    let output = machine.run(&format!("register --upstream {port} --json")).expect_code(0);
    assert_eq!(
        port_of(&url),
        port_of(output.of_type("endpoint")[0]["url"].as_str().expect("a URL").trim_end_matches("/api/webhooks"))
    );
    let output = machine.run(&format!("doctor {port} --json")).expect_code(0);
    assert_check(&output, "endpoint", "ok", "");
    assert_check(&output, "secret", "ok", "");
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}

#[test]
fn an_old_agent_and_a_proxy_are_warnings() {
    let sandbox = Sandbox::start("--sandbox-agent 3.8.0");
    let machine = Machine::with(&sandbox).set("https_proxy", "http://127.0.0.1:1");
    let output = machine.run("doctor --json").expect_code(0);
    assert_check(&output, "agent", "warn", "ngrok update");
    assert_check(&output, "proxy", "warn", "proxy_url");
}

#[test]
fn each_setting_is_told_once() {
    let output = Machine::new().run("doctor --json");
    let mut names: Vec<String> = output.of_type("setting").iter().map(|line| line["setting"].to_string()).collect();
    let told = names.len();
    names.sort();
    names.dedup();
    assert!(told > 10 && names.len() == told, "{}", output.stdout);
}
