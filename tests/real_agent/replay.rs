//! Replays of what the real agent captured.

use crate::fixture::free_port;
use crate::stand::Stand;
use crate::visitor::{App, begin, deliver};
use crate::walkthrough::{ended, listening, serve};

const EVENT: &[u8] = br#"{ "type":"user.updated","data" : {"first_name":"Ann","n":1.0e+2}}"#;

pub fn a_replay_is_proven_by_its_new_capture() {
    let stand = Stand::with_services();
    let app = App::start(&[]);
    let (mut up, url, secret) = listening(&stand, &format!("up {}", app.port));
    deliver(&url, &secret, "msg_1", EVENT);
    let first = up.wait_for_type("delivery");
    assert_eq!((&first["message_id"], &first["replay"]), (&"msg_1".into(), &false.into()));
    let output = stand.start("replay msg_1 --json").finish().expect_code(0);
    let replay = &output.of_type("replay")[0];
    assert_eq!((&replay["via"], &replay["status_code"]), (&"agent".into(), &200.into()));
    // It has our name, which the history knows, and beside it the agent's.
    assert_eq!(replay["source_id"], first["id"], "{replay}");
    assert!(replay["capture_id"].as_str().is_some_and(|id| id.starts_with("airt_")), "{replay}");
    let second = up.wait_for_type("delivery");
    assert_eq!((&second["message_id"], &second["replay"]), (&"msg_1".into(), &true.into()));
    assert_eq!(app.bodies().iter().filter(|body| *body == EVENT).count(), 2, "the same bytes twice");
    ended(up);
}

pub fn an_edited_replay_is_signed_afresh() {
    let stand = Stand::with_services();
    let (mut up, url, secret) = listening(&stand, "up --serve");
    deliver(&url, &secret, "msg_1", EVENT);
    up.wait_for_type("delivery");
    let output = stand.start("replay msg_1 --set data.first_name=Ada --json").finish().expect_code(0);
    let replay = &output.of_type("replay")[0];
    assert_eq!((&replay["via"], &replay["signed"]), (&"direct".into(), &"fresh".into()));
    let delivery = up.wait_for_type("delivery");
    assert_eq!((&delivery["message_id"], &delivery["signature"]), (&"msg_1".into(), &"valid".into()));
    ended(up);
}

pub fn a_request_under_way_is_no_obstacle() {
    let stand = Stand::with_services();
    let (mut up, url, secret) = listening(&stand, "up --serve");
    let visitor = begin(&url);
    deliver(&url, &secret, "msg_1", EVENT);
    up.wait_for("the delivery", |line| line.contains("\"msg_1\""));
    let output = stand.start("replay msg_1 --json").finish().expect_code(0);
    assert_eq!(output.of_type("replay")[0]["status_code"], 200);
    drop(visitor);
    ended(up);
}

pub fn an_id_that_is_gone_is_named() {
    let stand = Stand::with_services();
    let (up, ..) = listening(&stand, "up --serve");
    let output = stand.start("replay airt_0000000000000000000000000aa --json").finish();
    assert!(output.stderr.contains("airt_0000000000000000000000000aa"), "{}", output.stderr);
    assert!(output.code != Some(0) && output.code != Some(1), "{output:?}");
    ended(up);
}

pub fn an_app_that_went_away_is_named() {
    let stand = Stand::with_services();
    let port = free_port();
    let app = serve(&stand, port);
    let (mut up, url, secret) = listening(&stand, &format!("up {port} --path /"));
    deliver(&url, &secret, "msg_1", EVENT);
    up.wait_for_type("delivery");
    app.signal("INT");
    app.finish().expect_code(0);
    let output = stand.start("replay msg_1 --json").finish().expect_code(6);
    assert!(output.stderr.contains("ERR_NGROK_8012"), "{}", output.stderr);
    ended(up);
}
