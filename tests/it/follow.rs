//! What happens to a running set-up: the agent dies, the session drops, the URL changes, Svix disables the endpoint.

use serde_json::json;
use snapbox::{assert_data_eq, str};

use crate::account::Account;
use crate::fixture::{Machine, Sandbox, agents, signal};
use crate::stand::{OK, Stand};
use crate::wire::{RawApp, create_user};

fn kill_agent(stand: &Stand) -> u32 {
    let running = agents(stand.machine.sandbox());
    let [agent] = running[..] else { panic!("{running:?}") };
    signal(agent, "KILL");
    agent
}

#[test]
fn an_agent_that_is_killed_comes_back_at_the_same_url() {
    let mut stand = Stand::start("");
    for round in 0..2 {
        kill_agent(&stand);
        let told = stand.up.wait_for_type("tunnel");
        assert_eq!(told["public_url"], stand.ready["public_url"], "round {round}");
        stand.run("status").expect_code(0);
        assert_eq!(stand.deliver(&format!("msg_{round}"), "{}"), 200);
    }
    let output = stand.end();
    assert_eq!(output.of_type("stopped")[0]["deliveries"], 2);
    assert!(output.of_type("proof").is_empty(), "the endpoint needs no proof of the same URL");
    let steps: Vec<_> = output.of_type("step").iter().map(|step| step["detail"].clone()).collect();
    assert!(steps.iter().any(|detail| detail.as_str().is_some_and(|detail| detail.contains("signal 9"))), "{steps:?}");
}

#[test]
fn an_agent_that_dies_at_once_again_and_again_is_given_up() {
    let stand = Stand::start("");
    let directory = stand.machine.sandbox().agent_directory();
    let settings = directory.join("agent.json");
    let text = std::fs::read_to_string(&settings).expect("settings");
    std::fs::write(&settings, text.replace("\"faults\": []", "\"faults\": [\"exit:0s\"]")).expect("written");
    let sandbox_agents = || agents(stand.machine.sandbox());
    kill_agent(&stand);
    let up = stand.up;
    let output = up.finish().expect_code(5);
    assert_eq!(output.error()["code"], "CH0305");
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!((sandbox_agents().len(), stand.machine.setups()), (0, 0));
}

#[test]
fn a_session_that_drops_is_shown_and_back() {
    let mut stand = Stand::start("--fault agent=drop:1s");
    let agent = agents(stand.machine.sandbox());
    // A session that is back at once may be told as back alone.
    stand.up.wait_for("the return", |line| line.contains("is back online"));
    assert_eq!(agents(stand.machine.sandbox()), agent);
    assert_eq!(stand.deliver("msg_1", "{}"), 200);
    stand.end();
}

#[test]
fn the_endpoint_follows_a_url_that_changes() {
    let mut stand = Stand::start("--fault agent=319");
    let (id, secret) = (stand.ready["endpoint_id"].as_str().expect("an id").to_owned(), stand.secret());
    stand.run("secret write --env-file .env.local").expect_code(0);
    let env = stand.machine.read(".env.local");
    let account = Account::at(stand.machine.sandbox());
    kill_agent(&stand);
    let told = stand.up.wait_for_type("tunnel");
    assert_ne!(told["public_url"], stand.ready["public_url"]);
    let proof = stand.up.wait_for_type("proof");
    assert_eq!(proof["status_code"], 200);
    let endpoint = account.endpoint(&id);
    assert_eq!(endpoint["url"], format!("{}/api/webhooks", told["public_url"].as_str().expect("a URL")));
    assert_eq!((stand.secret(), stand.machine.read(".env.local")), (secret, env));
    let output = stand.end();
    assert_eq!(output.of_type("proof").len(), 1);
    assert_eq!(output.of_type("endpoint").last().expect("told")["endpoint_id"], id);
}

#[test]
fn what_does_not_hold_at_a_new_url_is_waited_for_and_the_end_is_a_clean_one() {
    const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno";
    let mut stand = Stand::with(Machine::with, RawApp::answering(REFUSAL), "--fault agent=319");
    kill_agent(&stand);
    stand.up.wait_for_type("tunnel");
    assert_eq!(stand.up.wait_for_type("waiting")["hop"], "app");
    // It was ready once, and was meant to end so.
    stand.up.signal("INT");
    let output = stand.up.finish().expect_code(0);
    assert_eq!((output.of_type("stopped").len(), output.stderr.as_str()), (1, ""));
}

#[test]
fn an_endpoint_that_svix_disables_is_enabled_again() {
    let machine = |sandbox: &_| Machine::with(sandbox).set("CLERKHOOK_ENDPOINT_CHECK", "0.3");
    let mut stand = Stand::with(machine, RawApp::answering(OK), "");
    let account = Account::at(stand.machine.sandbox());
    let id = stand.ready["endpoint_id"].as_str().expect("an id").to_owned();
    account.patch(&id, json!({"disabled": true}));
    let told = stand.up.wait_for_type("endpoint");
    assert_eq!((&told["endpoint_id"], &told["disabled"]), (&json!(id), &json!(false)));
    create_user(&stand.machine.sandbox().addresses, "ann");
    stand.up.wait_for_type("delivery");
    let line = stand.end().of_type("step").into_iter().rev().find(|step| step["step"] == "endpoint").expect("told");
    assert_data_eq!(
        crate::fixture::steady(line["detail"].as_str().unwrap_or_default()),
        str![[r#"
ep_[ID] updated: enabled again; user.created, user.deleted, user.updated

"#]]
    );
}

#[test]
fn the_agent_of_a_set_up_that_was_killed_is_ended_by_the_next_at_the_same_url() {
    let mut stand = Stand::start("");
    let orphan = agents(stand.machine.sandbox());
    let api = crate::wire::port_of(stand.up.seen_of_type("tunnel")["api_url"].as_str().expect("a URL"));
    stand.up.signal("KILL");
    let _ = stand.up.child.wait();
    let mut command = stand.machine.command(&["up", &stand.app.port.to_string(), "--once", "--no-env", "--json"]);
    command.env("CLERKHOOK_AGENT_PORTS", format!("{api}-{api}"));
    let output = stand.machine.watch(command).finish().expect_code(0);
    let told = &output.of_type("tunnel")[0];
    assert_eq!((&told["public_url"], &told["started_by_us"]), (&stand.ready["public_url"], &json!(true)));
    assert_eq!(output.of_type("proof")[0]["status_code"], 200);
    let ended = format!("ended the ngrok agent (process {})", orphan[0]);
    assert!(output.stderr.contains(&ended), "{}", output.stderr);
    assert_eq!((agents(stand.machine.sandbox()).len(), stand.machine.setups()), (0, 0));
}

#[test]
fn register_watches_a_tunnel_that_somebody_else_keeps() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut tunnel = machine.start("tunnel 3000 --json");
    let first = tunnel.wait_for_type("tunnel");
    let mut watch = machine.start("register --watch --upstream 3000 --no-env --json");
    let created = watch.wait_for_type("endpoint");
    assert_eq!(created["url"], format!("{}/api/webhooks", first["public_url"].as_str().expect("a URL")));
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
    let mut tunnel = machine.start("tunnel 3000 --json");
    let second = tunnel.wait_for_type("tunnel");
    let updated = watch.wait_for_type("endpoint");
    assert_eq!((&updated["action"], &updated["endpoint_id"]), (&json!("updated"), &created["endpoint_id"]));
    assert_eq!(updated["url"], format!("{}/api/webhooks", second["public_url"].as_str().expect("a URL")));
    watch.signal("INT");
    watch.finish().expect_code(0);
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}
