//! No secret shows: known ones are planted everywhere, and everything that is said is searched for them.

use std::fs;

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox};
use crate::wire::RawApp;

const AUTHTOKEN: &str = "2hideHIDEhideHIDEhideHIDEhid_5hideHIDEhideHIDEhide";

/// A machine on which no output may show the key, the signing secret in its env file or the authtoken.
fn planted(sandbox: Sandbox) -> Machine {
    let secret = format!("whsec_{}", "aGlkZUhJREVoaWRlSElERWhpZGVISURF");
    let mut machine = Machine::with(&sandbox)
        .file(".env.local", &format!("CLERK_WEBHOOK_SIGNING_SECRET={secret}\nOTHER=hide-me-as-well\n"));
    let config = fs::read_to_string(sandbox.text("ngrok_config")).expect("the agent's config");
    let token = config.lines().find_map(|line| line.trim().strip_prefix("authtoken:")).expect("an authtoken").trim();
    for hidden in [&secret["whsec_".len()..], token.trim_matches('"'), "hide-me-as-well"] {
        machine.hide(hidden);
    }
    machine.keep(sandbox)
}

/// Runs it in each way of speaking; the fixture searches what it says.
fn say_all(machine: &Machine, line: &str) {
    for how in ["", "-q", "-vv", "--json", "--json -vv"] {
        machine.run(&format!("{line} {how}"));
    }
}

#[test]
fn every_command_on_a_good_day() {
    let mut machine = planted(Sandbox::start(""));
    let mut up = machine.start("up --serve --json -vv --no-env");
    up.wait_for_type("ready");
    let account = Account::at(machine.sandbox());
    let id = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
    machine.hide(account.secret(&id).trim_start_matches("whsec_"));
    for line in [
        "send-test",
        "send-test --dry-run",
        "status --remote",
        "doctor",
        "register --no-env",
        "register --dry-run",
        "register --env-file .env.other",
        "up --serve --once --no-env",
        "up --dry-run",
        "tunnel --dry-run",
    ] {
        say_all(&machine, line);
    }
    up.signal("INT");
    up.finish().expect_code(0);
}

#[test]
fn every_way_to_fail() {
    for fault in ["clerk=401", "clerk=html", "clerk=portal_used", "clerk=portal_garbage", "svix=html@/secret"] {
        let machine = planted(Sandbox::start(&format!("--fault {fault}")));
        say_all(&machine, "register https://owl.example --no-env");
        say_all(&machine, "doctor");
    }
}

#[test]
fn a_service_that_repeats_the_key() {
    const KEY: &str = "sk_test_hideHIDEhideHIDEhideHIDE";
    for answer in [
        "HTTP/1.1 400 x\r\nconnection: close\r\n\r\n{\"errors\":[{\"code\":\"odd\",\"long_message\":\"what is \
         sk_test_hideHIDEhideHIDEhideHIDE?\"}],\"clerk_trace_id\":\"t\"}",
        "HTTP/1.1 400 x\r\nconnection: close\r\n\r\n<p>Authorization: Bearer sk_test_hideHIDEhideHIDEhideHIDE</p>",
        "HTTP/1.1 200 x\r\nconnection: close\r\n\r\n{\"svix_url\": [\"sk_test_hideHIDEhideHIDEhideHIDE\"]}",
    ] {
        let clerk = RawApp::answering(answer);
        let machine = Machine::new()
            .secret("CLERK_SECRET_KEY", KEY)
            .set("CLERK_API_URL", &format!("http://127.0.0.1:{}", clerk.port));
        let output = machine.run("register https://owl.example --no-env").expect_code(4);
        assert!(output.stderr.contains("sk_test_…HIDE"), "{}", output.stderr);
        say_all(&machine, "register https://owl.example --no-env");
        say_all(&machine, "doctor");
    }
}

#[test]
fn an_authtoken_that_ngrok_repeats() {
    let sandbox = Sandbox::start("");
    let config = fs::read_to_string(sandbox.text("ngrok_config")).expect("the agent's config");
    let lines = config.lines().map(|line| {
        let indent = line.len() - line.trim_start().len();
        if line.trim_start().starts_with("authtoken:") {
            format!("{}authtoken: {AUTHTOKEN}", &line[..indent])
        } else {
            line.to_owned()
        }
    });
    fs::write(sandbox.text("ngrok_config"), lines.collect::<Vec<_>>().join("\n")).expect("written");
    let mut machine = Machine::with(&sandbox);
    machine.hide(AUTHTOKEN);
    let machine = machine.secret("UNUSED", AUTHTOKEN);
    let output = machine.run("up --serve --once --no-env --json").expect_code(5);
    assert!(output.stderr.contains("ERR_NGROK_"), "{}", output.stderr);
    say_all(&machine, "up --serve --once --no-env");
    say_all(&machine, "tunnel");
    let given = machine.set("NGROK_AUTHTOKEN", AUTHTOKEN);
    say_all(&given, "tunnel");
}

#[test]
fn no_process_has_a_secret_in_its_arguments() {
    let machine = planted(Sandbox::start(""));
    let token = authtoken(machine.sandbox());
    let machine = machine.secret("NGROK_AUTHTOKEN", &token);
    let mut up = machine.start("up --serve --json --no-env");
    let agent = up.wait_for_type("tunnel")["agent_pid"].as_u64().expect("a process");
    up.wait_for_type("ready");
    for process in [agent, u64::from(up.child.id())] {
        let arguments = fs::read(format!("/proc/{process}/cmdline")).expect("it runs");
        let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
        assert!(arguments.contains("http") || arguments.contains("up"), "{arguments}");
        machine.assert_hidden(&arguments);
    }
    end(up);
}

fn authtoken(sandbox: &Sandbox) -> String {
    let config = fs::read_to_string(sandbox.text("ngrok_config")).expect("the agent's config");
    let token = config.lines().find_map(|line| line.trim().strip_prefix("authtoken:")).expect("an authtoken");
    token.trim().trim_matches('"').to_owned()
}

fn end(up: Running) {
    up.signal("INT");
    up.finish().expect_code(0);
}
