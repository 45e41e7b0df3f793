//! The agent that cannot be started: what is said, and that nothing is left behind.

use snapbox::{assert_data_eq, str};

use crate::fixture::{AGENT_CONFIG, Machine, Sandbox, agents, script};

/// `tunnel` with an agent that has this fault, and what it said. No agent outlives it.
fn tunnel_with(fault: &str) -> String {
    let sandbox = Sandbox::start(&format!("--fault agent={fault}"));
    let machine = Machine::with(&sandbox).set("CLERKHOOK_AGENT_TIMEOUT", "1");
    let output = machine.run("tunnel 3000");
    assert_eq!(agents(&sandbox), [0; 0], "an agent is left behind");
    output.snapshot()
}

#[test]
fn without_ngrok_the_hint_says_where_to_get_it() {
    assert_data_eq!(
        Machine::new().run("tunnel 3000").snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    no ngrok agent found
              `ngrok` is not on `PATH`
              CH0301

  → install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`

"#]]
    );
}

#[test]
fn a_named_file_that_is_missing_is_named() {
    assert_data_eq!(
        Machine::new().run("tunnel --ngrok-bin /nowhere/ngrok").snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    no ngrok agent found
              `/nowhere/ngrok`, from flag `--ngrok-bin`, is no program
              CH0301

  → install it from https://ngrok.com/download, or name it with `--ngrok-bin PATH`

"#]]
    );
}

#[test]
fn the_chmod_of_the_hint_helps() {
    let machine = Machine::new().file("agent", "#!/bin/sh\necho ngrok version 3.39.1\n");
    let output = machine.run("tunnel --ngrok-bin agent");
    let path = machine.project().join("agent");
    assert_data_eq!(
        output.snapshot().replace(&machine.project().display().to_string(), "[PROJECT]"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    `[PROJECT]/agent` cannot be run
              Permission denied (os error 13)
              CH0302

  → `chmod +x [PROJECT]/agent`, or name another one with `--ngrok-bin PATH`

"#]]
    );
    let hint = format!("chmod +x {}", path.display());
    assert!(output.stderr.contains(&hint));
    assert!(std::process::Command::new("sh").args(["-c", &hint]).status().expect("a shell").success());
    let output = machine.run("tunnel --ngrok-bin agent");
    assert!(!output.stderr.contains("cannot be run"), "{}", output.stderr);
}

#[test]
fn a_file_that_is_no_program_is_not_mended_by_chmod() {
    let machine = Machine::new();
    script(&machine.project(), "ngrok", "\u{7f}ELF, but not really");
    let output = machine.run("tunnel --ngrok-bin ./ngrok");
    assert_data_eq!(
        output.snapshot().replace(&machine.project().display().to_string(), "[PROJECT]"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    `[PROJECT]/./ngrok` cannot be run
              Exec format error (os error 8)
              CH0302

  → install ngrok anew from https://ngrok.com/download, or name another one with `--ngrok-bin PATH`

"#]]
    );
}

#[test]
fn another_program_of_that_name_is_found_out() {
    let machine = Machine::new();
    script(&machine.project(), "grok", "#!/bin/sh\necho I am a teapot\n");
    let output = machine.run("tunnel --ngrok-bin ./grok");
    assert_data_eq!(
        output.snapshot().replace(&machine.project().display().to_string(), "[PROJECT]"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    `[PROJECT]/./grok` does not say which ngrok version it is
              I am a teapot
              CH0303

  → name the real ngrok agent with `--ngrok-bin PATH`

"#]]
    );
}

#[test]
fn without_an_authtoken_the_hint_says_where_to_get_one() {
    assert_data_eq!(
        tunnel_with("4018"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: it has no authtoken (ERR_NGROK_4018)
              authentication failed: Usage of ngrok requires a verified account and authtoken.
              Sign up for an account: https://dashboard.ngrok.com/signup
              Install your authtoken: https://dashboard.ngrok.com/get-started/your-authtoken
              CH0304

  → copy it from https://dashboard.ngrok.com/get-started/your-authtoken, then `ngrok config add-authtoken TOKEN`

"#]]
    );
}

#[test]
fn a_malformed_authtoken_is_not_repeated() {
    let sandbox = Sandbox::start("");
    let token = "my-own-odd-token";
    let machine = Machine::with(&sandbox).secret("NGROK_AUTHTOKEN", token);
    assert_data_eq!(
        machine.run("tunnel 3000").snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: the authtoken is malformed (ERR_NGROK_105)
              authentication failed: The authtoken you specified does not look like a proper ngrok authtoken.
              Your authtoken: …oken
              Instructions to install your authtoken are on your ngrok dashboard:
              https://dashboard.ngrok.com/get-started/your-authtoken
              CH0304

  → it may be cut, quoted or an API key: copy it again from https://dashboard.ngrok.com/get-started/your-authtoken, then `ngrok config add-authtoken TOKEN`

"#]]
    );
    // The same where the agent has it from its own config.
    let config = format!("version: 3\nagent:\n  authtoken: {token}\n");
    let mut machine = Machine::with(&sandbox).without(AGENT_CONFIG).file("own.yml", &config);
    machine.hide(token);
    let output = machine.run("tunnel 3000 --ngrok-config own.yml -vv");
    assert!(output.stderr.contains("ERR_NGROK_105"), "{}", output.stderr);
}

#[test]
fn an_agent_that_is_too_old_is_to_be_updated() {
    assert_data_eq!(
        tunnel_with("121"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: this agent is too old (ERR_NGROK_121)
              authentication failed: Your ngrok-agent version "3.39.10" is too old. The minimum supported agent version for your account is "3.20.0". Please update to a newer version with `ngrok update`, or by downloading from https://ngrok.com/download.
              CH0304

  → run `ngrok update`; if a package manager installed it, update it there, for example `brew upgrade ngrok`

"#]]
    );
}

#[test]
fn the_accounts_sessions_may_be_used_up() {
    assert_data_eq!(
        tunnel_with("108"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: the account has its full number of agents online (ERR_NGROK_108)
              authentication failed: Your account is limited to 3 simultaneous ngrok agent sessions.
              Active ngrok agent sessions in region 'us':
              - ts_2sandbox000000000000000000 (127.0.0.1)
              You can view and stop them on your dashboard: https://dashboard.ngrok.com/agents
              CH0304

  → stop another agent (https://dashboard.ngrok.com/agents); one that runs on this machine is used when it serves the same app

"#]]
    );
}

#[test]
fn a_url_in_use_is_free_again_some_time_later() {
    let sandbox = Sandbox::start("--fault agent=334:1");
    let machine = Machine::with(&sandbox);
    assert_data_eq!(
        machine.run("tunnel 3000").snapshot(),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    ngrok refused: another agent already serves this URL (ERR_NGROK_334)
              failed to start tunnel: The endpoint 'https://quiet-owl.ngrok-free.dev' is already online. Either
              1. stop your existing endpoint first, or
              2. start both endpoints with `--pooling-enabled` to load balance between them.
              CH0304

  → stop the other agent (https://dashboard.ngrok.com/agents) and run it again; a URL is free again some seconds after its agent stopped

"#]]
    );
    // "and run it again"
    let mut again = machine.start("tunnel 3000 --json");
    again.wait_for_type("tunnel");
    again.signal("INT");
    again.finish().expect_code(0);
}

#[test]
fn an_agent_that_dies_before_it_is_ready_has_its_last_lines_shown() {
    assert_data_eq!(
        tunnel_with("exit:0s"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    the ngrok agent ended before the tunnel was up (exit 1)
              open config file
              starting web service
              CH0305

  → run `ngrok diagnose` to test its connection; `clerkhook doctor` checks the rest

"#]]
    );
}

#[test]
fn an_agent_that_is_never_ready_is_given_up() {
    assert_data_eq!(
        tunnel_with("hang"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    the ngrok agent was not ready within 1 s
              open config file
              starting web service
              CH0306

  → run `ngrok diagnose` to test its connection; `clerkhook doctor` checks the rest

"#]]
    );
}

#[test]
fn an_agent_that_ignores_signals_is_killed() {
    assert_data_eq!(
        tunnel_with("hang:hard"),
        str![[r#"
exit 5
--- stderr
  ✗ tunnel    the ngrok agent was not ready within 1 s
              open config file
              starting web service
              CH0306

  → run `ngrok diagnose` to test its connection; `clerkhook doctor` checks the rest

"#]]
    );
}

#[test]
fn a_malformed_time_limit_is_named() {
    let machine = Machine::new().set("CLERKHOOK_AGENT_TIMEOUT", "soon");
    assert_data_eq!(
        machine.run("tunnel 3000").snapshot(),
        str![[r#"
exit 3
--- stderr
error: `soon` from environment variable `CLERKHOOK_AGENT_TIMEOUT` is no number of seconds CH0105
  expected for example `15`

  → correct it where it was set, or remove it to use the default

"#]]
    );
}

#[test]
fn an_agent_that_dies_later_ends_up_and_its_endpoint_rests() {
    let sandbox = Sandbox::start("--fault agent=exit:1s");
    let machine = Machine::with(&sandbox);
    let mut up = machine.start("up --serve --no-env --json");
    up.wait_for_type("ready");
    let output = up.finish().expect_code(5);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    let error: serde_json::Value = serde_json::from_str(output.stderr.trim()).expect("one JSON line");
    assert_eq!(
        (&error["code"], &error["message"]),
        (&"CH0309".into(), &"the ngrok agent ended while it was needed (exit 1)".into())
    );
    assert!(error["cause"].as_str().is_some_and(|cause| cause.contains("started tunnel")), "{error}");
    let remote = machine.run("status --remote").expect_code(0);
    assert!(remote.stdout.contains("disabled, http://127.0.0.1:"), "{}", remote.stdout);
}
