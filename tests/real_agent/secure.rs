//! Verification in front of the app, turned on and off while a set-up runs. Agents 2.x cannot have the edge verify.

use serde_json::Value;

use crate::fixture::PATIENCE;
use crate::stand::{Stand, eventually};
use crate::visitor::{App, deliver};
use crate::walkthrough::{ended, listening};

const EVENT: &[u8] = br#"{"type":"user.updated","data":{"first_name":"Ann"}}"#;

/// Some other endpoint's.
const FOREIGN: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

pub fn what_is_forged_does_not_reach_the_app() {
    let stand = Stand::with_services();
    let app = App::start(&[]);
    let (mut up, _, secret) = listening(&stand, &format!("up {} --path /", app.port));
    let on = secure(&stand, "--local");
    assert_eq!(on["mechanism"], "gateway");
    assert_eq!((&on["proof"]["forged"], &on["proof"]["genuine"]), (&403.into(), &200.into()), "{on}");
    let url = on["public_url"].as_str().expect("a URL");

    assert_eq!(deliver(url, FOREIGN, "msg_forged", EVENT).status, 403);
    assert_eq!(deliver(url, &secret, "msg_1", EVENT).status, 200);
    up.wait_for("the delivery", |line| line.contains("\"msg_1\""));
    let seen = app.bodies();
    assert_eq!(seen.iter().filter(|body| *body == EVENT).count(), 1, "the genuine one alone");
    assert!(!seen.iter().any(|body| String::from_utf8_lossy(body).contains("forged")));

    let off = secure(&stand, "--off");
    let url = off["public_url"].as_str().expect("a URL");
    assert_eq!(deliver(url, FOREIGN, "msg_forged", EVENT).status, 200, "nobody verifies any more");
    assert_eq!(ended(up).of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn replays_pass_when_their_signature_does() {
    let stand = Stand::with_services();
    let app = App::start(&[]);
    let (mut up, ..) = listening(&stand, &format!("up {} --path /", app.port));
    // Without a flag, and yet by clerkhook.
    let on = secure(&stand, "");
    assert_eq!(on["mechanism"], "gateway");
    let url = on["public_url"].as_str().expect("a URL");
    let file = stand.machine.read(".env.local");
    let secret = file.trim().rsplit('=').next().expect("a secret").trim_matches('"');
    deliver(url, secret, "msg_1", EVENT);
    deliver(url, FOREIGN, "msg_forged", EVENT);
    // In any order: 2.x tells whole seconds only (seen on 2.3.41).
    let mut shown =
        [(); 2].map(|()| up.wait_for_type("delivery")["message_id"].as_str().unwrap_or_default().to_owned());
    shown.sort();
    assert_eq!(shown, ["msg_1", "msg_forged"]);

    let replay = |line: &str, code| stand.start(&format!("replay {line} --json")).finish().expect_code(code);
    let again = replay("msg_1", 0).of_type("replay").remove(0);
    assert_eq!((&again["via"], &again["status_code"]), (&"agent".into(), &200.into()), "{again}");
    let edited = replay("msg_1 --set data.first_name=Ada", 0).of_type("replay").remove(0);
    assert_eq!((&edited["signed"], &edited["status_code"]), (&"fresh".into(), &200.into()), "{edited}");
    let refused = replay("msg_forged", 6).of_type("replay").remove(0);
    assert_eq!(refused["status_code"], 403, "{refused}");
    let count = |name: &str| app.bodies().iter().filter(|body| String::from_utf8_lossy(body).contains(name)).count();
    assert_eq!((count("\"Ann\""), count("\"Ada\"")), (2, 1));
    let output = ended(up);
    assert!(output.stderr.contains("this agent cannot have the edge verify"), "{}", output.stderr);
}

pub fn sigterm_while_it_is_turned_on_leaves_no_agent() {
    let stand = Stand::with_services();
    let (up, ..) = listening(&stand, "up --serve");
    stand.edge.delay(PATIENCE);
    let secure = stand.start("secure --local --json");
    eventually("an agent that is started once more", || stand.edge.asked_for_sessions().get(1).cloned());
    up.signal("TERM");
    let output = up.finish().expect_code(0);
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!(stand.agents(), [0; 0]);
    assert_ne!(secure.finish().code, Some(0));
}

fn secure(stand: &Stand, flags: &str) -> Value {
    stand.start(&format!("secure {flags} --json")).finish().expect_code(0).of_type("secured").remove(0)
}
