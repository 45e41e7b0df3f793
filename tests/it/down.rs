//! `down`: it ends what runs, in order, and says what it ended; that nothing runs is as good.

use crate::account::Account;
use crate::detach::Background;
use crate::fixture::{Machine, Sandbox, agents, alive, signal, until};
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, port_of, post};

#[test]
fn it_ends_an_up_in_another_terminal_and_waits_until_all_is_down() {
    // Its end takes a moment.
    let stand = Stand::start("--latency svix=300ms");
    let down = stand.run("down --json").expect_code(0);
    assert_eq!(agents(stand.machine.sandbox()), [0; 0]);
    let [stopped] = &down.of_type("stopped")[..] else { panic!("{}", down.stdout) };
    assert_eq!((&stopped["pid"], &stopped["endpoint"]), (&stand.ready["pid"], &"disabled".into()));
    assert_eq!(stopped["upstream"], format!("http://localhost:{}", stand.app.port));
    let Stand { machine, up, .. } = stand;
    let up = up.finish().expect_code(0);
    assert_eq!(up.of_type("stopped").len(), 1);
    assert_eq!(std::fs::read_dir(machine.state().join("ended")).map_or(0, Iterator::count), 0);
    let again = machine.run("down").expect_code(0);
    assert!(again.stderr.contains("no set-up runs"), "{}", again.stderr);
    assert!(machine.run("down --json").expect_code(0).stdout.is_empty());
}

#[test]
fn with_delete_the_endpoint_goes_too() {
    let stand = Stand::start("");
    let planned = stand.run("down --delete --dry-run --json").expect_code(0);
    assert!(planned.of_type("plan")[0]["detail"].as_str().is_some_and(|plan| plan.contains("delete endpoint ep_")));
    assert!(alive(stand.up.child.id()));
    let down = stand.run("down --delete").expect_code(0);
    assert!(down.stderr.contains("endpoint deleted"), "{}", down.stderr);
    assert!(Account::at(stand.machine.sandbox()).list("endpoint").is_empty());
    stand.up.finish().expect_code(0);
}

#[test]
fn one_that_is_meant_ends_and_all_of_them_with_all() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox).config("[profile.a]\n[profile.b]\n[profile.c]\n[profile.d]\n");
    let apps = [(); 4].map(|()| RawApp::answering(OK));
    let mut ups: Vec<_> = apps
        .iter()
        .zip(["a", "b", "c", "d"])
        .map(|(app, profile)| {
            let mut up = machine.start(&format!("up {} --no-env --no-test --json --profile {profile}", app.port));
            up.wait_for_type("ready");
            up
        })
        .collect();
    let named = machine.run(&format!("down {} --json", apps[1].port)).expect_code(0);
    assert_eq!(named.of_type("stopped")[0]["pid"], ups[1].child.id());
    ups.remove(1).finish().expect_code(0);
    assert!(ups.iter().all(|up| alive(up.child.id())));
    let newest = machine.run("down --json").expect_code(0);
    let [stopped] = &newest.of_type("stopped")[..] else { panic!("{}", newest.stdout) };
    assert_eq!(stopped["pid"], ups[2].child.id());
    assert!(newest.stderr.contains("this is about the set-up for"), "{}", newest.stderr);
    ups.remove(2).finish().expect_code(0);
    machine.run(&format!("down {} --all", apps[0].port)).expect_code(2);
    let all = machine.run("down --all --json").expect_code(0);
    assert_eq!(all.of_type("stopped").len(), 2);
    ups.into_iter().for_each(|up| drop(up.finish().expect_code(0)));
    assert_eq!(agents(machine.sandbox()), [0; 0]);
}

#[test]
fn one_that_has_not_come_up_yet_ends_too() {
    let sandbox = Sandbox::start("--fault svix=slow:20s@/msg");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let app = RawApp::answering(OK);
    let mut up = machine.start(&format!("up {} --no-env --json", app.port));
    up.wait_for("the test event", |line| line.contains("\"step\":\"test\",\"status\":\"start\""));
    machine.run("down").expect_code(0);
    up.finish().expect_code(130);
    assert_eq!((machine.setups(), agents(machine.sandbox())), (0, Vec::new()));
}

#[test]
fn one_that_hears_nothing_gets_a_signal() {
    let (machine, app) = {
        let sandbox = Sandbox::start("");
        (Machine::with(&sandbox).keep(sandbox), RawApp::answering(OK))
    };
    let set_up = Background::start(machine, &format!("up {} --no-env --no-test --json --detach", app.port));
    signal(set_up.pid(), "STOP");
    let down = set_up.machine.run("down --json").expect_code(0);
    assert!(down.stderr.contains("SIGTERM"), "{}", down.stderr);
    until("it is gone", || !alive(set_up.pid()));
    assert_eq!(agents(set_up.machine.sandbox()), [0; 0]);
}

#[test]
fn what_a_killed_one_left_is_ended() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let app = RawApp::answering(OK);
    let set_up = Background::start(machine, &format!("up {} --no-env --no-test --json --detach", app.port));
    signal(set_up.pid(), "KILL");
    until("it is gone", || !alive(set_up.pid()));
    assert_eq!(agents(set_up.machine.sandbox()).len(), 1);
    let down = set_up.machine.run("down --all").expect_code(0);
    assert!(down.stderr.contains("a killed clerkhook had left"), "{}", down.stderr);
    until("the agent is gone", || agents(set_up.machine.sandbox()).is_empty());
}

#[test]
fn records_of_another_version_are_left_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    let setups = machine.state().join("setups");
    std::fs::create_dir_all(&setups).expect("made");
    let record = setups.join("other.json");
    std::fs::write(&record, format!("{{\"schema\":2,\"pid\":{}}}", std::process::id())).expect("written");
    std::fs::set_permissions(&record, std::fs::Permissions::from_mode(0o600)).expect("mode");
    let down = machine.run("down --all").expect_code(0);
    assert!(down.stderr.contains("another clerkhook version") && record.exists(), "{}", down.stderr);
}

#[test]
fn what_is_on_its_way_does_not_hold_it_up() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).keep(sandbox);
    let (mut app, port) = crate::serve::serve(&machine, "--respond 200:2s");
    let mut up = machine.start(&format!("up {port} --no-env --no-test --json"));
    let public = port_of(up.wait_for_type("ready")["public_url"].as_str().expect("a URL"));
    let sent = std::thread::spawn(move || post(public, "/api/webhooks", &[], b"{}"));
    app.wait_for_type("delivery");
    let began = std::time::Instant::now();
    machine.run("down").expect_code(0);
    assert!(began.elapsed() < std::time::Duration::from_secs(8));
    up.finish().expect_code(0);
    assert_eq!(agents(machine.sandbox()), [0; 0]);
    let _ = sent.join();
}
