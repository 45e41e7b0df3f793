//! Lines of deliveries, read by the other side.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::fixture::Machine;
use crate::wire::post;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// What `clerk webhooks verify` says of a saved line, and whether it is valid.
fn clerk_verifies(machine: &Machine, file: &str) -> (bool, String) {
    let program = std::env::var_os("CLERKHOOK_CLERK_CLI").expect("ignored without it");
    let output = Command::new(program)
        .args(["webhooks", "verify", "--secret", SECRET, "--delivery", &format!("@{file}")])
        .current_dir(machine.project())
        // Nothing leaves this machine.
        .envs([("CLERK_TELEMETRY_DISABLED", "1"), ("CLERK_NO_UPDATE_CHECK", "1"), ("DO_NOT_TRACK", "1")])
        .env("HOME", machine.project())
        .output()
        .expect("it runs");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), said)
}

/// The line that `serve` writes of a signed event, and the headers that it was sent with.
fn served() -> (Machine, Value) {
    let machine = Machine::new().set("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let mut serve = machine.start("serve --port 0 --json");
    let port = u16::try_from(serve.wait_for_type("serving")["port"].as_u64().expect("a port")).expect("a port");
    let body = r#"{"data":{"id":"user_1","name":"Zoë"},"object":"event","type":"user.created"}"#;
    let request = machine.run_with_input("trigger --body @- --print --json", body).expect_code(0);
    let request = request.of_type("request")[0].clone();
    let headers: Vec<(&str, &str)> = ["svix-id", "svix-timestamp", "svix-signature"]
        .iter()
        .map(|name| (*name, request["headers"][name].as_str().expect("a header")))
        .collect();
    post(port, "/", &headers, request["body"].as_str().expect("a text").as_bytes());
    let line = serve.wait_for_type("delivery");
    serve.signal("INT");
    serve.finish().expect_code(0);
    (machine, line)
}

/// Its verdict is ours.
pub fn our_line_is_read_by_clerks_cli() {
    let (machine, line) = served();
    assert_eq!(line["signature"], "valid", "{line}");
    let mut forged = line.clone();
    forged["body_b64"] = STANDARD.encode("{}").into();
    let machine = machine.file("line.json", &line.to_string()).file("forged.json", &forged.to_string());
    let (valid, said) = clerk_verifies(&machine, "line.json");
    assert!(valid, "{said}");
    assert!(!clerk_verifies(&machine, "forged.json").0);
}

/// A `listen` line, as version 3.3.0 writes it.
pub fn a_line_of_clerks_cli_is_read_by_us() {
    let (machine, line) = served();
    let event = json!({
        "type": "event", "svix_id": line["headers"]["svix-id"], "event_type": "user.created",
        "headers": line["headers"], "body_b64": line["body_b64"], "forward_status": 200, "latency_ms": 3,
    });
    let machine = machine.file("event.json", &event.to_string());
    let (valid, said) = clerk_verifies(&machine, "event.json");
    assert!(valid, "its own form: {said}");
    machine.run("verify event.json").expect_code(0);
}
