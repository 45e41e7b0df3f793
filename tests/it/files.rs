//! Files that others wrote, or that never end; and what is left of files that hold a secret.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::fixture::{Machine, Sandbox, agents, signal, until};
use crate::stand::Stand;
use crate::wire::RawApp;

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

/// A note of a set-up whose Clerk is at this port, as somebody else may plant it.
fn plant(machine: &Machine, port: u16) -> (std::path::PathBuf, std::fs::File) {
    let note = json!({
        "schema": 1, "id": "0123456789abcdef", "profile": "default", "sandbox": false, "owns_agent": false,
        "secured": null, "ready": true, "page_url": null, "policy": null, "control": null, "pid": std::process::id(), "started_at": "2026-11-23T10:00:00.000000Z", "upstream": "http://localhost:3000",
        "public_url": "https://a.example", "agent_address": "127.0.0.1:1", "agent_pid": null,
        "webhook_url": "https://a.example/api/webhooks", "endpoint_id": "ep_1",
        "services": {"clerk_api_url": format!("http://127.0.0.1:{port}"), "svix_server_url": null, "sandbox_key": null},
    });
    let setups = machine.state().join("setups");
    std::fs::create_dir_all(&setups).expect("made");
    let path = setups.join("http---localhost-3000.1.json");
    std::fs::write(&path, note.to_string()).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    // Whoever holds it runs.
    let locks = machine.state().join("locks");
    std::fs::create_dir_all(&locks).expect("made");
    let lock = std::fs::File::create(locks.join("0123456789abcdef")).expect("made");
    lock.lock().expect("taken");
    (path, lock)
}

/// Whether the key went to the planted note's Clerk, and what was said.
fn asks(machine: &Machine, clerk: &RawApp) -> (bool, String) {
    let before = clerk.count();
    let output = machine.run("register https://fox.example --no-env --dry-run --no-input");
    (clerk.count() > before, output.stderr)
}

#[test]
fn a_note_that_others_may_have_written_gets_no_key() {
    let clerk = RawApp::answering(OK);
    let machine = Machine::new().secret("CLERK_SECRET_KEY", "sk_test_abcdefghijklmnopqrstuvwxyz");
    let machine = machine.set("HTTPS_PROXY", "http://127.0.0.1:1");
    let (note, _lock) = plant(&machine, clerk.port);
    let (asked, said) = asks(&machine, &clerk);
    assert!(asked, "one's own is followed: {said}");

    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o666)).expect("mode");
    let (asked, said) = asks(&machine, &clerk);
    assert!(!asked && said.contains("is left aside: others may write it"), "{said}");

    std::fs::set_permissions(&note, std::fs::Permissions::from_mode(0o600)).expect("mode");
    // Only root may give files away.
    if chown(&note, Some(65_534), None).is_ok() {
        let (asked, said) = asks(&machine, &clerk);
        assert!(!asked && said.contains("is left aside: it belongs to another user"), "{said}");
        chown(&note, Some(std::fs::metadata(machine.project()).expect("a project").uid()), None).expect("given back");
    }
    let (setups, elsewhere) = (machine.state().join("setups"), machine.project().join("elsewhere"));
    std::fs::rename(&setups, &elsewhere).expect("moved");
    symlink(&elsewhere, &setups).expect("a link");
    let (asked, said) = asks(&machine, &clerk);
    assert!(!asked && said.contains("is left aside: it is a symbolic link"), "{said}");
    std::fs::remove_file(&setups).expect("gone");
    std::fs::create_dir(&setups).expect("made");
    symlink(elsewhere.join(note.file_name().expect("a name")), &note).expect("a link");
    let (asked, said) = asks(&machine, &clerk);
    assert!(!asked && said.contains("is left aside: it is a symbolic link"), "{said}");
}

fn modes(directory: &Path, found: &mut Vec<(String, u32)>) {
    for entry in std::fs::read_dir(directory).expect("listed").filter_map(Result::ok) {
        let metadata = entry.path().symlink_metadata().expect("metadata");
        if !metadata.is_symlink() {
            found.push((entry.path().display().to_string(), metadata.permissions().mode() & 0o777));
        }
        if metadata.is_dir() {
            modes(&entry.path(), found);
        }
    }
}

#[test]
fn whatever_the_umask_state_is_its_owners_alone() {
    for umask in ["000", "077", "0277"] {
        let machine = Machine::new();
        let temporary = machine.project().join("temporary");
        std::fs::create_dir(&temporary).expect("made");
        let line = format!(
            "umask {umask}; exec {} up --sandbox --serve --json --no-env --sandbox-state {}",
            env!("CARGO_BIN_EXE_clerkhook"),
            machine.state().join("sandbox.json").display(),
        );
        std::fs::create_dir(machine.state()).expect("made");
        let mut command = Command::new("sh");
        let like = machine.command(&[]);
        command.args(["-c", &line]).env_clear().current_dir(machine.project());
        command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TMPDIR", &temporary);
        let mut up = machine.watch(command);
        up.wait_for_type("ready");
        let mut found = Vec::new();
        modes(&machine.state(), &mut found);
        modes(&temporary, &mut found);
        assert!(found.iter().any(|(path, _)| path.contains("setups/")), "{found:?}");
        assert!(found.iter().any(|(path, _)| path.ends_with("agent.json")), "{found:?}");
        for (path, mode) in found {
            let expected = if Path::new(&path).is_dir() { 0o700 } else { 0o600 };
            // The test's own directory and what the sandbox's agent counts in hold nothing of ours.
            assert_eq!(format!("{mode:o}"), format!("{expected:o}"), "{path} with umask {umask}");
        }
        up.signal("INT");
        up.finish().expect_code(0);
    }
}

#[test]
fn a_pipe_or_a_device_in_place_of_a_file_is_refused_at_once() {
    let machine = Machine::new().set("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    let pipe = machine.project().join("pipe");
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs");
    assert!(made.success());
    for (line, code) in [
        ("doctor --no-input --clerk-secret-key-file pipe", 3),
        ("doctor --no-input --clerk-secret-key-file /dev/zero", 3),
        ("serve --secret-file pipe", 3),
        ("serve --secret-file /dev/zero", 3),
        ("verify pipe", 3),
        ("verify /dev/zero", 3),
        ("trigger --scenario pipe", 3),
        ("trigger --scenario /dev/zero", 3),
        ("up --sandbox --serve --once --sandbox-state pipe", 1),
    ] {
        let started = Instant::now();
        let output = machine.run(line);
        assert!(output.stderr.contains("it is not a regular file"), "{line}: {}", output.stderr);
        assert!(started.elapsed() < Duration::from_secs(20), "{line}");
        assert_eq!(output.code, Some(code), "{line}: {}", output.stderr);
    }
}

#[test]
fn pipes_where_settings_and_state_are_expected_hold_nothing_up() {
    let pipe = |path: &Path| {
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made");
        assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo runs").success());
    };
    let config = Machine::new();
    pipe(&config.project().parent().expect("a home").join("config/config.toml"));
    let output = config.run("status");
    assert!(output.code == Some(3) && output.stderr.contains("it is not a regular file"), "{}", output.stderr);
    let env = Machine::new();
    pipe(&env.project().join(".env"));
    let output = env.run("status");
    assert!(output.code == Some(3) && output.stderr.contains("it is not a regular file"), "{}", output.stderr);
    let state = Machine::new();
    pipe(&state.state().join("setups/http---localhost-3000.1.json"));
    pipe(&state.state().join("user.json"));
    let output = state.run("status").expect_code(0);
    assert_eq!(output.stderr.matches("is left aside: it is not a regular file").count(), 2, "{}", output.stderr);
}

#[test]
fn what_the_shell_hands_over_is_read() {
    let machine = Machine::new();
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let output = machine.run_with_input("trigger user.created --print --secret-file /dev/stdin", secret).expect_code(0);
    assert!(output.stdout.contains("user.created"), "{}", output.stdout);
}

fn policies(machine: &Machine) -> Vec<String> {
    let entries = std::fs::read_dir(machine.state().join("policies")).into_iter().flatten().filter_map(Result::ok);
    entries.map(|entry| entry.path().display().to_string()).collect()
}

#[test]
fn the_policy_of_a_killed_set_up_goes_with_its_agent() {
    for wrapped in [false, true] {
        let stand = Stand::start("");
        stand.run("secure").expect_code(0);
        let machine = &stand.machine;
        let [policy] = &policies(machine)[..] else { panic!("one policy: {:?}", policies(machine)) };
        assert!(std::fs::read_to_string(policy).expect("readable").contains("whsec_"));
        stand.up.signal("KILL");
        if wrapped {
            for agent in agents(machine.sandbox()) {
                signal(agent, "KILL");
            }
            until("the agent ends", || agents(machine.sandbox()).is_empty());
            machine.run("status").expect_code(0);
        } else {
            let output = machine.run(&format!("up {} --once --no-test --json", stand.app.port)).expect_code(0);
            assert!(output.stderr.contains("that a killed clerkhook had left"), "{}", output.stderr);
        }
        assert_eq!(policies(machine), [""; 0]);
    }
}

#[test]
fn the_agent_gets_no_key_and_no_signing_secret() {
    let sandbox = Sandbox::start("");
    let names = [
        "CLERK_SECRET_KEY_OF_STAGING",
        "CLERK_WEBHOOK_SIGNING_SECRET",
        "NUXT_CLERK_SECRET_KEY",
        "CLERK_WEBHOOK_SECRET",
        "SIGNING_SECRET",
        "WEBHOOK_SECRET",
    ];
    let mut machine = Machine::with(&sandbox).set("NEXT_PUBLIC_KEPT", "kept");
    for name in names {
        machine = machine.secret(name, "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    }
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    let running = agents(&sandbox);
    assert_eq!(running.len(), 1);
    let environment = std::fs::read(format!("/proc/{}/environ", running[0])).expect("an environment");
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("NEXT_PUBLIC_KEPT"), "{environment}");
    assert!(!environment.contains("whsec_") && !environment.contains("sk_test_"), "{environment}");
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}
