//! A running set-up goes on: the agent dies, its session is lost, its URL changes.

use serde_json::Value;

use crate::fixture::{Running, signal};
use crate::stand::{Stand, eventually};
use crate::visitor::{deliver, get};
use crate::walkthrough::{ended, listening};

const EVENT: &[u8] = br#"{"type":"user.updated"}"#;

pub fn an_agent_that_is_killed_is_started_again() {
    let stand = Stand::with_services();
    let (mut up, url, secret) = listening(&stand, "up --serve");
    let [first] = stand.agents()[..] else { panic!("{:?}", stand.agents()) };
    signal(first, "KILL");
    let warning = warning(&mut up);
    assert!(warning.contains("signal 9") && warning.contains("starting it again"), "{warning}");
    let now = follows(&stand, &mut up, &url, &secret);
    assert_eq!(stand.agents().iter().map(|id| Value::from(*id)).collect::<Vec<_>>(), [now["agent_pid"].clone()]);
    assert_ne!(now["agent_pid"], first);
    ended_after_one_more_proof(up);
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn an_agent_that_dies_again_and_again_ends_the_set_up() {
    let stand = Stand::with_services();
    let (mut up, ..) = listening(&stand, "up --serve");
    for _ in 0..3 {
        signal(stand.agents()[0], "KILL");
        up.wait_for_type("proof");
    }
    signal(stand.agents()[0], "KILL");
    let output = up.finish().expect_code(5);
    let error = output.error();
    assert_eq!(error["code"], "CH0309");
    assert!(error["message"].as_str().is_some_and(|message| message.contains("signal 9")), "{error}");
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn a_lost_session_comes_back_and_so_do_deliveries() {
    let stand = Stand::with_services();
    let (mut up, url, secret) = listening(&stand, "up --serve");
    let agents = stand.agents();
    stand.edge.drop_sessions();
    let again = eventually("the agent binds again", || stand.edge.asked_for_addresses().get(1).cloned());
    assert_eq!(again["Id"], "1", "it asks for the same address");
    eventually("the tunnel serves again", || get(&url, "/").filter(|answer| answer.status == 200));
    assert_eq!(deliver(&url, &secret, "msg_after", EVENT).status, 200);
    up.wait_for("the delivery", |line| line.contains("\"msg_after\""));
    assert_eq!(stand.agents(), agents, "the same agent");
    ended(up);
}

/// The agent itself goes on with the old URL, which nobody serves any more (seen on 2.3.41).
pub fn a_new_url_after_a_lost_session_is_followed() {
    let stand = Stand::with_services();
    let (mut up, url, secret) = listening(&stand, "up --serve");
    stand.edge.give_new_addresses();
    stand.edge.drop_sessions();
    let before = eventually("the URL is gone", || get(&url, "/").filter(|answer| answer.status == 404));
    assert!(before.body.contains("ERR_NGROK_3200"), "{}", before.body);
    up.wait_for("the edge's word", |line| line.contains("ERR_NGROK_3200"));
    follows(&stand, &mut up, &url, &secret);
    let output = ended_after_one_more_proof(up);
    let told = |words: &str| output.of_type("step").iter().any(|step| step["detail"].to_string().contains(words));
    assert!(told("is back online"), "{}", output.stdout);
}

/// The endpoint is led to another URL than `old`, with the same secret, and events arrive there. What is told of the
/// tunnel now.
fn follows(stand: &Stand, up: &mut Running, old: &str, secret: &str) -> Value {
    let file = stand.machine.read(".env.local");
    let tunnel = up.wait_for_type("tunnel");
    let url = tunnel["public_url"].as_str().expect("a URL");
    assert_ne!(url, old);
    let endpoint = up.wait_for_type("endpoint");
    assert_eq!((&endpoint["action"], &endpoint["url"]), (&"updated".into(), &format!("{url}/").into()));
    let proof = up.wait_for_type("proof");
    assert_eq!(proof["status_code"], 200, "{proof}");
    assert_eq!(deliver(url, secret, "msg_after", EVENT).status, 200);
    let delivery = up.wait_for_type("delivery");
    assert_eq!((&delivery["message_id"], &delivery["signature"]), (&"msg_after".into(), &"valid".into()), "{delivery}");
    assert_eq!(stand.machine.read(".env.local"), file);
    assert_eq!(get(old, "/").map(|answer| answer.status), Some(404), "nobody serves the old URL");
    tunnel
}

/// The first proof and that of the new URL; one endpoint all the while.
fn ended_after_one_more_proof(up: Running) -> crate::fixture::Output {
    let output = ended(up);
    assert_eq!(output.of_type("proof").len(), 2, "{}", output.stdout);
    let ids: Vec<_> = output.of_type("endpoint").iter().map(|endpoint| endpoint["endpoint_id"].clone()).collect();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    output
}

/// What the tunnel's next warning says.
fn warning(up: &mut Running) -> String {
    up.wait_for("a warning", |line| {
        let line: Value = serde_json::from_str(line).unwrap_or_default();
        (&line["step"], &line["status"]) == (&"tunnel".into(), &"warn".into())
    })
}
