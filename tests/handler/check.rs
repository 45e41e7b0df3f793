//! What `check` says of each handler.

use serde_json::Value;

use crate::fixture::{Machine, Output};
use crate::node::{Handler, SECRET};

fn check(handler: &Handler, args: &str) -> Output {
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    machine.run(&format!("check {} --json {args}", handler.port))
}

/// The checks with this status, by name.
fn named(output: &Output, status: &str) -> Vec<String> {
    let checks = output.of_type("check").into_iter().filter(|check| check["status"] == status);
    checks.filter_map(|check| check["check"].as_str().map(str::to_owned)).collect()
}

/// Cause and fix of a check.
fn words(output: &Output, name: &str) -> String {
    let checks = output.of_type("check");
    let check = checks.iter().find(|check| check["check"] == name).expect(name);
    format!("{} {} {}", check["found"], check["cause"], check["fix"])
}

/// Idempotent, raw body, `verifyWebhook`.
pub fn a_handler_as_the_guide_writes_it_passes_in_full() {
    let handler = Handler::start("raw");
    let output = check(&handler, "").expect_code(0);
    let checks = output.of_type("check");
    assert!(checks.len() == 25 && checks.iter().all(|check| check["status"] == "ok"), "{checks:#?}");
    let ended = &output.of_type("conformance")[0];
    assert_eq!((&ended["passed"], &ended["failed"], &ended["skipped"]), (&25.into(), &0.into(), &0.into()));
    assert!(ended["ids"].as_array().is_some_and(|ids| ids.len() > 20), "{ended}");
    assert_eq!(ended["left"], Value::Array(Vec::new()), "what was made up is deleted again");
    // And once more: nothing of the first run is in the way.
    check(&handler, "--skip slow-client").expect_code(0);
}

/// `express.json()`, and its object handed on.
pub fn a_parsed_body_is_named_as_the_cause() {
    let output = check(&Handler::start("object"), "").expect_code(7);
    assert_eq!(named(&output, "fail"), ["route/answers"]);
    let words = words(&output, "route/answers");
    assert!(words.contains("a body parser stands in front of it") && words.contains("express.raw"), "{words}");
}

/// `express.json()`, and its object written as text again.
pub fn a_body_written_again_is_named_as_the_cause() {
    let output = check(&Handler::start("stringified"), "").expect_code(0);
    assert_eq!(named(&output, "warn"), ["accepts/spaced-json"]);
    let words = words(&output, "accepts/spaced-json");
    assert!(words.contains("parsed and written again") && words.contains("express.raw"), "{words}");
}

/// No verification at all.
pub fn a_handler_that_does_not_verify_lets_anyone_post() {
    let output = check(&Handler::start("trusting"), "").expect_code(7);
    let failed = named(&output, "fail");
    assert!(
        ["no-headers", "forged", "stale"].iter().all(|name| failed.contains(&format!("refuses/{name}"))),
        "{failed:?}"
    );
    assert!(words(&output, "refuses/no-headers").contains("anyone can post to this handler"));
    let error = output.error();
    assert!(
        error["message"].as_str().is_some_and(|text| text.starts_with("anyone can post to this handler")),
        "{error}"
    );
    assert!(words(&output, "refuses/no-headers").contains("verifyWebhook"));
    assert!(error["hint"].as_str().is_some_and(|text| text.contains("--only refuses/no-headers")), "{error}");
}

/// A right handler whose secret is another endpoint's.
pub fn another_secret_is_told_from_a_parsed_body() {
    let other = "whsec_BBECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let output = check(&Handler::with_secret("raw", Some(other)), "").expect_code(7);
    let words = words(&output, "route/answers");
    assert!(words.contains("most likely it has another secret") && words.contains("whsec_…FRYX"), "{words}");
}

/// The SDK throws, and nothing catches it.
pub fn a_secret_that_is_missing_is_named() {
    let output = check(&Handler::with_secret("uncaught", None), "").expect_code(7);
    let words = words(&output, "route/answers");
    assert!(words.contains("Missing webhook signing secret") && words.contains("clerkhook secret write"), "{words}");
}

/// 500 for unknown users, 409 for what came before, 500 for what `verifyWebhook` throws.
pub fn what_crashes_or_repeats_is_named() {
    let only = "--only refuses/forged,duplicate-id,update-before-create,delete-unknown";
    let output = check(&Handler::start("crashing"), only).expect_code(7);
    assert_eq!(named(&output, "fail"), ["survives/update-before-create", "survives/delete-unknown"]);
    let output = check(&Handler::start("repeats"), only).expect_code(7);
    assert_eq!(named(&output, "fail"), ["survives/duplicate-id"]);
    let output = check(&Handler::start("uncaught"), only).expect_code(7);
    assert_eq!(named(&output, "fail"), ["refuses/forged"]);
    assert!(words(&output, "refuses/forged").contains("catch what the verifier throws"));
}

/// Middleware, a route without POST, a handler elsewhere.
pub fn the_wrong_route_is_named() {
    for (mode, cause) in [
        ("middleware", "auth middleware protects the route"),
        ("getonly", "takes no POST (it takes GET, HEAD)"),
        ("elsewhere", "--path /api/webhooks/clerk"),
    ] {
        let output = check(&Handler::start(mode), "").expect_code(7);
        let words = words(&output, "route/answers");
        assert!(words.contains(cause), "{mode}: {words}");
    }
}
