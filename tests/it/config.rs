//! `config` and the profiles that it edits: what is set leads somewhere, what is wrong is told with its line.

use std::path::PathBuf;

use crate::fixture::{Machine, Sandbox, free_port, script};
use crate::stand::OK;
use crate::wire::RawApp;

fn file(machine: &Machine) -> PathBuf {
    machine.run("config path").expect_code(0).stdout.trim().into()
}

fn text(machine: &Machine) -> String {
    std::fs::read_to_string(file(machine)).unwrap_or_default()
}

#[test]
fn what_is_set_is_shown_and_comments_stay() {
    let machine = Machine::new().config("# mine\n[profile.default]\npath = '/old' # the route\n");
    machine.run("config set path /new").expect_code(0);
    let set = machine.run("config set --profile shop events user.*,session.created --json").expect_code(0);
    assert_eq!(set.of_type("setting")[0]["value"], "user.*,session.created");
    assert_eq!(
        text(&machine),
        "# mine\n[profile.default]\npath = \"/new\" # the route\n\n[profile.shop]\nevents = [\"user.*\", \"session.created\"]\n"
    );
    assert_eq!(machine.run("config get path").expect_code(0).stdout, "/new\n");
    let all = machine.run("config list --json").expect_code(0).of_type("setting");
    assert_eq!(all.iter().map(|line| line["setting"].as_str()).collect::<Vec<_>>(), [Some("path"), Some("events")]);
    assert_eq!(machine.run("config list --profile shop --json").expect_code(0).of_type("setting").len(), 1);
    let planned = machine.run("config unset path --dry-run --json").expect_code(0);
    assert!(planned.of_type("plan").len() == 1 && text(&machine).contains("/new"));
    machine.run("config unset path").expect_code(0);
    assert!(machine.run("config get path").expect_code(0).stdout.is_empty());
}

#[test]
fn a_profile_for_each_app_leads_somewhere() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let (app, other) = (RawApp::answering(OK), RawApp::answering(OK));
    for (profile, port) in [("shop", app.port), ("blog", other.port)] {
        machine.run(&format!("config set --profile {profile} app {port}")).expect_code(0);
    }
    machine.run("config set --profile shop path /hook").expect_code(0);
    machine.run("config set --profile shop events user.created").expect_code(0);
    let ids = [("shop", app.port), ("blog", other.port)].map(|(profile, port)| {
        let up = machine.run(&format!("up --profile {profile} --once --no-env --json")).expect_code(0);
        assert_eq!(up.of_type("tunnel")[0]["upstream"], format!("http://localhost:{port}"));
        let endpoint = up.of_type("endpoint").remove(0);
        let shop = profile == "shop";
        assert_eq!(endpoint["url"].as_str().is_some_and(|url| url.ends_with("/hook")), shop, "{endpoint}");
        assert_eq!(endpoint["events"].as_array().map(Vec::len), Some(if shop { 1 } else { 3 }), "{endpoint}");
        endpoint["endpoint_id"].clone()
    });
    assert_ne!(ids[0], ids[1]);
    let doctor = machine.run("doctor --profile shop --json");
    let settings = doctor.of_type("setting");
    let of = |name: &str| settings.iter().find(|line| line["setting"] == name).expect(name)["value"].clone();
    assert_eq!((of("app"), of("events")), (format!("http://localhost:{}", app.port).into(), "user.created".into()));
}

#[test]
fn what_was_typed_comes_before_the_profile_and_the_environment_too() {
    let ports = [(); 3].map(|()| free_port());
    let machine = Machine::new().config(&format!("[profile.default]\napp = \"{}\"\n", ports[0]));
    let planned = |machine: &Machine, line: &str| machine.run(line).expect_code(3).error()["message"].to_string();
    let at = |port: u16| format!("localhost:{port}");
    assert!(planned(&machine, "up --once --json --sandbox").contains(&at(ports[0])));
    assert!(planned(&machine, &format!("up {} --once --json --sandbox", ports[1])).contains(&at(ports[1])));
    let machine = machine.set("CLERKHOOK_APP", &ports[2].to_string());
    assert!(planned(&machine, "up --once --json --sandbox").contains(&at(ports[2])));
    let wrong = machine.without("CLERKHOOK_APP").set("CLERKHOOK_APP", "0").run("status --json").expect_code(3);
    assert!(wrong.error()["message"].as_str().is_some_and(|text| text.contains("`CLERKHOOK_APP`")));
}

/// Clerk refuses this key, so what is said tells which key was tried.
fn tried(machine: &Machine, profile: &str, exit: i32) -> crate::fixture::Output {
    machine.run(&format!("register https://owl.example --no-env --json --profile {profile}")).expect_code(exit)
}

#[test]
fn the_key_comes_from_where_the_profile_says() {
    let sandbox = Sandbox::start("");
    let key = sandbox.text("clerk_secret_key").to_owned();
    let machine = Machine::with(&sandbox).without("CLERK_SECRET_KEY").keep(sandbox).secret("SHOP_KEY", &key);
    let machine = machine.file("key.txt", &format!("{key}\n"));
    let project = machine.project();
    let printer = script(
        &project,
        "printer",
        &format!("#!/bin/sh\necho \"$1 $CLERK_SECRET_KEY\" >&2\ncat '{}/key.txt'\n", project.display()),
    );
    for words in [
        "key_env SHOP_KEY".to_owned(),
        "key_file key.txt".to_owned(),
        format!("key_command {} read", printer.display()),
    ] {
        machine.run(&format!("config set --profile shop {words}")).expect_code(0);
        tried(&machine, "shop", 0);
        assert_eq!(text(&machine).matches("key_").count(), 1, "{}", text(&machine));
    }
    // Only what asks Clerk looks.
    machine.run("config set --profile shop key_command false").expect_code(0);
    machine.run("status --profile shop").expect_code(0);
    let failed = tried(&machine, "shop", 3);
    assert_eq!((failed.error()["code"].as_str(), failed.error()["cause"].as_str()), (Some("CH0115"), Some("exit 1")));
    machine.run("config set --profile shop key_env NOT_SET").expect_code(0);
    let unset = tried(&machine, "shop", 3);
    assert!(
        unset.stderr.contains("`NOT_SET`, which is not set") && unset.error()["code"] == "CH0101",
        "{}",
        unset.stderr
    );
}

#[test]
fn a_profile_that_is_not_there_is_named_with_the_nearest() {
    let machine = Machine::new().config("[profile.shop]\napp = \"4000\"\n");
    let missing = machine.run("status --profile shpo --json").expect_code(3);
    assert_eq!((missing.error()["code"].as_str(), missing.error()["cause"].as_str()), (Some("CH0113"), Some("shop")));
    assert!(missing.error()["hint"].as_str().is_some_and(|hint| hint.contains("`--profile shop`")));
    let far = machine.run("status --profile other --json").expect_code(3);
    let hint = far.error()["hint"].as_str().expect("a hint").to_owned();
    let typed = hint.split('`').nth(1).and_then(|line| line.strip_prefix("clerkhook ")).expect("a command");
    machine.run(typed).expect_code(0);
    machine.run("status --profile other").expect_code(0);
}

#[test]
fn what_is_wrong_is_refused_and_told_with_its_line() {
    let machine = Machine::new();
    for (line, exit, code) in [
        ("config set app abc", 3, "CH0105"),
        ("config set key_file a b", 3, "CH0105"),
        ("config set key_file sk_test_hideHIDEhideHIDEhideHIDE", 3, "CH0105"),
        ("config set evnts user.*", 2, "CH0114"),
        ("config get colour", 2, "CH0114"),
    ] {
        let output = machine.run(&format!("{line} --json"));
        assert_eq!(output.error()["code"], code, "{line}");
        assert!(!output.stderr.contains("hideHIDEhide"), "{}", output.stderr);
        output.expect_code(exit);
    }
    assert!(!file(&machine).exists());
    let machine = machine.config("[profile.default]\n\napp = \"abc\"\n");
    let wrong = machine.run("status --json").expect_code(3);
    assert!(wrong.error()["cause"].as_str().is_some_and(|cause| cause.starts_with("line 3, column 7: `app`")));
    machine.run("config set app 4000").expect_code(0);
    machine.run("status").expect_code(0);
    let machine = machine.config("[profile.default\n");
    let broken = machine.run("config set app 4000 --json").expect_code(3);
    assert!(broken.error()["cause"].as_str().is_some_and(|cause| cause.starts_with("line 1")));
    assert_eq!(text(&machine), "[profile.default\n");
}
