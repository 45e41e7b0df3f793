//! No secret shows: known ones are planted everywhere, and everything that is said is searched for them.

use std::fs;

use crate::account::Account;
use crate::fixture::{Machine, Output, Running, Sandbox};
use crate::serve::listening_port;
use crate::wire::{RawApp, post};

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

/// How a command can be told to speak.
const WAYS: [&str; 5] = ["", "-q", "-vv", "--json", "--json -vv"];

/// What a command line ends with: 0, or the exit code and code of the error that was planted.
type Ending = Option<(i32, &'static str)>;

const GOOD: Ending = None;

/// Runs it in each way of speaking; the fixture searches what it says. Gives all of it.
#[track_caller]
fn say_all(machine: &Machine, line: &str, ending: Ending) -> String {
    WAYS.map(|how| said(line, how, machine.run(&format!("{line} {how}")), ending)).concat()
}

/// A command that failed for another reason would have said little that could be searched.
#[track_caller]
fn said(line: &str, how: &str, output: Output, ending: Ending) -> String {
    let said = format!("{}{}", output.stdout, output.stderr);
    let (exit, error) = ending.unwrap_or((0, ""));
    assert_eq!(output.code, Some(exit), "{line} {how}:\n{said}");
    assert!(said.contains(error), "{line} {how}: no {error} in\n{said}");
    assert!(ending.is_some() || !output.stderr.contains("\"type\":\"error\""), "{line} {how}:\n{said}");
    said
}

/// Runs a command that stays in each way of speaking, until `ready` holds of its process, and ends it.
fn stay_all(machine: &Machine, line: &str, ready: impl Fn(&mut Running)) {
    for how in WAYS {
        let mut running = machine.start(&format!("{line} {how}"));
        ready(&mut running);
        running.signal("INT");
        said(line, how, running.finish(), GOOD);
    }
}

/// Every subcommand, and those of its own, as `--help` lists them.
fn subcommands() -> Vec<String> {
    let listed = |command: &str| {
        let help = Machine::new().run(&format!("{command} --help")).expect_code(0).stdout;
        let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned));
        names.filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let own = |command: String| match listed(&command) {
        own if own.is_empty() => vec![command],
        own => own.iter().map(|name| format!("{command} {name}")).collect(),
    };
    listed("").into_iter().flat_map(own).collect()
}

/// Those that end by themselves, for a set-up that runs with the built-in app. The project's secret is not the
/// endpoint's, which `doctor` finds; the app answers 200 to what is forged, which `check` finds.
const ENDING: [(&str, Ending); 69] = [
    // It leaves the endpoint disabled, which `register` mends.
    ("up --serve --once --no-env", GOOD),
    ("register --no-env", GOOD),
    ("send-test", GOOD),
    ("send-test --dry-run", GOOD),
    ("status --remote", GOOD),
    ("doctor", Some((7, "CH0901"))),
    ("register --dry-run", GOOD),
    ("register --env-file .env.other", GOOD),
    ("up --dry-run", GOOD),
    ("tunnel --dry-run", GOOD),
    ("replay", GOOD),
    ("replay last", GOOD),
    ("replay last --set data.first_name=Ada", GOOD),
    ("replay whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((6, "CH0807"))),
    ("trigger user.created", GOOD),
    ("trigger user.created --print", GOOD),
    ("trigger user.created --print=json", GOOD),
    ("trigger --list", GOOD),
    ("trigger whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((2, ""))),
    ("check", Some((7, "CH0905"))),
    ("check --list", GOOD),
    ("handler --framework express", GOOD),
    ("verify delivery.json", GOOD),
    ("verify forged.json", Some((7, "CH0910"))),
    ("verify delivery.json --secret-file whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((3, "CH0004"))),
    ("verify whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((3, "CH0004"))),
    ("user create", GOOD),
    ("user update", GOOD),
    ("user delete --all --yes", GOOD),
    ("user cycle", GOOD),
    ("secret write --dry-run", GOOD),
    ("secret write --env-file .env.other", GOOD),
    ("secure --dry-run", GOOD),
    ("completions bash", GOOD),
    ("events", GOOD),
    ("events list --status 2xx", GOOD),
    ("events show last @2", GOOD),
    ("events export", GOOD),
    ("events export --format har --redact", GOOD),
    ("events show whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((2, "CH0014"))),
    ("wait --since 1h", GOOD),
    ("wait user.created --timeout 50ms --where data.id=whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((6, "CH0820"))),
    ("logs list", GOOD),
    ("logs list --failed", GOOD),
    ("logs show last", GOOD),
    ("logs show whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((4, "CH0607"))),
    ("recover --dry-run", GOOD),
    ("recover --yes", GOOD),
    ("watch --once", GOOD),
    ("backfill users --dry-run", GOOD),
    ("backfill users", GOOD),
    ("events clear --yes", GOOD),
    ("down 1", GOOD),
    ("down --dry-run", GOOD),
    ("register --list", GOOD),
    ("prune --dry-run", GOOD),
    ("prune", GOOD),
    ("config list", GOOD),
    ("config path", GOOD),
    ("config set key_env CLERK_SECRET_KEY", GOOD),
    ("config set --profile hide key_file whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((3, "CH0105"))),
    ("config get key_env", GOOD),
    ("config get whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((2, "CH0114"))),
    ("config unset key_env", GOOD),
    ("explain CH0101", GOOD),
    ("explain whsec_aGlkZUhJREVoaWRlSElERWhpZGVISURF", Some((2, "CH0018"))),
    ("help", GOOD),
    ("man", GOOD),
    ("up --detach --supervise", Some((2, ""))),
];

/// Those that stay until they are ended.
const STAYING: [&str; 3] = ["serve", "tunnel", "sandbox"];

/// Those whose outcome is a new secret, or that show one.
const APART: [&str; 3] = ["secret show", "secret rotate", "secure"];

#[test]
fn every_subcommand_is_searched() {
    let lines = || ENDING.iter().map(|(line, _)| *line).chain(STAYING).chain(APART);
    let is_run = |command: &String| lines().any(|line| line == command || line.starts_with(&format!("{command} ")));
    let forgotten: Vec<String> = subcommands().into_iter().filter(|command| !is_run(command)).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

#[test]
fn every_command_on_a_good_day() {
    let mut machine = planted(Sandbox::start(""));
    let mut up = machine.start("up --serve --json -vv --no-env");
    up.wait_for_type("ready");
    let account = Account::at(machine.sandbox());
    let id = account.list("endpoint")[0]["id"].as_str().expect("an id").to_owned();
    // The one command that shows it, and nothing else beside it.
    say_all(&machine, "secret show", GOOD);
    machine.hide(account.secret(&id).trim_start_matches("whsec_"));
    let printed = machine.run("trigger user.created --print=json").expect_code(0).stdout;
    let forged = printed.replace("user.created", "user.deleted");
    let machine = machine.file("delivery.json", &printed).file("forged.json", &forged);
    for (line, ending) in ENDING {
        say_all(&machine, line, ending);
    }
    say_all(&machine, "secure", GOOD);
    say_all(&machine, "secure --off", GOOD);
    let said = say_all(&machine, "secret rotate", GOOD);
    let mut machine = machine;
    machine.hide(account.secret(&id).trim_start_matches("whsec_"));
    machine.assert_hidden(&said);
    up.signal("INT");
    machine.assert_hidden(&up.finish().expect_code(0).stderr);
}

#[test]
fn every_command_that_stays() {
    let machine = planted(Sandbox::start(""));
    stay_all(&machine, "serve --port 0", |running| {
        let port = listening_port(running.child.id());
        post(port, "/", &[("authorization", "Bearer hide-me-as-well")], b"{}");
    });
    stay_all(&machine, "sandbox", |running| drop(running.wait_for("its key", |line| line.contains("sk_test_"))));
    stay_all(&machine, "tunnel 1", |running| drop(running.wait_for("its URL", |line| line.contains("127.0.0.1"))));
}

#[test]
fn every_way_to_fail() {
    for (fault, ending) in [
        ("clerk=401", (4, "CH0401")),
        ("clerk=html", (4, "CH0406")),
        ("clerk=portal_used", (4, "CH0408")),
        ("clerk=portal_garbage", (4, "CH0407")),
        ("svix=html@/secret", (4, "CH0509")),
    ] {
        let machine = planted(Sandbox::start(&format!("--fault {fault}")));
        say_all(&machine, "register https://owl.example --no-env", Some(ending));
        say_all(&machine, "doctor", Some((7, "CH0901")));
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
        say_all(&machine, "register https://owl.example --no-env", Some((4, "CH04")));
        say_all(&machine, "doctor", Some((7, "CH0901")));
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
    say_all(&machine, "up --serve --once --no-env", Some((5, "ERR_NGROK_")));
    say_all(&machine, "tunnel", Some((5, "ERR_NGROK_")));
    let given = machine.set("NGROK_AUTHTOKEN", AUTHTOKEN);
    say_all(&given, "tunnel", Some((5, "ERR_NGROK_")));
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
