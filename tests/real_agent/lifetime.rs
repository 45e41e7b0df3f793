//! The agent's life: found, started, left by a killed clerkhook, stopped.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::fixture::{PATIENCE, alive, free_port};
use crate::stand::{Stand, eventually};
use crate::visitor::get;
use crate::walkthrough::{ended, serve};

pub fn ctrl_c_ends_the_tunnel() {
    ends_the_tunnel("INT");
}

pub fn sigterm_ends_the_tunnel() {
    ends_the_tunnel("TERM");
}

pub fn sighup_ends_the_tunnel() {
    ends_the_tunnel("HUP");
}

fn ends_the_tunnel(name: &str) {
    let stand = Stand::new();
    let mut tunnel = stand.start(&format!("tunnel {}", free_port()));
    let url = tunnel.wait_for("the URL", |line| line.starts_with("http://127.0.0.1:"));
    assert_eq!(get(&url, "/").map(|answer| answer.status), Some(502), "the agent serves the URL");
    let agents = stand.agents();
    assert_eq!(agents.len(), 1, "{agents:?}");
    tunnel.signal(name);
    tunnel.finish().expect_code(0);
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn ctrl_c_while_the_edge_is_slow_leaves_no_agent() {
    let stand = Stand::new();
    stand.edge.delay(PATIENCE);
    let tunnel = stand.start(&format!("tunnel {}", free_port()));
    eventually("an agent that asks for a session", || stand.edge.asked_for_sessions().pop());
    assert_eq!(stand.agents().len(), 1);
    tunnel.signal("INT");
    tunnel.finish().expect_code(130);
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn a_slow_edge_is_waited_for() {
    let stand = Stand::new();
    stand.edge.delay(Duration::from_secs(2));
    let mut tunnel = stand.start(&format!("tunnel {} --json", free_port()));
    tunnel.wait_for_type("tunnel");
    ended(tunnel);
}

pub fn a_running_agent_is_reused_and_left_running() {
    let stand = Stand::with_services();
    let port = free_port();
    let agent = stand.agent_by_hand(port);
    let stand = stand.looks_at(&agent);
    let app = serve(&stand, port);
    let output = stand.start(&format!("up {port} --once --json --no-env")).finish().expect_code(0);
    let tunnel = &output.of_type("tunnel")[0];
    assert_eq!((&tunnel["started_by_us"], &tunnel["agent_pid"]), (&false.into(), &Value::Null));
    assert_eq!(tunnel["api_url"], format!("http://{}", agent.api));
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "kept");
    assert!(alive(agent.running.child.id()), "it was not ours to stop");
    assert_eq!(get(&agent.url, "/").map(|answer| answer.status), Some(200));
    drop(app);
}

pub fn an_agent_for_another_app_is_not_used() {
    let stand = Stand::new();
    let agent = stand.agent_by_hand(free_port());
    let stand = stand.looks_at(&agent);
    let mut tunnel = stand.start(&format!("tunnel {} --json", free_port()));
    let told = tunnel.wait_for_type("tunnel");
    assert_eq!(told["started_by_us"], true);
    assert_ne!(told["api_url"], format!("http://{}", agent.api));
    ended(tunnel);
    assert_eq!(stand.agents(), [agent.running.child.id()]);
}

pub fn another_web_address_is_found_when_the_default_one_is_taken() {
    let stand = Stand::new();
    // By this test, once no agent of another test has it any more.
    let _held = eventually("the default address is free", || TcpListener::bind("127.0.0.1:4040").ok());
    let mut tunnel = stand.start(&format!("tunnel {} --json", free_port()));
    let told = tunnel.wait_for_type("tunnel");
    let api = told["api_url"].as_str().expect("an address");
    assert!(!api.ends_with(":4040"), "{api}");
    assert_eq!(get(api, "/api/tunnels").map(|answer| answer.status), Some(200));
    ended(tunnel);
}

pub fn an_agent_that_a_killed_clerkhook_left_is_ended_and_named() {
    let stand = Stand::new();
    let line = format!("tunnel {} --json", free_port());
    let left = (0..10).find_map(|_| left_behind(&stand, &line)).expect("an agent that stays");
    let mut tunnel = stand.start(&line);
    tunnel.wait_for_type("tunnel");
    assert!(!alive(left));
    assert_eq!(stand.agents().len(), 1);
    let output = ended(tunnel);
    assert!(output.stderr.contains(&format!("ended the ngrok agent (process {left})")), "{}", output.stderr);
}

/// Kills clerkhook and makes its agent hang; nothing where the agent was quicker, as it ends when nobody reads its log.
fn left_behind(stand: &Stand, line: &str) -> Option<u32> {
    let mut tunnel = stand.start(line);
    tunnel.wait_for_type("tunnel");
    let [agent] = stand.agents()[..] else { panic!("{:?}", stand.agents()) };
    tunnel.signal("KILL");
    tunnel.finish();
    // Not before: the system ends what is stopped when it loses its parent.
    let _ = Command::new("kill").arg("-STOP").arg(agent.to_string()).output();
    alive(agent).then_some(agent)
}

/// When the edge gives another address after a loss, the agent neither logs nor lists it: it goes on with the one that
/// nobody serves any more.
pub fn a_listed_url_that_nobody_serves_is_no_tunnel() {
    let stand = Stand::with_services();
    let port = free_port();
    let agent = stand.agent_by_hand(port);
    let stand = stand.looks_at(&agent);
    let register =
        |code| stand.start(&format!("register --upstream {port} --json --no-env")).finish().expect_code(code);
    let first = register(0).of_type("endpoint").remove(0);
    assert_eq!(first["action"], "created");

    stand.edge.give_new_addresses();
    stand.edge.drop_sessions();
    eventually("the URL is gone", || get(&agent.url, "/").filter(|answer| answer.status == 404));
    assert!(get(&agent.api, "/api/tunnels").is_some_and(|listed| listed.body.contains(&agent.url)));
    let refused = register(5);
    assert!(refused.stderr.contains("not online (ERR_NGROK_3200)"), "{refused:?}");

    let mut tunnel = stand.start(&format!("tunnel {port} --json"));
    let told = tunnel.wait_for_type("tunnel");
    assert_eq!(told["started_by_us"], true);
    let second = register(0).of_type("endpoint").remove(0);
    assert_eq!((&second["action"], &second["endpoint_id"]), (&"updated".into(), &first["endpoint_id"]));
    assert!(second["url"].as_str().zip(told["public_url"].as_str()).is_some_and(|(new, url)| new.starts_with(url)));
    ended(tunnel);
}
