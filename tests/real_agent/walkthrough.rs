//! The walkthrough over the real agent: proof, deliveries, and an app that is down.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::fixture::{Output, Running, free_port};
use crate::stand::Stand;
use crate::visitor::{App, deliver};

pub fn up_proves_six_hops() {
    let stand = Stand::with_services();
    let output = stand.start("up --serve --once --json --no-env").finish().expect_code(0);
    let proof = &output.of_type("proof")[0];
    let hops: Vec<_> = proof["hops"].as_array().expect("hops").iter().map(|hop| (&hop["hop"], &hop["ok"])).collect();
    let words = ["accepted", "attempt", "edge", "agent", "app", "signature"];
    assert_eq!(hops.len(), 6, "{hops:?}");
    assert!(hops.iter().zip(words).all(|((hop, ok), word)| *hop == word && *ok == true), "{hops:?}");
    let tunnel = &output.of_type("tunnel")[0];
    assert_eq!((&tunnel["agent_version"], &tunnel["started_by_us"]), (&"2.3.41".into(), &true.into()));
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn a_body_passes_byte_for_byte() {
    let stand = Stand::with_services();
    let app = App::start(&[]);
    let (mut up, url, secret) = listening(&stand, &format!("up {}", app.port));
    let odd = r#"{ "type"	:"user.updated" ,"é\u00e9\u0000\ud83e\udd80":1.0e+2,  "data":{"a":[ ]},"fill":""#;
    let body = [odd.as_bytes(), "ü".repeat(32 * 1024).as_bytes(), b"\" }\r\n\n"].concat();
    assert!(body.len() > 64 * 1024);
    assert_eq!(deliver(&url, &secret, "msg_odd", &body).status, 200);
    let delivery = up.wait_for_type("delivery");
    assert_eq!((&delivery["message_id"], &delivery["signature"]), (&"msg_odd".into(), &"valid".into()), "{delivery}");
    assert_eq!(delivery["event"], "user.updated");
    // After the test event's.
    assert!(app.bodies().last() == Some(&body), "other bytes reached the app");
    assert_eq!(ended(up).of_type("stopped")[0]["deliveries"], 1);
}

pub fn parallel_deliveries_are_shown_once_when_two_saw_them() {
    let stand = Stand::with_services();
    let (up, url, secret) = listening(&stand, "up --serve");
    fifty(up, &url, &secret);
}

pub fn parallel_deliveries_are_shown_once_when_the_app_is_slow() {
    // The late ones have many younger ones before them.
    const PAUSES: [Duration; 4] =
        [Duration::from_millis(1500), Duration::ZERO, Duration::from_millis(20), Duration::from_millis(700)];
    let stand = Stand::with_services();
    let app = App::start(&PAUSES);
    let (up, url, secret) = listening(&stand, &format!("up {}", app.port));
    fifty(up, &url, &secret);
}

fn fifty(mut up: Running, url: &str, secret: &str) {
    let sent: BTreeSet<String> = (0..50).map(|number| format!("msg_{number}")).collect();
    std::thread::scope(|scope| {
        for id in &sent {
            scope.spawn(move || {
                let body = format!(r#"{{"type":"user.created","data":{{"id":"{id}"}}}}"#);
                assert_eq!(deliver(url, secret, id, body.as_bytes()).status, 200);
            });
        }
    });
    let mut shown = Vec::new();
    while shown.len() < sent.len() {
        shown.push(up.wait_for_type("delivery"));
    }
    // Whatever is shown twice is shown by then.
    deliver(url, secret, "msg_last", br#"{"type":"user.deleted"}"#);
    shown.push(up.wait_for_type("delivery"));
    assert!(shown.iter().all(|delivery| delivery["signature"] == "valid" && delivery["status_code"] == 200));
    let ids: BTreeSet<String> = shown.iter().filter_map(id).collect();
    let expected = sent.into_iter().chain(["msg_last".to_owned()]).collect();
    assert_eq!(ids, expected);
    let output = ended(up);
    assert_eq!(output.of_type("stopped")[0]["deliveries"], 51);
    assert_eq!(output.of_type("delivery").len(), 51);
}

fn id(delivery: &Value) -> Option<String> {
    delivery["message_id"].as_str().map(str::to_owned)
}

pub fn an_app_that_is_down_is_named() {
    let stand = Stand::with_services();
    let port = free_port();
    let mut tunnel = stand.start(&format!("tunnel {port} --json"));
    tunnel.wait_for_type("tunnel");
    stand.start("register --json --no-env").finish().expect_code(0);
    let output = stand.start("send-test --json").finish().expect_code(6);
    let hop = output.of_type("proof")[0]["hops"].as_array().and_then(|hops| hops.last()).cloned().expect("a hop");
    assert_eq!((&hop["hop"], &hop["ok"]), (&"app".into(), &false.into()), "{hop}");
    assert!(hop["detail"].as_str().is_some_and(|detail| detail.contains("ERR_NGROK_8012")), "{hop}");
    assert!(output.stderr.contains("start the app"), "{}", output.stderr);
    tunnel.signal("INT");
    tunnel.finish().expect_code(0);
}

/// The sample app, once it listens.
pub fn serve(stand: &Stand, port: u16) -> Running {
    let mut app = stand.machine.start(&format!("serve --port {port} --json"));
    app.wait_for_type("serving");
    app
}

/// Starts a set-up that waits for events: the command, its public URL, the endpoint's signing secret.
pub fn listening(stand: &Stand, line: &str) -> (Running, String, String) {
    let mut up = stand.start(&format!("{line} --json --env-file .env.local"));
    let ready = up.wait_for_type("ready");
    let url = ready["public_url"].as_str().expect("a URL").to_owned();
    let file = stand.machine.read(".env.local");
    let secret = file.lines().find_map(|line| line.strip_prefix("CLERK_WEBHOOK_SIGNING_SECRET="));
    (up, url, secret.expect("a signing secret").trim_matches('"').to_owned())
}

/// Ends a set-up as Ctrl-C does.
pub fn ended(up: Running) -> Output {
    up.signal("INT");
    up.finish().expect_code(0)
}
