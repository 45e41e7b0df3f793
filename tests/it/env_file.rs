//! The env file: only the one line changes, and it says where it went.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Output, Sandbox, script};

const REGISTER: &str = "register https://owl.example";
const NAME: &str = "CLERK_WEBHOOK_SIGNING_SECRET";

fn machine() -> Machine {
    let sandbox = Sandbox::start("");
    Machine::with(&sandbox).keep(sandbox)
}

/// The endpoint's secret, as Svix knows it.
fn secret(machine: &Machine) -> String {
    let account = Account::at(machine.sandbox());
    let endpoints = account.list("endpoint");
    account.secret(endpoints[0]["id"].as_str().expect("an id"))
}

/// What the secret's step said.
fn said(output: &Output) -> String {
    let steps = output.of_type("step");
    let last = steps.iter().rfind(|step| step["step"] == "secret").expect("the step");
    format!("{} {}", last["status"].as_str().unwrap_or_default(), last["detail"].as_str().unwrap_or_default())
}

fn names(machine: &Machine) -> Vec<String> {
    let entries = fs::read_dir(machine.project()).expect("listed");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn git(machine: &Machine) {
    let status = Command::new("git").args(["init", "-q"]).current_dir(machine.project()).status();
    assert!(status.expect("git runs").success());
}

#[test]
fn a_missing_file_is_made_for_its_owner_alone() {
    let machine = machine();
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 0
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  ✓ secret    CLERK_WEBHOOK_SIGNING_SECRET written to .env.local; restart the app to load it

"#]]
    );
    let file = machine.project().join(".env.local");
    assert_eq!(machine.read(".env.local"), format!("{NAME}={}\n", secret(&machine)));
    assert_eq!(fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&machine), [".env.local"]);
}

#[test]
fn a_second_run_leaves_the_file_byte_for_byte() {
    let machine = machine().file(".env.local", "# mine\nA=1\n");
    machine.run(REGISTER).expect_code(0);
    let file = machine.project().join(".env.local");
    let before = (machine.read(".env.local"), fs::metadata(&file).and_then(|file| file.modified()).expect("a time"));
    let output = machine.run(&format!("{REGISTER} --json")).expect_code(0);
    assert_eq!(said(&output), format!("ok {NAME} in .env.local is right"));
    let after = (machine.read(".env.local"), fs::metadata(&file).and_then(|file| file.modified()).expect("a time"));
    assert_eq!(before, after);
}

#[test]
fn line_ends_comments_and_order_stay() {
    for (before, after) in [
        ("A=1\r\n# end\r\n", "A=1\r\n# end\r\nNAME=SECRET\r\n"),
        ("A=1", "A=1\nNAME=SECRET"),
        ("NAME=old # from Clerk\nB=2\n", "NAME=SECRET # from Clerk\nB=2\n"),
        ("A=1\nCLERK_WEBHOOK_SECRET='old'\n", "A=1\nCLERK_WEBHOOK_SECRET='SECRET'\n"),
    ] {
        let machine = machine().file(".env.local", &before.replace("NAME", NAME));
        machine.run(REGISTER).expect_code(0);
        let expected = after.replace("NAME", NAME).replace("SECRET'", &format!("{}'", secret(&machine)));
        let expected = expected.replace("=SECRET", &format!("={}", secret(&machine)));
        assert_eq!(machine.read(".env.local"), expected);
    }
}

#[test]
fn a_variable_that_stands_twice_is_left_to_the_person() {
    let text = format!("{NAME}=whsec_one\n{NAME}=whsec_two\n");
    let machine = machine().file(".env.local", &text);
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 3
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  ✗ secret    `CLERK_WEBHOOK_SIGNING_SECRET` stands 2 times in `[PROJECT]/.env.local`
              CH0703

  → keep one of the lines, or choose another file with `--env-file FILE`

"#]]
    );
    assert_eq!(machine.read(".env.local"), text);
    // Both ways on that the hint names.
    machine.run(&format!("{REGISTER} --env-file .env.other")).expect_code(0);
    let machine = machine.file(".env.local", &format!("{NAME}=whsec_one\n"));
    machine.run(REGISTER).expect_code(0);
}

#[test]
fn a_read_only_file_stays_as_it_is() {
    let machine = machine().file(".env.local", "A=1\n");
    let file = machine.project().join(".env.local");
    fs::set_permissions(&file, Permissions::from_mode(0o444)).expect("a mode");
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 3
--- stdout
ep_[ID] created https://owl.example/api/webhooks
--- stderr
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  ✗ secret    cannot write the env file `[PROJECT]/.env.local`
              it is read-only
              CH0702

  → mend its permissions, choose another with `--env-file FILE`, or leave it alone with `--no-env`

"#]]
    );
    assert_eq!((machine.read(".env.local").as_str(), names(&machine)), ("A=1\n", vec![".env.local".to_owned()]));
    machine.run(&format!("{REGISTER} --no-env")).expect_code(0);
}

#[test]
fn up_with_a_file_that_cannot_be_written_takes_everything_down() {
    let machine = machine().file(".env.local", "A=1\n");
    fs::set_permissions(machine.project().join(".env.local"), Permissions::from_mode(0o444)).expect("a mode");
    let output = machine.run("up --serve --once --json").expect_code(3);
    assert_eq!(output.error()["code"], "CH0702");
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
}

#[test]
fn a_link_stays_a_link() {
    let machine = machine().file("shared", "A=1\n");
    let link = machine.project().join(".env.local");
    symlink("shared", &link).expect("a link");
    machine.run(REGISTER).expect_code(0);
    assert_eq!(fs::read_link(&link).expect("a link"), PathBuf::from("shared"));
    assert_eq!(machine.read("shared"), format!("A=1\n{NAME}={}\n", secret(&machine)));
}

#[test]
fn git_is_asked_whether_it_ignores_the_file() {
    let machine = machine();
    git(&machine);
    let open = machine.run(&format!("{REGISTER} --json")).expect_code(0);
    let words = format!("{NAME} written to .env.local (NOT git-ignored: add it to `.gitignore`)");
    assert_eq!(said(&open), format!("warn {words}; restart the app to load it"));
    let machine = machine.file(".gitignore", ".env*.local\n");
    let ignored = machine.run(&format!("{REGISTER} --json")).expect_code(0);
    assert_eq!(said(&ignored), format!("ok {NAME} in .env.local (git-ignored) is right"));
}

#[test]
fn a_git_that_cannot_say_is_passed_over() {
    let machine = machine();
    script(&machine.project(), "git", "#!/bin/sh\necho fatal: no repository >&2\nexit 128\n");
    let path = machine.project().display().to_string();
    let machine = machine.set("PATH", &path);
    let output = machine.run(&format!("{REGISTER} --json")).expect_code(0);
    assert_eq!(said(&output), format!("ok {NAME} written to .env.local; restart the app to load it"));
    assert!(!output.stderr.contains("fatal"), "{}", output.stderr);
}

#[test]
fn the_file_is_the_person_s_choice() {
    let machine = machine();
    let none = machine.run(&format!("{REGISTER} --no-env --json")).expect_code(0);
    assert_eq!((said(&none).as_str(), names(&machine).len()), ("skip known; no env file written (`--no-env`)", 0));
    fs::create_dir(machine.project().join("web")).expect("a directory");
    let other = machine.run(&format!("{REGISTER} --env-file web/.env --json")).expect_code(0);
    assert_eq!(said(&other), format!("ok {NAME} written to web/.env; restart the app to load it"));
    assert_eq!(machine.read("web/.env"), format!("{NAME}={}\n", secret(&machine)));
    machine.run(&format!("{REGISTER} --env-file web/.env --no-env")).expect_code(2);
    let nowhere = machine.run(&format!("{REGISTER} --env-file absent/.env --json")).expect_code(3);
    assert_eq!(nowhere.error()["code"], "CH0702");
}

#[test]
fn the_project_decides_name_and_file() {
    let nuxt = machine().file("package.json", r#"{"devDependencies": {"nuxt": "4.2.0"}}"#);
    nuxt.run(REGISTER).expect_code(0);
    assert_eq!(nuxt.read(".env"), format!("NUXT_{NAME}={}\n", secret(&nuxt)));
    let keyed = machine().file(".env.development", "VITE_CLERK_PUBLISHABLE_KEY=pk_test_x\n").file(".env", "PORT=1\n");
    keyed.run(REGISTER).expect_code(0);
    assert!(keyed.read(".env.development").ends_with(&format!("{NAME}={}\n", secret(&keyed))));
    assert_eq!(keyed.read(".env"), "PORT=1\n");
}

#[test]
fn up_writes_it_too_and_serve_verifies_with_it() {
    let machine = machine();
    machine.run("up --serve --once").expect_code(0);
    assert_eq!(machine.read(".env.local"), format!("{NAME}={}\n", secret(&machine)));
    let mut app = machine.start("serve --port 0 --json");
    assert_eq!(app.wait_for_type("serving")["verifying"], true);
}
