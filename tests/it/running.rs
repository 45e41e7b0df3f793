//! Which set-up runs, is found and is meant; who has the endpoint when two want it.

use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::account::Account;
use crate::fixture::{Machine, Running, Sandbox, alive, free_port};
use crate::serve::serve;
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, port_of};

/// A record as a process that is gone, or another version, left it.
fn plant(machine: &Machine, name: &str, record: &Value) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let setups = machine.state().join("setups");
    std::fs::create_dir_all(&setups).expect("made");
    let path = setups.join(name);
    std::fs::write(&path, record.to_string()).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).expect("mode");
    path
}

fn record(schema: u32, pid: u32, agent: Option<u32>) -> Value {
    json!({
        "schema": schema, "id": "0123456789abcdef", "pid": pid, "started_at": "2026-11-23T10:00:00.000000Z",
        "profile": "default", "sandbox": false, "upstream": "http://localhost:3000",
        "public_url": "https://a.example", "agent_address": "127.0.0.1:1", "agent_pid": agent, "owns_agent": true,
        "webhook_url": "https://a.example/api/webhooks", "endpoint_id": "ep_1", "secured": null, "ready": true,
        "page_url": null, "policy": null, "control": null,
        "services": {"clerk_api_url": "http://127.0.0.1:1", "svix_server_url": null, "sandbox_key": null},
    })
}

fn set_ups(machine: &Machine, line: &str) -> Vec<Value> {
    machine.run(line).expect_code(0).of_type("set_up")
}

fn end(up: Running) {
    up.signal("INT");
    up.finish().expect_code(0);
}

#[test]
fn a_record_whose_number_came_round_again_is_neither_alive_nor_signalled() {
    let machine = Machine::new();
    // Numbers of living processes, in the record of a process that is gone.
    let mut stranger = Command::new("sleep").arg("60").process_group(0).spawn().expect("sleep runs");
    let port = free_port();
    for (name, owner, agent) in
        [("a.json", std::process::id(), stranger.id()), ("b.json", u32::MAX >> 2, std::process::id())]
    {
        let mut noted = record(1, owner, Some(agent));
        noted["upstream"] = format!("http://localhost:{port}").into();
        plant(&machine, name, &noted);
    }
    let output = machine.run("status").expect_code(0);
    assert!(output.stdout.contains("none is running") && !output.stdout.contains("left by a killed"));
    machine.run(&format!("up {port} --sandbox --serve --once --no-test")).expect_code(0);
    assert!(alive(stranger.id()));
    stranger.kill().expect("ended");
    stranger.wait().expect("ended");
}

#[test]
fn a_killed_set_up_is_not_running_although_its_number_is_taken() {
    let stand = Stand::start("");
    let path = std::fs::read_dir(stand.machine.state().join("setups")).expect("listed").next();
    let path = path.expect("a record").expect("an entry").path();
    stand.up.signal("KILL");
    crate::fixture::until("it ends", || !alive(stand.up.child.id()));
    let mut record: Value = serde_json::from_slice(&std::fs::read(&path).expect("read")).expect("JSON");
    record["pid"] = std::process::id().into();
    std::fs::write(&path, record.to_string()).expect("written");
    let output = stand.run("status --json").expect_code(0);
    assert_eq!(output.of_type("set_up"), [json!(null); 0]);
    assert!(output.stdout.contains("was left by a killed clerkhook"), "{}", output.stdout);
    let output = stand.run(&format!("up {} --once --no-test --no-env --json", stand.app.port)).expect_code(0);
    assert!(output.stderr.contains("that a killed clerkhook had left"), "{}", output.stderr);
    assert_eq!(stand.machine.setups(), 0);
}

#[test]
fn a_record_of_another_version_is_left_alone() {
    let machine = Machine::new();
    let gone = u32::MAX >> 2;
    let known = plant(&machine, "known.json", &record(1, gone, None));
    let newer = plant(&machine, "newer.json", &record(99, gone, None));
    assert_eq!(set_ups(&machine, "status --json"), [json!(null); 0]);
    assert!(newer.exists() && !known.exists());
}

#[test]
fn a_sandbox_beside_a_set_up_for_the_same_app_is_its_own() {
    let mut stand = Stand::start("");
    let line = format!("up {} --sandbox --no-test --json", stand.app.port);
    let mut beside = stand.machine.start(&line);
    let ready = beside.wait_for_type("ready");
    assert_ne!(ready["endpoint_id"], stand.ready["endpoint_id"]);
    let found = set_ups(&stand.machine, "status --json");
    let kinds: Vec<_> = found.iter().map(|found| (&found["sandbox"], &found["ready"])).collect();
    assert_eq!(kinds, [(&json!(true), &json!(true)), (&json!(false), &json!(true))]);
    // The plain one shows the plain one.
    let port = stand.app.port;
    let output = stand.run(&format!("up {port} --no-env --no-test --json")).expect_code(0);
    assert_eq!(output.of_type("ready")[0]["pid"], stand.up.child.id());
    // Which one is meant is said, and can be named.
    let output = stand.run("send-test --dry-run");
    assert!(output.stderr.contains("this is about the set-up for") && output.stderr.contains("on a sandbox"));
    let clerk = stand.machine.sandbox().text("clerk_api_url").to_owned();
    let output = stand.run(&format!("send-test --dry-run --clerk-api-url {clerk}")).expect_code(0);
    let mine = stand.ready["endpoint_id"].as_str().expect("an id");
    assert!(output.stdout.contains(mine) && !output.stderr.contains("this is about"), "{}", output.stderr);
    end(beside);
    assert_eq!(stand.deliver("msg_after", "{}"), 200);
    stand.end();
}

#[test]
fn the_second_up_prints_the_lines_of_the_first() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let (_app, port) = serve(&machine, "");
    let mut first = machine.start(&format!("up {port} --json --no-env"));
    first.wait_for_type("ready");
    let output = machine.run(&format!("up {port} --no-env --json")).expect_code(0);
    let kinds: Vec<_> = output.lines().into_iter().map(|line| line["type"].clone()).collect();
    let kinds: Vec<_> = kinds.into_iter().filter(|kind| kind != "step" && kind != "note").collect();
    assert_eq!(kinds, ["tunnel", "endpoint", "proof", "ready"]);
    for kind in ["tunnel", "endpoint", "ready"] {
        let (mut before, mut now) = (first.seen_of_type(kind), output.of_type(kind)[0].clone());
        for line in [&mut before, &mut now] {
            // Who started the agent and what was done to the endpoint is each one's own.
            for own in ["started_by_us", "action"] {
                line.as_object_mut().expect("an object").remove(own);
            }
        }
        assert_eq!(before, now);
    }
    end(first);
}

#[test]
fn scripts_wait_until_one_is_ready() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    machine.run("status --exit-code --json").expect_code(6);
    let output = machine.run("status --wait 200ms --json").expect_code(6);
    assert_eq!(output.error()["code"], "CH0313");
    let waiting = machine.start("status --wait 50s --json");
    let mut up = machine.start("up --serve --no-env --no-test --json");
    let ready = up.wait_for_type("ready");
    let found = waiting.finish().expect_code(0).of_type("set_up");
    assert_eq!(found.len(), 1);
    for field in ["pid", "public_url", "webhook_url", "inspector_url", "endpoint_id", "secured"] {
        assert_eq!(found[0][field], ready[field], "{field}");
    }
    assert!(found[0]["ready"] == true && found[0]["page_url"].is_string() && found[0]["id"].is_string());
    machine.run("status --exit-code").expect_code(0);
    end(up);
    machine.run("status").expect_code(0);
}

#[test]
fn a_bare_tunnel_is_found_by_secure_send_test_and_register() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering(OK);
    let mut tunnel = machine.start(&format!("tunnel {} --json", app.port));
    let url = tunnel.wait_for_type("tunnel")["public_url"].as_str().expect("a URL").to_owned();
    let output = machine.run("secure --json").expect_code(4);
    assert_eq!(output.error()["code"], "CH0602", "there is no endpoint yet");
    machine.run("register --no-env").expect_code(0);
    machine.run("send-test").expect_code(0);
    let secured = machine.run("secure --json").expect_code(0);
    assert_eq!(secured.of_type("secured")[0]["proof"], json!({"forged": 403, "genuine": 200}));
    let forged = crate::wire::post(port_of(&url), "/api/webhooks", &[], b"{}");
    assert!(forged.starts_with("HTTP/1.1 403"), "{forged}");
    assert_eq!(set_ups(&machine, "status --json")[0]["secured"], true);
    machine.run("secure --off").expect_code(0);
    end(tunnel);
    assert_eq!(machine.setups(), 0);
}

#[test]
fn doctor_and_status_agree_on_what_runs() {
    let machine = Machine::new();
    let mut up = machine.start("up --sandbox --serve --json");
    up.wait_for_type("ready");
    let checks = |machine: &Machine| machine.run("doctor --json").of_type("check");
    let is_ok = |checks: &[Value], name: &str| checks.iter().any(|it| it["check"] == name && it["status"] == "ok");
    let seen = checks(&machine);
    assert!(is_ok(&seen, "agent") && is_ok(&seen, "tunnel"), "{seen:?}");
    machine.run("secure --local").expect_code(0);
    let seen = checks(&machine);
    assert!(is_ok(&seen, "agent") && is_ok(&seen, "tunnel"), "{seen:?}");
    let status = machine.run("status --json").of_type("status");
    assert!(status.iter().any(|it| it["part"] == "tunnel" && it["status"] == "ok"), "{status:?}");
    end(up);
}

#[test]
fn whoever_registers_at_the_same_moment_gets_the_one_endpoint() {
    let sandbox = Sandbox::start("--latency svix=300ms");
    let machine = Machine::with(&sandbox);
    let line = |n: u8| format!("register https://fox{n}.example --no-env --json");
    let both: Vec<_> = (0..4).map(|n| machine.start(&line(n))).collect();
    let ids: Vec<_> =
        both.into_iter().map(|one| one.finish().expect_code(0).of_type("endpoint")[0]["endpoint_id"].clone()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn whoever_loses_the_endpoint_is_told_at_once() {
    let mut stand = Stand::start("");
    let other = RawApp::answering(OK);
    let mut second = stand.machine.start(&format!("up {} --no-env --no-test --json", other.port));
    second.wait_for_type("ready");
    let told = stand.up.wait_for("the loss", |line| line.contains("leads to the set-up for"));
    assert!(told.contains(&other.port.to_string()), "{told}");
    end(second);
}

#[test]
fn homes_have_endpoints_of_their_own_and_the_former_mark_is_taken_over() {
    let sandbox = Sandbox::start("");
    // Containers of one image have the same machine id, and no name for their user.
    let (one, other) = (Machine::with(&sandbox).set("USER", ""), Machine::with(&sandbox).set("USER", ""));
    let line = "register https://fox.example --no-env --json";
    let endpoint = |machine: &Machine, more: &str| {
        machine.run(&format!("{line} {more}")).expect_code(0).of_type("endpoint")[0].clone()
    };
    let (first, second) = (endpoint(&one, ""), endpoint(&other, ""));
    assert_ne!(first["endpoint_id"], second["endpoint_id"]);
    assert_eq!(endpoint(&one, "")["action"], "unchanged");
    // What an earlier version registered is taken over, with its secret.
    let own = std::fs::read_to_string(one.state().join("machine-id"));
    let machine_id = own.or_else(|_| std::fs::read_to_string("/etc/machine-id")).expect("an id");
    let one = one.config("[profile.work]\n");
    let digest = Sha256::digest(format!("{}\nuser\nwork", machine_id.trim()));
    let former: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let account = Account::at(&sandbox);
    let id = account.add_endpoint("https://old.example");
    account.patch(&id, json!({"uid": format!("clerkhook-{former}")}));
    let taken = endpoint(&one, "--profile work");
    assert_eq!((&taken["endpoint_id"], &taken["action"]), (&json!(id), &json!("updated")));
    assert_eq!(endpoint(&one, "--profile work")["action"], "unchanged");
}

#[test]
fn a_note_that_fails_is_tried_again() {
    let blocked = tempfile::tempdir().expect("a directory");
    let state = blocked.path().join("state");
    std::fs::write(&state, "a file where a directory is due").expect("written");
    let machine = |sandbox: &_| {
        let machine = Machine::with(sandbox).set("CLERKHOOK_ENDPOINT_CHECK", "0.2");
        machine.set("CLERKHOOK_STATE_DIR", state.to_str().expect("text"))
    };
    let stand = Stand::with(machine, RawApp::answering(OK), "");
    assert_eq!(stand.run("status --json").of_type("set_up"), [json!(null); 0]);
    std::fs::remove_file(&state).expect("removed");
    assert_eq!(stand.run("status --wait 30s --json").expect_code(0).of_type("set_up").len(), 1);
    let output = stand.end();
    assert_eq!(output.stderr.matches("cannot write to the state directory").count(), 1, "{}", output.stderr);
}
