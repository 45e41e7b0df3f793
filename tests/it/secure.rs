//! `secure`: forged events are refused, genuine ones arrive, by whichever means the agent has; and it can be undone.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, Sandbox, agents, free_port, signal};
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, post};

fn told(output: &Output) -> Value {
    output.of_type("secured")[0].clone()
}

/// The arguments of the sandbox's one agent.
fn arguments(stand: &Stand) -> Vec<String> {
    let running = agents(stand.machine.sandbox());
    let [agent] = running[..] else { panic!("{running:?}") };
    let line = std::fs::read(format!("/proc/{agent}/cmdline")).expect("a command line");
    String::from_utf8_lossy(&line).split('\0').map(str::to_owned).collect()
}

/// The file that the agent reads its policy from.
fn policy_file(stand: &Stand) -> PathBuf {
    let arguments = arguments(stand);
    let flag = arguments.iter().position(|word| word == "--traffic-policy-file").expect("a policy file");
    arguments[flag + 1].clone().into()
}

fn assert_verified(stand: &Stand) {
    let seen = stand.app.count();
    assert_eq!((stand.forge(), stand.app.count()), (403, seen));
    assert_eq!(stand.deliver_signed(&stand.secret(), "msg_genuine", 0, "{}"), 200);
    assert_eq!(stand.app.count(), seen + 1);
}

#[test]
fn a_policy_and_a_restart_keep_the_url_and_the_secret() {
    let stand = Stand::start("");
    assert_eq!(stand.forge(), 200);
    assert_data_eq!(
        stand.run("secure").snapshot(),
        str![[r#"
exit 0
--- stdout
  ✓ secure    http://127.0.0.1:[PORT] verified at the edge (policy-restart): forged → 403, genuine → 200

"#]]
    );
    let secured = told(&stand.run("secure --json").expect_code(0));
    assert_eq!(secured["mechanism"], "policy-restart");
    assert_eq!((&secured["public_url"], &secured["enforced"]), (&stand.ready["public_url"], &json!(true)));
    assert_eq!(secured["proof"], json!({"forged": 403, "genuine": 200}));
    assert_verified(&stand);
    assert_eq!(stand.get("/about"), 403, "every path is verified");
    let (file, secret) = (policy_file(&stand), stand.secret());
    assert_eq!(std::fs::metadata(&file).expect("a policy").permissions().mode() & 0o777, 0o600);
    assert!(std::fs::read_to_string(&file).expect("a policy").contains(&secret));
    assert!(!arguments(&stand).concat().contains(&secret));
    assert!(stand.run("status").stdout.contains("policy-restart"));
    let output = stand.end();
    assert!(!file.exists());
    assert!(!format!("{}{}", output.stdout, output.stderr).contains(&secret));
}

#[test]
fn every_path_or_none_as_wished() {
    let stand = Stand::start("");
    for (line, about) in [("secure --all-paths", 403), ("secure --webhook-path-only", 200), ("secure", 403)] {
        stand.run(line).expect_code(0);
        assert_eq!((stand.get("/about"), stand.forge()), (about, 403), "{line}");
    }
    let output = stand.run("secure --observe");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
  ! secure    http://127.0.0.1:[PORT] observed, not refused (policy-restart): genuine → 200

"#]]
    );
    assert_eq!((stand.get("/about"), stand.forge()), (200, 200));
    stand.run("secure").expect_code(0);
    assert_eq!(stand.forge(), 403);
    assert_data_eq!(
        stand.run("secure --off").snapshot(),
        str![[r#"
exit 0
--- stdout
  ! secure    http://127.0.0.1:[PORT] not verified (policy-restart): genuine → 200

"#]]
    );
    assert_eq!(stand.forge(), 200);
    assert!(!arguments(&stand).concat().contains("policy"));
    assert!(stand.run("status").stdout.contains("off"));
}

/// Spellings of the webhook path that one router or another takes for it.
const SPELLINGS: [&str; 18] = [
    "/api/webhooks/",
    "/API/Webhooks",
    "/api//webhooks",
    "//api/webhooks",
    "/./api/webhooks",
    "/x/../api/webhooks",
    "/x/%2e%2e/api/webhooks",
    "/api/%77ebhooks",
    "/api/%2577ebhooks",
    "/api%2fwebhooks",
    "/api\\webhooks",
    "/api/webhooks;v=1",
    "/api;v=1/webhooks",
    "/api/webhooks.json",
    "/api/webhooks/clerk",
    "/index.php/api/webhooks",
    "//x.example/api/webhooks",
    "/api/webhooks?x=1",
];

fn post_unsigned(stand: &Stand, path: &str) -> String {
    post(stand.public(), path, &[("svix-id", "msg_forged")], b"{}")
}

#[test]
fn a_stranger_chooses_no_host() {
    let stand = Stand::start("");
    let elsewhere = RawApp::answering(OK);
    let targets = [
        format!("//127.0.0.1:{}/file", elsewhere.port),
        format!("/\\127.0.0.1:{}/file", elsewhere.port),
        format!("http://127.0.0.1:{}/file", elsewhere.port),
        format!("/@127.0.0.1:{}/file", elsewhere.port),
    ];
    for line in ["secure --local", "secure --local --webhook-path-only", "secure --local --observe"] {
        stand.run(line).expect_code(0);
        for target in &targets {
            post_unsigned(&stand, target);
            stand.get(target);
        }
        assert_eq!(elsewhere.count(), 0, "{line}");
    }
}

#[test]
fn no_spelling_walks_round_it() {
    let stand = Stand::start("");
    for line in ["secure --local", "secure", "secure --local --webhook-path-only", "secure --webhook-path-only"] {
        stand.run(line).expect_code(0);
        let seen = stand.app.count();
        for path in SPELLINGS {
            let answer = post_unsigned(&stand, path);
            assert!(answer.starts_with("HTTP/1.1 403"), "{line}: {path}: {answer}");
        }
        assert_eq!(stand.app.count(), seen, "{line}");
        let elsewhere = ["/", "/about?next=/api/webhooks", "/assets/.vite/deps/react.js", "/_next/%5Bid%5D/page.js"];
        for path in elsewhere {
            assert_eq!(stand.get(path), if line.contains("only") { 200 } else { 403 }, "{line}: {path}");
        }
    }
}

#[test]
fn a_spelling_that_gets_through_is_named() {
    let stand = Stand::start("--fault agent=lax");
    assert_data_eq!(
        stand.run("secure").snapshot(),
        str![[r#"
exit 7
--- stderr
error: verification does not hold: a forged event passed as `/API/WEBHOOKS` CH0903

  → have clerkhook verify instead of the edge: `clerkhook secure --local`

"#]]
    );
    // The hint helps.
    stand.run("secure --local").expect_code(0);
}

#[test]
fn in_place_needs_no_restart_and_outlives_the_agent() {
    let mut stand = Stand::start("");
    let before = agents(stand.machine.sandbox());
    let secured = told(&stand.run("secure --in-place --json").expect_code(0));
    assert_eq!((&secured["mechanism"], &secured["public_url"]), (&json!("policy-update"), &stand.ready["public_url"]));
    assert_eq!(agents(stand.machine.sandbox()), before);
    assert_verified(&stand);
    // An agent that is started anew verifies too.
    signal(before[0], "KILL");
    stand.up.wait_for("the agent", |line| line.contains("is back"));
    assert_verified(&stand);
    stand.run("secure --off --in-place").expect_code(0);
    assert_eq!(stand.forge(), 200);
}

#[test]
fn agents_that_take_no_policy_in_place_are_restarted() {
    let stand = Stand::start("--sandbox-agent 3.29.0");
    let output = stand.run("secure --in-place --json").expect_code(0);
    assert_eq!(told(&output)["mechanism"], "policy-restart");
    assert_verified(&stand);
    let output = stand.end();
    assert!(output.stderr.contains("the agent takes no policy in place"), "{}", output.stderr);
}

#[test]
fn before_policies_a_flag_is_warned_of() {
    let stand = Stand::start("--sandbox-agent 3.9.0");
    let output = stand.run("secure --json").expect_code(0);
    assert_eq!(told(&output)["mechanism"], "flag-restart");
    assert_verified(&stand);
    // A flag cannot observe, so the gateway does.
    assert_eq!(told(&stand.run("secure --observe --json").expect_code(0))["mechanism"], "gateway");
    assert_eq!(stand.forge(), 200);
    let output = stand.end();
    assert!(output.stderr.contains("it shows in the process list"), "{}", output.stderr);
}

#[test]
fn a_gateway_stands_in_front_of_the_app_for_any_agent() {
    for (sandbox, line) in [("", "secure --local"), ("--sandbox-agent 2.3.41", "secure")] {
        let stand = Stand::start(sandbox);
        let output = stand.run(line).expect_code(0);
        assert!(output.stdout.contains("verified in front of the app (gateway)"), "{}", output.stdout);
        assert!(!arguments(&stand).concat().contains("verify"));
        let seen = stand.app.count();
        // Agents 2.x get another URL at each start.
        let secured = told(&stand.run(&format!("{line} --json")).expect_code(0));
        let ready = json!({"public_url": secured["public_url"], "endpoint_id": stand.ready["endpoint_id"]});
        let stand = Stand { ready, ..stand };
        assert_eq!(stand.app.count(), seen + 1, "the genuine event alone");
        assert_verified(&stand);
        assert_eq!(stand.get("/about?x=1"), 403);
        // The deliveries are still the app's, and `status` knows.
        assert!(stand.run("status").stdout.contains("gateway"));
        stand.run("secure --off").expect_code(0);
    }
}

#[test]
fn what_the_gateway_refused_is_a_delivery_with_its_verdict() {
    let mut stand = Stand::start("");
    stand.run("secure --local").expect_code(0);
    let seen = stand.app.count();
    assert_eq!(stand.forge(), 403);
    let shown = stand.up.wait_for("the forged one", |line| line.contains("msg_forged"));
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    assert_eq!((&shown["status_code"], &shown["signature"]), (&json!(403), &json!("invalid")), "{shown}");
    assert_eq!(shown["origin"], "other", "{shown}");
    assert_eq!(stand.app.count(), seen);
    assert_eq!(stand.deliver("msg_good", r#"{"type":"user.created"}"#), 200);
    let output = stand.machine.run("events show msg_good").expect_code(0);
    assert!(output.stdout.contains("the gateway"), "{}", output.stdout);
    let raw = stand.machine.run("events list --json --origin check").expect_code(0);
    let Stand { machine, up, .. } = stand;
    up.signal("INT");
    let output = up.finish().expect_code(0);
    // Its own forged events are kept as what they are, and no news.
    assert!(!raw.of_type("delivery").is_empty());
    assert!(output.of_type("delivery").iter().all(|delivery| delivery["origin"] != "check"), "{}", output.stdout);
    let forged = machine.run("events list --json --origin other --invalid").expect_code(0).of_type("delivery");
    assert_eq!(forged.len(), 1, "seen by the agent and by the gateway, it is one: {forged:?}");
}

#[test]
fn without_a_set_up_it_keeps_one_of_its_own() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let app = RawApp::answering(OK);
    assert_data_eq!(
        machine.run(&format!("secure {} --once", app.port)).snapshot(),
        str![[r#"
exit 0
--- stdout
  ✓ secure    http://127.0.0.1:[PORT] verified at the edge (policy-restart): forged → 403, genuine → 200
--- stderr
  ✓ app       http://localhost:[PORT] answers
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  ✓ secret    CLERK_WEBHOOK_SIGNING_SECRET written to .env.local; restart the app to load it
  ✓ test      user.created msg_[ID] → Clerk accepted → delivered → app answered 200 in [MS] ms, signature valid
  Stopped: the test event, endpoint disabled.

"#]]
    );
    assert_eq!(app.count(), 1);
    assert_eq!((agents(&sandbox).len(), machine.setups()), (0, 0));
    let mut secure = machine.start(&format!("secure {} --json", app.port));
    let ready = secure.wait_for_type("ready");
    assert_eq!(ready["secured"], true);
    machine.run("send-test").expect_code(0);
    secure.wait_for_type("delivery");
    secure.signal("INT");
    secure.finish().expect_code(0);
    assert_eq!((agents(&sandbox).len(), machine.setups()), (0, 0));
    assert_eq!(machine.run("secure --off --json").expect_code(5).error()["code"], "CH0310");
    let error = machine.run(&format!("secure {} --json", free_port())).expect_code(3).error();
    assert_eq!(error["code"], "CH0201");
}

#[test]
fn an_app_that_is_down_is_named_and_nothing_is_restarted() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let (app, port) = crate::serve::serve(&machine, "");
    let mut up = machine.start(&format!("up {port} --no-env --no-test --json"));
    up.wait_for_type("ready");
    let before = agents(&sandbox);
    app.signal("INT");
    app.finish().expect_code(0);
    assert_data_eq!(
        machine.run("secure").snapshot(),
        str![[r#"
exit 3
--- stderr
error: nothing listens at `http://localhost:[PORT]` CH0201
  Connection refused (os error 111)

  → start the app, or let clerkhook serve one: `clerkhook up --serve`

"#]]
    );
    assert_eq!(agents(&sandbox), before);
}

#[test]
fn a_policy_that_is_refused_leaves_all_as_it_was() {
    for fault in ["2201", "9016"] {
        let mut stand = Stand::start(&format!("--fault agent={fault}"));
        let output = stand.run("secure");
        if fault == "9016" {
            assert_data_eq!(
                output.snapshot(),
                str![[r#"
exit 5
--- stderr
error: ngrok refused: the account may not have the edge verify webhooks (ERR_NGROK_9016) CH0304
  failed to start tunnel: Failed to parse the traffic policy: your account is not authorized to use webhook verification

  → have clerkhook verify instead: `clerkhook secure --local`

"#]]
            );
        }
        output.expect_code(5);
        assert_eq!(stand.deliver("msg_1", "{}"), 200);
        assert_eq!(stand.forge(), 200);
        assert!(stand.run("status").stdout.contains("online"), "the state file names the new agent");
        // The hint helps.
        stand.run("secure --local").expect_code(0);
        assert_eq!(stand.forge(), 403);
        assert!(stand.end().stderr.contains("the agent runs again as before"));
    }
}

#[test]
fn an_end_of_secure_is_no_end_of_up() {
    let stand = Stand::start("--fault agent=slow:500ms");
    let before = agents(stand.machine.sandbox());
    let asking = stand.machine.start("secure --json");
    while agents(stand.machine.sandbox()) == before {}
    asking.signal("INT");
    asking.finish().expect_code(130);
    // The next question waits until the restart is over.
    assert_eq!(told(&stand.run("secure --json").expect_code(0))["enforced"], true);
    assert_verified(&stand);
    stand.end();
}

#[test]
fn an_end_of_up_while_it_restarts_leaves_nothing_behind() {
    let stand = Stand::start("--fault agent=slow:2s");
    let before = agents(stand.machine.sandbox());
    let asking = stand.machine.start("secure --json");
    while agents(stand.machine.sandbox()) == before {}
    stand.up.signal("INT");
    let output = stand.up.finish().expect_code(0);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert!(asking.finish().code.is_some_and(|code| code != 0));
    assert_eq!((agents(stand.machine.sandbox()).len(), stand.machine.setups()), (0, 0));
}

#[test]
fn a_dry_run_says_where_it_would_happen() {
    let stand = Stand::start("");
    assert_data_eq!(
        stand.run("secure --dry-run").snapshot(),
        str![[r#"
exit 0
--- stdout
  tunnel    change  the running set-up, with verification on

"#]]
    );
    assert_eq!(stand.forge(), 200);
}
