//! Another endpoint with the same URL: it gets the same message with another signature, and is named with its fix.

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox};
use crate::wire::create_user;

/// A set-up that runs, and the id of its twin.
fn twins() -> (Machine, Running, String) {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let ready = up.wait_for_type("ready");
    let url = ready["webhook_url"].as_str().expect("a URL");
    let twin = Account::at(machine.sandbox()).add_endpoint(url);
    (machine, up, twin)
}

/// The fix that names the twin; it can be typed.
fn fix(twin: &str) -> String {
    format!("clerkhook register --adopt {twin}")
}

#[test]
fn both_get_the_message_each_with_its_own_signature() {
    let (machine, mut up, _) = twins();
    create_user(&machine.sandbox().addresses, "ada");
    let both = [up.wait_for_type("delivery"), up.wait_for_type("delivery")];
    assert_eq!(both[0]["message_id"], both[1]["message_id"]);
    let mut verdicts = both.map(|delivery| delivery["signature"].as_str().unwrap_or_default().to_owned());
    verdicts.sort();
    assert_eq!(verdicts, ["invalid", "valid"]);
}

#[test]
fn a_cycle_beside_a_twin_holds_each_time() {
    let (machine, _up, twin) = twins();
    for _ in 0..7 {
        let output = machine.run("user cycle --json").expect_code(0);
        for proof in output.of_type("proof") {
            assert_eq!(proof["hops"].as_array().map(Vec::len), Some(6), "{proof}");
        }
        assert!(output.stderr.contains(&fix(&twin)), "{}", output.stderr);
    }
}

#[test]
fn whoever_looks_names_the_twin_and_its_fix() {
    let (machine, _up, twin) = twins();
    for (line, code) in [("send-test", 0), ("doctor --json", 0), ("status --remote --json", 0)] {
        let output = machine.run(line);
        let said = format!("{}{}", output.stdout, output.stderr);
        assert!(said.contains(&fix(&twin)), "{line}: {said}");
        assert!(line.starts_with("doctor") || output.code == Some(code), "{line}: {said}");
    }
    // The fix is typed: one endpoint is left, and it works.
    machine.run(&format!("register --no-env --adopt {twin}")).expect_code(0);
    let after = machine.run("send-test").expect_code(0);
    assert!(!after.stderr.contains("--adopt"), "{}", after.stderr);
}

#[test]
fn after_the_fix_up_knows_the_adopted_one_s_secret() {
    let (machine, mut up, twin) = twins();
    machine.run(&format!("register --no-env --adopt {twin}")).expect_code(0);
    create_user(&machine.sandbox().addresses, "ada");
    assert_eq!(up.wait_for_type("delivery")["signature"], "valid");
}

#[test]
fn a_proof_that_fails_beside_a_twin_names_it() {
    let sandbox = Sandbox::start("--fault delivery=forged");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let ready = up.wait_for_type("ready");
    let twin = Account::at(machine.sandbox()).add_endpoint(ready["webhook_url"].as_str().expect("a URL"));
    let error = machine.run("send-test --json").expect_code(6).error();
    assert_eq!(error["code"], "CH0806");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.contains(&fix(&twin))), "{error}");
}

#[test]
fn a_disabled_one_and_another_path_are_no_twins() {
    let (machine, _up, twin) = twins();
    let account = Account::at(machine.sandbox());
    account.patch(&twin, serde_json::json!({"disabled": true}));
    let url = account.endpoint(&twin)["url"].as_str().expect("a URL").to_owned();
    account.add_endpoint(&format!("{url}elsewhere"));
    let output = machine.run("send-test").expect_code(0);
    assert!(!output.stderr.contains("--adopt"), "{}", output.stderr);
}
