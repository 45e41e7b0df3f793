//! `up` on the sandbox.

use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Running, Sandbox, alive, free_port};

#[test]
fn the_whole_walkthrough_is_one_command() {
    let output = Machine::new().run("up --sandbox --serve --once");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stderr
  ✓ app       http://localhost:[PORT] served by clerkhook
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; a sandbox's is not written to env files (`--env-file FILE` does)
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid
  Stopped: the test event, endpoint disabled.

"#]]
    );
}

#[test]
fn a_proof_has_six_hops() {
    let output = Machine::new().run("up --sandbox --serve --once --json").expect_code(0);
    let proofs = output.of_type("proof");
    let hops: Vec<_> =
        proofs[0]["hops"].as_array().expect("hops").iter().map(|hop| (&hop["hop"], &hop["ok"])).collect();
    let words = ["accepted", "attempt", "edge", "agent", "app", "signature"];
    assert_eq!(hops.len(), 6);
    assert!(hops.iter().zip(words).all(|((hop, ok), word)| *hop == word && *ok == true), "{hops:?}");
    let order: Vec<_> =
        output.lines().iter().map(|line| line["type"].as_str().unwrap_or_default().to_owned()).collect();
    let order: Vec<_> = order.into_iter().filter(|kind| kind != "step").collect();
    assert_eq!(order, ["tunnel", "endpoint", "proof", "ready", "stopped"]);
}

#[test]
fn an_event_other_than_a_user_s_is_proven_too() {
    let output = Machine::new().run("up --sandbox --serve --events session.created --once --json").expect_code(0);
    let proof = &output.of_type("proof")[0];
    let held = proof["hops"].as_array().expect("hops").iter().all(|hop| hop["ok"] == true);
    assert!(proof["event"] == "session.created" && held, "{proof}");
}

#[test]
fn an_app_that_answers_500_is_named() {
    let machine = Machine::new();
    let (_app, port) = serve(&machine, "--respond 500");
    let output = machine.run(&format!("up {port} --sandbox --once --json")).expect_code(6);
    let proofs = output.of_type("proof");
    let last = proofs[0]["hops"].as_array().and_then(|hops| hops.last()).cloned().expect("a hop");
    assert_eq!((&last["hop"], &last["ok"]), (&"app".into(), &false.into()));
    assert!(output.stderr.contains("\"code\":\"CH0805\""), "{}", output.stderr);
}

#[test]
fn nothing_that_listens_and_nobody_to_ask() {
    let port = free_port();
    let output = Machine::new().run(&format!("up {port} --sandbox --once"));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 3
--- stderr
  ✗ app       nothing listens at `http://localhost:[PORT]`
              Connection refused (os error 111)
              CH0201

  → start the app, or let clerkhook serve one: `clerkhook up --serve`

"#]]
    );
}

#[test]
fn all_that_is_missing_is_told_at_once_each_with_its_fix() {
    let line = format!("up {} --once", free_port());
    assert_data_eq!(
        Machine::new().run(&line).snapshot(),
        str![[r#"
exit 3
--- stderr
error: 3 things are missing CH0110
  nothing listens at `http://localhost:[PORT]`: start the app, or let clerkhook serve one: `clerkhook up --serve`
  no ngrok agent found: install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`
  no Clerk secret key: copy it from the Clerk dashboard (Configure, API keys) and set `CLERK_SECRET_KEY=sk_test_…` in `.env.local`; without an account, try `clerkhook up --sandbox --serve`

  → neither account nor app yet? `clerkhook up --sandbox --serve`

"#]]
    );
    let error = Machine::new().run(&format!("{line} --json")).expect_code(3).error();
    let codes: Vec<_> = error["missing"].as_array().expect("a list").iter().map(|one| one["code"].clone()).collect();
    assert_eq!((&error["code"], codes), (&"CH0110".into(), vec!["CH0201".into(), "CH0301".into(), "CH0101".into()]));
    // One alone is told as ever, before anything is begun.
    let sandbox = Sandbox::start("");
    let output = Machine::with(&sandbox).without("CLERK_SECRET_KEY").run("up --serve --once --json").expect_code(3);
    assert_eq!(output.error()["code"], "CH0101");
    assert!(!output.stdout.contains("\"step\":\"tunnel\""), "{}", output.stdout);
}

#[test]
fn ctrl_c_takes_everything_down() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --json --no-env");
    let tunnel = up.wait_for_type("tunnel");
    up.wait_for_type("ready");
    let agent = tunnel["agent_pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).expect("a process");
    assert!(alive(agent));
    up.signal("INT");
    let output = up.finish().expect_code(0);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert!(!alive(agent), "the agent still runs");
    assert!(std::fs::read_dir(machine.state().join("setups")).is_ok_and(|mut files| files.next().is_none()));
}

/// The built-in app on a free port.
pub fn serve(machine: &Machine, args: &str) -> (Running, u64) {
    let mut app = machine.start(&format!("serve --port 0 --json {args}"));
    let port = app.wait_for_type("serving")["port"].as_u64().expect("a port");
    (app, port)
}

#[test]
fn a_second_up_shows_and_proves_the_first() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let (_app, port) = serve(&machine, "");
    let mut first = machine.start(&format!("up {port} --json --no-env"));
    let ready = first.wait_for_type("ready");
    assert_data_eq!(
        machine.run(&format!("up {port} --no-env")).snapshot(),
        str![[r#"
exit 0
--- stderr
  note: `up` runs already for http://localhost:[PORT] (process [PID]); this shows that one
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] for http://127.0.0.1:[PORT]/api/webhooks
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid

"#]]
    );
    // The first goes on.
    assert_eq!(machine.run("send-test --json").expect_code(0).of_type("proof").len(), 1);
    first.signal("INT");
    let output = first.finish().expect_code(0);
    assert_eq!(output.of_type("delivery").len(), 2, "{}", output.stdout);
    assert!(ready["endpoint_id"].is_string());
}
