//! The edge says no, in ngrok's words (ngrok docs, errors/err_ngrok_N), and so does clerkhook.

use std::net::TcpListener;

use serde_json::Value;

use crate::edge::TOKEN;
use crate::fixture::free_port;
use crate::stand::Stand;

pub fn a_malformed_authtoken_is_refused_and_not_shown() {
    let stand = Stand::new();
    let words = format!(
        "The authtoken you specified does not look like a proper ngrok tunnel authtoken.\nYour authtoken: {TOKEN}\n\
         Instructions to install your authtoken are on your ngrok dashboard:\n\
         https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_105\r\n"
    );
    stand.edge.refuse_auth(&words);
    let error = refused(&stand, 105, "does not look like a proper ngrok tunnel authtoken");
    assert!(error["cause"].as_str().is_some_and(|cause| cause.contains("Your authtoken: …")), "{error}");
    assert_eq!(stand.edge.asked_for_sessions()[0]["Extra"]["Authtoken"], TOKEN);
}

pub fn a_missing_authtoken_is_refused() {
    let stand = Stand::new().configured("");
    stand.edge.refuse_auth(
        "Usage of ngrok requires a verified account and authtoken.\n\nSign up for an account: \
         https://dashboard.ngrok.com/signup\nInstall your authtoken: \
         https://dashboard.ngrok.com/get-started/your-authtoken\r\n\r\nERR_NGROK_4018\r\n",
    );
    let error = refused(&stand, 4018, "requires a verified account and authtoken");
    assert!(error["hint"].as_str().is_some_and(|hint| hint.ends_with("`ngrok authtoken TOKEN`")), "{error}");
    assert_eq!(stand.edge.asked_for_sessions()[0]["Extra"]["Authtoken"], "");
}

pub fn too_many_sessions_are_refused() {
    let stand = Stand::new();
    stand.edge.refuse_auth(
        "Your account is limited to 1 simultaneous ngrok agent sessions.\nActive ngrok agent sessions in region \
         'us':\n  - ts_2hRealAgentTests0000000000 (127.0.0.1)\r\n\r\nERR_NGROK_108\r\n",
    );
    refused(&stand, 108, "limited to 1 simultaneous ngrok agent sessions");
}

pub fn an_address_that_is_online_elsewhere_is_refused() {
    let stand = Stand::new();
    stand.edge.refuse_bind(
        "The endpoint 'https://quiet-owl.ngrok-free.dev' is already online. Either\n1. stop your existing endpoint \
         first, or\n2. start both endpoints with `--pooling-enabled` to load balance between them.\r\n\r\n\
         ERR_NGROK_334\r\n",
    );
    refused(&stand, 334, "'https://quiet-owl.ngrok-free.dev' is already online");
}

/// The whole of ngrok's answer stands in the error, with a hint, and no agent stays.
fn refused(stand: &Stand, number: u32, words: &str) -> Value {
    let output = stand.start(&format!("tunnel {} --json", free_port())).finish().expect_code(5);
    let error: Value = output.stderr.lines().last().and_then(|line| serde_json::from_str(line).ok()).expect("an error");
    assert_eq!(error["code"], "CH0304");
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    assert!(text("message").contains(&format!("ERR_NGROK_{number}")), "{error}");
    assert!(text("cause").contains(words), "{error}");
    assert!(!text("hint").is_empty(), "{error}");
    assert_eq!(stand.agents(), [0; 0]);
    error
}

pub fn a_web_address_that_is_taken_is_named() {
    let held = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = held.local_addr().expect("an address");
    let stand = Stand::new().configured(&format!("authtoken: {TOKEN}\nweb_addr: {address}"));
    let output = stand.start(&format!("tunnel {} --json", free_port())).finish().expect_code(5);
    assert!(output.stderr.contains("\"code\":\"CH0307\""), "{}", output.stderr);
    assert!(
        output.stderr.contains(&format!("listen tcp {address}: bind: address already in use")),
        "{}",
        output.stderr
    );
    assert_eq!(stand.agents(), [0; 0]);
}
