//! Programs that are started: they end whole, and what they say is bounded.

use std::process::Command;

use crate::fixture::{AGENT_CONFIG, Machine, Running, Sandbox, agents, script, signal, until};

/// A sandbox's agent behind a script that does not pass signals on.
fn wrapped(sandbox: &Sandbox) -> Machine {
    let machine = Machine::with(sandbox).without("CLERKHOOK_NGROK_BIN");
    let agent = sandbox.agent_directory().join("ngrok");
    let text = format!("#!/bin/sh\ntrap 'exit 0' TERM\n{} \"$@\" &\nwait\n", agent.display());
    let wrapper = script(&machine.project(), "wrapper", &text);
    machine.set("CLERKHOOK_NGROK_BIN", &wrapper.display().to_string())
}

#[test]
fn a_wrappers_agent_ends_with_it() {
    let sandbox = Sandbox::start("");
    let machine = wrapped(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    assert_eq!(agents(&sandbox).len(), 1);
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
    until("the wrapper's agent ends", || agents(&sandbox).is_empty());
}

#[test]
fn a_wrappers_agent_ends_when_the_wrapper_was_killed() {
    let sandbox = Sandbox::start("");
    let machine = wrapped(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    let wrapper = tunnel.wait_for_type("tunnel")["agent_pid"].as_u64().expect("a process");
    let before = agents(&sandbox);
    assert_eq!(before.len(), 1);
    signal(u32::try_from(wrapper).expect("a process"), "KILL");
    until("the agent that it had started ends", || !agents(&sandbox).contains(&before[0]));
    tunnel.signal("INT");
    tunnel.finish();
    until("every agent ends", || agents(&sandbox).is_empty());
}

#[test]
fn the_agent_of_a_killed_wrapper_and_a_killed_clerkhook_is_ended_too() {
    let sandbox = Sandbox::start("");
    let machine = wrapped(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    let wrapper = tunnel.wait_for_type("tunnel")["agent_pid"].as_u64().expect("a process");
    let before = agents(&sandbox);
    tunnel.signal("KILL");
    tunnel.finish();
    signal(u32::try_from(wrapper).expect("a process"), "KILL");
    let mut next = machine.start("tunnel 3000 --json");
    next.wait_for_type("tunnel");
    assert!(before.iter().all(|agent| !agents(&sandbox).contains(agent)));
    next.signal("INT");
    next.finish().expect_code(0);
}

/// The most memory that a process has held so far, in MiB.
fn peak(running: &Running) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", running.child.id())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("Linux tells it");
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).expect("a number") / 1024
}

/// `tunnel` with an agent that is this script, until its file `done` is there.
fn peak_with(machine: &Machine, text: &str) -> u64 {
    let agent = script(&machine.project(), "agent", text);
    let machine_done = machine.project().join("done");
    let running = machine.start(&format!("tunnel 3000 --ngrok-bin {}", agent.display()));
    until("the agent has said all", || machine_done.exists());
    peak(&running)
}

#[test]
fn an_endless_line_of_the_agent_is_bounded() {
    let machine = Machine::new().set("CLERKHOOK_AGENT_TIMEOUT", "60");
    let text = "#!/bin/sh\n[ \"$1\" = version ] && echo ngrok version 3.39.1 && exit\nhead -c 500000000 /dev/zero\ntouch done\nsleep 60\n";
    let peak = peak_with(&machine, text);
    assert!(peak < 100, "{peak} MiB");
}

#[test]
fn an_endless_version_is_bounded() {
    let machine = Machine::new();
    let text = "#!/bin/sh\n[ \"$1\" = version ] || exit 1\necho ngrok version 3.39.1\nhead -c 300000000 /dev/zero\ntouch done\nsleep 3\n";
    let peak = peak_with(&machine, text);
    assert!(peak < 100, "{peak} MiB");
}

/// Stands for an agent whose API answers with 200 MB.
const TALKER: &str = r#"
import http.server, sys
if sys.argv[1] == "version":
    print("ngrok version 3.39.1"); sys.exit()
class Talker(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("content-length", str(200 << 20)); self.end_headers()
        try:
            self.wfile.write(b'{"tunnels":[')
            for _ in range(200): self.wfile.write(b" " * (1 << 20))
        except OSError: pass
        finally: open("done", "w").close()
    def log_message(self, *words): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Talker)
print('{"lvl":"info","msg":"starting web service","addr":"127.0.0.1:%d"}' % server.server_port, flush=True)
server.serve_forever()
"#;

#[test]
fn an_endless_answer_of_the_agent_is_bounded() {
    if !Command::new("python3").arg("-V").output().is_ok_and(|output| output.status.success()) {
        return;
    }
    let machine = Machine::new().set("CLERKHOOK_AGENT_TIMEOUT", "60").without(AGENT_CONFIG);
    let peak = peak_with(&machine, &format!("#!/usr/bin/env python3\n{TALKER}"));
    assert!(peak < 100, "{peak} MiB");
}
