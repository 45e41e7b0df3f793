//! A secret that was there before: that it is replaced is said in one line, and `--keep-old` keeps it as a comment.

use crate::account::Account;
use crate::fixture::{Machine, Sandbox};

const REGISTER: &str = "register https://owl.example";
const NAME: &str = "CLERK_WEBHOOK_SIGNING_SECRET";
const OLD: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUOLD0";

fn machine() -> Machine {
    let sandbox = Sandbox::start("");
    Machine::with(&sandbox).keep(sandbox)
}

fn secret(machine: &Machine) -> String {
    let account = Account::at(machine.sandbox());
    account.secret(account.list("endpoint")[0]["id"].as_str().expect("an id"))
}

fn mask(secret: &str) -> String {
    format!("whsec_…{}", &secret[secret.len() - 4..])
}

#[test]
fn what_is_replaced_is_said_with_both_masked() {
    let mut machine = machine().file(".env.local", &format!("A=1\n{NAME}={OLD} # mine\n"));
    machine.hide(OLD);
    let output = machine.run(REGISTER).expect_code(0);
    let new = secret(&machine);
    let words = format!("{NAME} in .env.local: {} replaced by {}; restart the app", mask(OLD), mask(&new));
    let said = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&words), "{words}\n{said}");
    assert_eq!(machine.read(".env.local"), format!("A=1\n{NAME}={new} # mine\n"));
}

#[test]
fn keep_old_keeps_it_as_a_comment_above() {
    let machine = machine().file(".env.local", &format!("A=1\r\n{NAME}='{OLD}'\r\nB=2\r\n"));
    machine.run(&format!("{REGISTER} --keep-old")).expect_code(0);
    let first = secret(&machine);
    assert_eq!(machine.read(".env.local"), format!("A=1\r\n# {NAME}={OLD}\r\n{NAME}='{first}'\r\nB=2\r\n"));
    // Nothing is replaced, so nothing is kept.
    machine.run(&format!("{REGISTER} --keep-old")).expect_code(0);
    machine.run("secret rotate --keep-old").expect_code(0);
    let second = secret(&machine);
    let both = format!("# {NAME}={OLD}\r\n# {NAME}={first}\r\n{NAME}='{second}'\r\n");
    assert_eq!(machine.read(".env.local"), format!("A=1\r\n{both}B=2\r\n"));
}

#[test]
fn an_exported_one_that_wins_over_the_file_is_said() {
    let machine = machine().secret(NAME, OLD);
    let output = machine.run(REGISTER).expect_code(0);
    let new = secret(&machine);
    let words = format!(
        "the environment exports {NAME} as {}, which wins over {} in .env.local: unset it where the app is started",
        mask(OLD),
        mask(&new)
    );
    let said = output.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains(&words), "{words}\n{said}");
    // The same one is no news.
    let same = Machine::with(machine.sandbox()).at_home_of(&machine).secret(NAME, &new);
    assert!(!same.run(REGISTER).expect_code(0).stderr.contains("exports"));
}
