//! `tunnel`, the reuse of running agents, and what `status` sees of them.

use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Sandbox, agents, alive};
use crate::wire::port_of;

#[test]
fn only_the_url_goes_to_stdout() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut tunnel = machine.start("tunnel 3000");
    let url = tunnel.wait_for("a URL", |line| line.starts_with("http"));
    assert_eq!(agents(&sandbox).len(), 1);
    tunnel.signal("INT");
    let output = tunnel.finish().expect_code(0);
    assert_eq!(output.stdout, format!("{url}\n"));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
http://127.0.0.1:[PORT]
--- stderr
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])

"#]]
    );
    assert_eq!((agents(&sandbox).len(), machine.setups()), (0, 0));
}

#[test]
fn as_json_it_is_a_line_with_everything() {
    let machine = Machine::new();
    let mut tunnel = machine.start("tunnel --sandbox --json localhost:4000");
    let told = tunnel.wait_for_type("tunnel");
    assert_eq!(told["upstream"], "http://localhost:4000");
    assert_eq!((&told["agent_version"], &told["started_by_us"]), (&"3.39.10".into(), &true.into()));
    let agent = told["agent_pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a process");
    assert!(alive(agent));
    tunnel.signal("TERM");
    tunnel.finish().expect_code(0);
    assert!(!alive(agent));
}

#[test]
fn an_agent_for_this_app_is_used_and_left_running() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let (_app, port) = crate::serve::serve(&machine, "");
    let mut tunnel = machine.start(&format!("tunnel {port} --json"));
    let first = tunnel.wait_for_type("tunnel");
    // `tunnel` again says where it is and is done.
    assert_data_eq!(
        machine.run(&format!("tunnel {port}")).snapshot(),
        str![[r#"
exit 0
--- stdout
http://127.0.0.1:[PORT]
--- stderr
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (already running, agent 3.39.10, inspector http://127.0.0.1:[PORT])
  note: that agent ran already and is left running

"#]]
    );
    // `up` uses it, and keeps its endpoint, because the URL stays.
    let output = machine.run(&format!("up {port} --once --no-env --json")).expect_code(0);
    let told = &output.of_type("tunnel")[0];
    assert_eq!((&told["public_url"], &told["started_by_us"]), (&first["public_url"], &false.into()));
    assert_eq!(told["agent_pid"], first["agent_pid"]);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "kept");
    assert_eq!(agents(&sandbox).len(), 1);
    assert_eq!(machine.setups(), 1, "the tunnel's own note is still there");
    // Only when asked another one is started.
    let output = machine.run(&format!("up {port} --once --no-env --json --no-reuse")).expect_code(0);
    assert_eq!(output.of_type("tunnel")[0]["started_by_us"], true);
    assert_eq!(agents(&sandbox).len(), 1);
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}

#[test]
fn an_agent_for_another_app_is_never_used() {
    let sandbox = Sandbox::start("");
    let (ann, bob) = (Machine::with(&sandbox), Machine::with(&sandbox));
    let mut other = ann.start("tunnel 3999 --json");
    let other_agent = other.wait_for_type("tunnel");
    let port = port_of(other_agent["api_url"].as_str().expect("an address"));
    // It is looked at, and so is the same app's.
    let mut ours = bob.start(&format!("tunnel 3000 --json --agent-ports {port}-{port}"));
    let told = ours.wait_for_type("tunnel");
    assert_eq!(told["started_by_us"], true);
    assert_ne!(told["agent_pid"], other_agent["agent_pid"]);
    let same = bob.run(&format!("tunnel 3999 --json --agent-ports {port}-{port}")).expect_code(0);
    let same = &same.of_type("tunnel")[0];
    assert_eq!((&same["public_url"], &same["started_by_us"]), (&other_agent["public_url"], &false.into()));
    for running in [ours, other] {
        running.signal("INT");
        running.finish().expect_code(0);
    }
}

#[test]
fn a_dry_run_starts_nothing() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let output = machine.run("tunnel 3000 --dry-run");
    let bin = sandbox.agent_directory().display().to_string();
    assert_data_eq!(
        output.snapshot().replace(&bin, "[SANDBOX]"),
        str![[r#"
exit 0
--- stdout
  tunnel    start   ngrok 3.39.10 ([SANDBOX]/ngrok) for http://localhost:[PORT]

"#]]
    );
    assert_eq!((agents(&sandbox).len(), machine.setups()), (0, 0));
}

#[test]
fn the_agent_of_a_killed_process_is_named_and_taken_over() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    tunnel.signal("KILL");
    assert_eq!(tunnel.finish().code, None);
    let [orphan] = agents(&sandbox)[..] else { panic!("one agent lives on") };
    let status = machine.run("status").expect_code(0);
    assert!(status.stdout.contains(&format!("process {orphan} was left by a killed clerkhook")), "{}", status.stdout);

    let mut other = machine.start("tunnel 4000 --json");
    other.wait_for_type("tunnel");
    other.signal("INT");
    let output = other.finish().expect_code(0);
    assert!(output.stderr.contains(&format!("`kill {orphan}` ends it")), "{}", output.stderr);
    assert!(alive(orphan), "another app's agent is only named");

    let mut again = machine.start("tunnel 3000 --json");
    again.wait_for_type("tunnel");
    assert!(!alive(orphan), "it is ended before another one starts");
    again.signal("INT");
    let output = again.finish().expect_code(0);
    assert!(output.stderr.contains(&format!("ended the ngrok agent (process {orphan})")), "{}", output.stderr);
    assert_eq!((machine.setups(), agents(&sandbox).len()), (0, 0));
}

#[test]
fn what_a_killed_process_left_is_cleaned_when_its_agent_is_gone() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    tunnel.wait_for_type("tunnel");
    tunnel.signal("KILL");
    assert_eq!(tunnel.finish().code, None);
    assert_eq!(machine.setups(), 1);
    for agent in agents(&sandbox) {
        crate::fixture::signal(agent, "KILL");
        crate::fixture::until("the agent is gone", || !alive(agent));
    }
    machine.run("status").expect_code(0);
    assert_eq!(machine.setups(), 0);
}

#[test]
fn a_state_directory_that_cannot_be_written_is_a_warning() {
    let machine = Machine::new().file("file", "").set("CLERKHOOK_STATE_DIR", "file");
    let output = machine.run("up --sandbox --serve --once");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ app       http://localhost:[PORT] served by clerkhook
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  warning: cannot write to the state directory `file` (Not a directory (os error 20)): other commands will not find this set-up, and nothing is kept
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; a sandbox's is not written to env files (`--env-file FILE` does)
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid
  Stopped: the test event, endpoint disabled.

"#]]
    );
}

#[test]
fn status_tells_what_runs() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    assert_data_eq!(
        machine.run("status").snapshot(),
        str![[r#"
exit 0
--- stdout
  ! warn set-up         none is running; start one with `clerkhook up`

"#]]
    );
    let mut up = machine.start("up --serve --no-env --json");
    let ready = up.wait_for_type("ready");
    let output = machine.run("status").expect_code(0);
    let shown = output.snapshot().replace(ready["public_url"].as_str().expect("a URL"), "[URL]");
    let since =
        shown.split("since ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a time").to_owned();
    assert_data_eq!(
        shown.replace(&since, "[SINCE]"),
        str![[r#"
exit 0
--- stdout
  ✓ ok   set-up         process [PID], since [SINCE]
  ✓ ok   app            http://localhost:[PORT] answers
  ✓ ok   tunnel         http://127.0.0.1:[PORT] online, inspector http://127.0.0.1:[PORT]
  ✓ ok   endpoint       ep_[ID] for http://127.0.0.1:[PORT]/
  ✓ ok   verification   off
  [TIME]  user.created       200 [MS] ms  signature valid    msg_[ID]

"#]]
    );
    let remote = machine.run("status --remote --json").expect_code(0);
    let parts = remote.of_type("status");
    let at_clerk = parts.last().expect("a line");
    assert_eq!((&at_clerk["part"], &at_clerk["status"]), (&"at Clerk".into(), &"ok".into()));
    // Another app has no set-up.
    let other = machine.run("status 4999 --json").expect_code(0);
    assert_eq!(other.of_type("status")[0]["status"], "warn");
    up.signal("INT");
    up.finish().expect_code(0);
}
