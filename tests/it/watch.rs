//! `watch`: the health of every endpoint of the instance, read only unless it is told otherwise.

use serde_json::{Value, json};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox, free_port, until};
use crate::stand::OK;
use crate::wire::RawApp;

const BROKEN: &str = "HTTP/1.1 500 Internal Server Error\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";

/// An instance whose endpoint leads to this app.
fn instance(app: &RawApp) -> (Machine, Account, String) {
    let sandbox = Sandbox::start("");
    let account = Account::at(&sandbox);
    let endpoint = account.add_endpoint(&format!("http://127.0.0.1:{}/api/webhooks", app.port));
    (Machine::with(&sandbox).keep(sandbox), account, endpoint)
}

fn health(machine: &Machine, line: &str, code: i32) -> Value {
    let output = machine.run(&format!("watch {line} --once --json")).expect_code(code);
    output.of_type("health").remove(0)
}

fn troubles(health: &Value) -> String {
    health["troubles"].to_string()
}

#[test]
fn an_endpoint_that_fares_well_and_one_that_does_not() {
    let app = RawApp::deciding(|request| if request.contains("zoe@") { BROKEN } else { OK }.to_owned());
    let (machine, account, endpoint) = instance(&app);
    let attempts = || account.list(&format!("attempt/endpoint/{endpoint}")).len();
    account.add_person("ada@example.com");
    until("it came", || attempts() == 1);
    let well = health(&machine, "", 0);
    assert_eq!((&well["status"], &well["delivered"], &well["failed"]), (&"ok".into(), &1.into(), &0.into()), "{well}");
    assert_eq!((&well["place"], &well["error_rate"]), (&"local".into(), &0.0.into()));
    assert!(well["last_success"].is_string() && well["failing_since"].is_null(), "{well}");
    account.add_person("zoe@example.com");
    until("it failed", || attempts() == 2);
    let failing = health(&machine, "", 0);
    assert_eq!((&failing["status"], &failing["status_code"]), (&"warn".into(), &500.into()), "{failing}");
    assert!(failing["disabled_at"].is_string() && failing["remarks"].to_string().contains("failing"), "{failing}");
    account.add_person("bob@example.com");
    until("it came", || attempts() == 3);
    let errors = health(&machine, "--max-errors 5%", 7);
    assert!(troubles(&errors).contains("errors: 1 of 3 messages failed"), "{errors}");
    assert_eq!(health(&machine, "--max-errors 50", 0)["status"], "ok");
    let told = machine.run("watch --once").expect_code(7);
    assert!(told.stdout.contains(&endpoint) && told.stderr.contains("CH0909"), "{}{}", told.stdout, told.stderr);
    assert_eq!(machine.run("watch ep_gone --once --json").expect_code(4).error()["code"], "CH0606");
}

#[test]
fn a_dead_host_a_relay_and_a_disabled_one_are_told() {
    let app = RawApp::answering(OK);
    let (machine, account, endpoint) = instance(&app);
    let dead = account.add_endpoint(&format!("http://127.0.0.1:{}/", free_port()));
    let found = health(&machine, &dead, 7);
    assert_eq!((&found["place"], &found["status"]), (&"dead".into(), &"fail".into()), "{found}");
    let relay = account.add_endpoint("https://play.svix.com/in/e_abc/");
    assert_eq!(health(&machine, &relay, 0)["place"], "relay");
    account.patch(&endpoint, json!({ "disabled": true }));
    let disabled = health(&machine, &endpoint, 7);
    assert!(troubles(&disabled).contains("disabled: "), "{disabled}");
    let line = format!("watch {endpoint} --once --enable");
    assert!(machine.run(&format!("{line} --dry-run")).expect_code(7).stdout.contains("enable it again"));
    assert_eq!(machine.run(&format!("{line} --json")).expect_code(3).error()["code"], "CH0107");
    assert_eq!(account.endpoint(&endpoint)["disabled"], true, "nobody agreed");
    machine.run(&format!("{line} --yes")).expect_code(0);
    assert_eq!(account.endpoint(&endpoint)["disabled"], false);
    machine.run("watch --enable").expect_code(2);
}

#[test]
fn a_production_key_may_look_and_change_nothing_without_live() {
    let app = RawApp::answering(OK);
    let (machine, _account, endpoint) = instance(&app);
    let machine = machine.without("CLERK_SECRET_KEY").secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
    // The sandbox knows another key; what matters is that it was asked.
    assert_eq!(machine.run("watch --once --json").expect_code(4).error()["code"], "CH0401");
    let line = format!("watch {endpoint} --once --enable --yes --json");
    assert_eq!(machine.run(&line).expect_code(3).error()["code"], "CH0104");
}

#[test]
fn a_command_is_run_once_for_each_trouble() {
    let app = RawApp::answering(OK);
    let (machine, account, endpoint) = instance(&app);
    account.patch(&endpoint, json!({ "disabled": true }));
    let write = "echo \"$CLERKHOOK_ENDPOINT $CLERKHOOK_TROUBLE\" >> troubles";
    let mut watching = machine.start_args(&["watch", "--every", "50ms", "--on-trouble", write, "--json"]);
    for _ in 0..3 {
        assert_eq!(watching.wait_for_type("health")["status"], "fail");
    }
    account.patch(&endpoint, json!({ "disabled": false }));
    watching.wait_for("it is well", |line| line.contains("\"status\":\"ok\""));
    account.patch(&endpoint, json!({ "disabled": true }));
    watching.wait_for("it is not", |line| line.contains("\"status\":\"fail\""));
    until("it was told", || machine.read("troubles").lines().count() == 2);
    watching.signal("INT");
    watching.finish().expect_code(7);
    let told = machine.read("troubles");
    assert!(told.lines().count() == 2 && told.starts_with(&format!("{endpoint} disabled: ")), "{told}");
}

#[test]
fn a_key_that_may_not_read_is_told_so() {
    let sandbox = Sandbox::start("--fault svix=403@/stats");
    let account = Account::at(&sandbox);
    account.add_endpoint("http://127.0.0.1:1/");
    assert_eq!(Machine::with(&sandbox).run("watch --once --json").expect_code(4).error()["code"], "CH0502");
}
