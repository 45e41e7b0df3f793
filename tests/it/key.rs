//! The Clerk secret key and the other settings: where they come from, and what is said when they are wrong.

use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox};

const REGISTER: &str = "register https://owl.example --no-env";

#[test]
fn no_key_and_nobody_to_ask() {
    let output = Machine::new().run(REGISTER);
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 3
--- stderr
  ✗ endpoint  no Clerk secret key
              looked in `CLERK_SECRET_KEY`, `.env.local`, `.env.development.local`, `.env.development`, `.env`
              CH0101

  → copy it from the Clerk dashboard (Configure, API keys) and set `CLERK_SECRET_KEY=sk_test_…` in `.env.local`; without an account, try `clerkhook up --sandbox --serve`

"#]]
    );
}

#[test]
fn each_wrong_key_is_told_apart_and_not_shown() {
    let in_file = "`CLERK_SECRET_KEY` in `.env.local`";
    for (value, code, words) in [
        ("", "CH0102", "is malformed: it is empty"),
        ("pk_test_hidehidehidehide", "CH0103", "is a publishable key (`pk_…`), not a secret key (`sk_…`)"),
        ("whsec_hidehidehidehide", "CH0102", "is malformed: a secret key begins with `sk_test_` or `sk_live_`"),
        ("sk_test_", "CH0102", "is malformed: nothing follows its prefix"),
        ("sk_test_hidehidehide-hide", "CH0102", "is malformed: only letters and digits follow the prefix"),
        (r#""sk_test_hidehide\nhidehide""#, "CH0102", "there is white space inside; was it pasted over two lines?"),
    ] {
        let machine = Machine::new().file(".env.local", &format!("CLERK_SECRET_KEY={value}\n"));
        let output = machine.run(&format!("{REGISTER} --json")).expect_code(3);
        let error = output.error();
        let message = error["message"].as_str().expect("a message");
        assert_eq!(error["code"], code, "{error}");
        assert!(message.contains(in_file) && message.contains(words), "{error}");
        assert!(!output.stderr.contains("hidehide"), "{error}");
    }
}

#[test]
fn quotes_and_newlines_around_a_key_are_forgiven() {
    let sandbox = Sandbox::start("");
    let key = sandbox.text("clerk_secret_key");
    for around in [format!("\"{key}\""), format!("'{key}'"), format!("  {key}\r\n"), format!("\"{key}\n\"")] {
        let machine = Machine::with(&sandbox).secret("CLERK_SECRET_KEY", &around);
        machine.run(REGISTER).expect_code(0);
    }
    let quoted = format!("CLERK_SECRET_KEY=\"{key}\"\n");
    Machine::with(&sandbox).set("CLERK_SECRET_KEY", "").file(".env.local", &quoted).run(REGISTER).expect_code(0);
}

#[test]
fn a_production_key_changes_nothing_by_accident() {
    let machine = live();
    assert_data_eq!(
        machine.run(REGISTER).snapshot(),
        str![[r#"
exit 3
--- stderr
  ✗ endpoint  the Clerk key from environment variable `CLERK_SECRET_KEY` belongs to a production instance (`sk_live_…`)
              CH0104

  → use the key of a development instance, or add `--live` to change production

"#]]
    );
    assert_data_eq!(
        machine.run(&format!("{REGISTER} --live")).snapshot(),
        str![[r#"
exit 3
--- stderr
  ✗ endpoint  `This key changes a production instance. Go on?` needs an answer, and nobody can be asked
              CH0107

  → answer beforehand with `--yes`

"#]]
    );
    let up = machine.run("up --serve --once --no-env --json").expect_code(3);
    assert_eq!(up.error()["code"], "CH0104");
    let send = machine.run("send-test --json").expect_code(3);
    assert_eq!(send.error()["code"], "CH0104");
}

#[test]
fn a_production_key_goes_on_when_it_is_meant_or_only_looks() {
    let machine = live();
    for line in [&format!("{REGISTER} --live --yes --json"), &format!("{REGISTER} --dry-run --json")] {
        // The sandbox knows only its own key, so this is as far as it goes.
        let output = machine.run(line).expect_code(4);
        assert_eq!(output.error()["code"], "CH0401", "{line}");
    }
}

/// A machine with a production key that Clerk does not know.
fn live() -> Machine {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).secret("CLERK_SECRET_KEY", "sk_live_abcdefghijklmnop");
    machine.keep(sandbox)
}

#[test]
fn a_key_file_is_read_or_named() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).set("CLERK_SECRET_KEY", "sk_test_wrong");
    let machine = machine.file("key", &format!("{}\n", sandbox.text("clerk_secret_key")));
    machine.run(&format!("{REGISTER} --clerk-secret-key-file key")).expect_code(0);
    assert_data_eq!(
        machine.run(&format!("{REGISTER} --clerk-secret-key-file absent")).snapshot(),
        str![[r#"
exit 3
--- stderr
error: cannot read `absent` CH0004
  No such file or directory (os error 2)

  → check the path and its permissions

"#]]
    );
    let directory = machine.run(&format!("{REGISTER} --clerk-secret-key-file . --json")).expect_code(3);
    assert_eq!(directory.error()["cause"], "it is a directory");
}

#[test]
fn the_strongest_door_gives_the_key() {
    // The key is malformed everywhere, so nobody is asked about it.
    let key = |door: &str| format!("sk_test_hidehidehidehide-{door}");
    let sources = [
        ("flag", "flag `--clerk-secret-key-file`"),
        ("vari", "environment variable `CLERK_SECRET_KEY`"),
        ("loca", "`CLERK_SECRET_KEY` in `.env.local`"),
        ("devl", "`CLERK_SECRET_KEY` in `.env.development.local`"),
        ("deve", "`CLERK_SECRET_KEY` in `.env.development`"),
        ("envf", "`CLERK_SECRET_KEY` in `.env`"),
    ];
    for (first, (tail, source)) in sources.iter().enumerate() {
        let mut machine = Machine::new().file("key", &key("flag"));
        let mut line = "doctor --json".to_owned();
        for door in &sources[first..] {
            let assignment = format!("CLERK_SECRET_KEY={}\n", key(door.0));
            match door.0 {
                "flag" => line.push_str(" --clerk-secret-key-file key"),
                "vari" => machine = machine.secret("CLERK_SECRET_KEY", &key("vari")),
                "loca" => machine = machine.file(".env.local", &assignment),
                "devl" => machine = machine.file(".env.development.local", &assignment),
                "deve" => machine = machine.file(".env.development", &assignment),
                _ => machine = machine.file(".env", &assignment),
            }
        }
        let output = machine.run(&line).expect_code(7);
        let shown = setting(&output, "Clerk key");
        assert_eq!((&shown["value"], &shown["source"]), (&format!("sk_test_…{tail}").into(), &(*source).into()));
        assert!(!output.stdout.contains("hidehide") && !output.stderr.contains("hidehide"), "{output:?}");
    }
}

#[test]
fn the_strongest_door_gives_an_address() {
    let sources = [
        ("flag", "flag `--clerk-api-url`"),
        ("environment", "environment variable `CLERK_API_URL`"),
        (".env.local", "`CLERK_API_URL` in `.env.local`"),
        (".env", "`CLERK_API_URL` in `.env`"),
        ("profile", "profile `default` in `"),
        ("default", "default"),
    ];
    for (first, (door, source)) in sources.iter().enumerate() {
        let mut machine = Machine::new();
        let mut line = "doctor --json".to_owned();
        for (door, _) in &sources[first..] {
            let address = format!("http://127.0.0.1:1/{door}");
            match *door {
                "flag" => line.push_str(&format!(" --clerk-api-url {address}")),
                "environment" => machine = machine.set("CLERK_API_URL", &address),
                "profile" => machine = machine.config(&format!("[profile.default]\nclerk_api_url = \"{address}\"\n")),
                "default" => {}
                file => machine = machine.file(file, &format!("CLERK_API_URL={address}\n")),
            }
        }
        let shown = setting(&machine.run(&line).expect_code(7), "Clerk API");
        let (value, from) = (shown["value"].as_str().expect("a value"), shown["source"].as_str().expect("a source"));
        assert!(from.starts_with(source), "{shown}");
        assert!(value.ends_with(if *door == "default" { "https://api.clerk.com/" } else { door }), "{shown}");
    }
}

#[test]
fn an_address_that_is_none_is_named_but_a_key_in_its_place_is_not_shown() {
    let key = "sk_test_abcdefghijklmnop";
    assert_data_eq!(
        Machine::new().set("CLERK_API_URL", "localhost").run(REGISTER).snapshot(),
        str![[r#"
exit 3
--- stderr
error: `localhost` from environment variable `CLERK_API_URL` is no address CH0105
  relative URL without a base

  → correct it where it was set, or remove it to use the default

"#]]
    );
    let mut machine = Machine::new().secret("CLERK_API_URL", key);
    machine.hide(key);
    machine.run(REGISTER).expect_code(3);
    for line in [format!("{REGISTER} --clerk-api-url {key}"), format!("register {key}"), "send-test ?".to_owned()] {
        machine.run(&line).expect_code(2);
    }
    let flag = Machine::new().run(&format!("{REGISTER} --svix-server-url ftp://svix.example --json")).expect_code(2);
    let message = flag.error()["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.ends_with("it begins with neither http:// nor https://"), "{message}");
}

fn setting(output: &Output, name: &str) -> Value {
    let all = output.of_type("setting");
    all.into_iter().find(|line| line["setting"] == name).expect("the setting is shown")
}
