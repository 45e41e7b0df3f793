//! `check`: every way in which a route or a handler can be wrong is named, and what is right is said in one screen.

use std::collections::BTreeSet;
use std::sync::Mutex;

use clerkhook::signature::{Signed, SigningSecret, verify};
use serde_json::Value;
use snapbox::{assert_data_eq, str};

use crate::fixture::{Machine, Output, free_port};
use crate::people::{finish, on_a_terminal};
use crate::serve::serve;
use crate::trigger_answers::self_signed;
use crate::wire::RawApp;

const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// What is wrong with a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    Nothing,
    TakesAnything,
    CrashesOnRefusal,
    IgnoresTime,
    IgnoresBody,
    IgnoresMethod,
    WritesAnew,
    NeedsAscii,
    ReadsOneSignature,
    TakesOtherNames,
    TakesNoEvent,
    RefusesRepetition,
    NeedsOrder,
    NeedsKnownTypes,
    HasLimit,
}

/// A handler that verifies as Clerk's SDK does, but for one thing.
fn handler(wrong: Wrong) -> RawApp {
    let (known, seen) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    RawApp::deciding(move |request| {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        let status = match event(wrong, head, body) {
            Err(status) => status,
            Ok(event) => stored(wrong, &event, head, &mut known.lock().expect("ids"), &mut seen.lock().expect("ids")),
        };
        format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    })
}

/// The event of a request, or the status that refuses it.
fn event(wrong: Wrong, head: &str, body: &str) -> Result<Value, u16> {
    let refused = if wrong == Wrong::CrashesOnRefusal { 500 } else { 400 };
    if !head.starts_with("POST ") && wrong != Wrong::IgnoresMethod {
        return Err(405);
    }
    if wrong == Wrong::HasLimit && body.len() > 100_000 {
        return Err(413);
    }
    let get = |name: &str| {
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let family = if wrong == Wrong::TakesOtherNames && get("svix-id").is_none() { "webhook" } else { "svix" };
    let name = |part: &str| format!("{family}-{part}");
    let signature = get(&name("signature")).map(|all| match wrong {
        Wrong::ReadsOneSignature => all.split(' ').next().unwrap_or_default(),
        _ => all,
    });
    let signed = Signed { id: get(&name("id")), timestamp: get(&name("timestamp")), signature };
    let value = serde_json::from_str::<Value>(body);
    let bytes = match (wrong, &value) {
        (Wrong::WritesAnew, Ok(value)) => value.to_string(),
        (Wrong::NeedsAscii, _) => body.chars().filter(char::is_ascii).collect(),
        _ => body.to_owned(),
    };
    let now = match (wrong, signed.timestamp.and_then(|seconds| seconds.parse().ok())) {
        (Wrong::IgnoresTime, Some(then)) => then,
        _ => i64::try_from(std::time::UNIX_EPOCH.elapsed().expect("a time").as_secs()).expect("a time"),
    };
    let secret = SigningSecret::parse(SECRET).expect("a secret");
    let holds = verify(&[secret], &signed, bytes.as_bytes(), now).is_ok();
    let trusted = match wrong {
        Wrong::TakesAnything => true,
        Wrong::IgnoresBody => signed.signature.is_some_and(|signature| !signature.contains("eHh4")),
        Wrong::IgnoresMethod => holds || head.starts_with("GET "),
        _ => holds,
    };
    match value {
        _ if !trusted => Err(refused),
        Ok(value) => Ok(value),
        Err(_) if wrong == Wrong::TakesNoEvent || wrong == Wrong::IgnoresMethod && head.starts_with("GET ") => {
            Ok(Value::Null)
        }
        Err(_) => Err(refused),
    }
}

/// The status after an event was handled.
fn stored(wrong: Wrong, event: &Value, head: &str, known: &mut BTreeSet<String>, seen: &mut BTreeSet<String>) -> u16 {
    let id = event["data"]["id"].as_str().unwrap_or_default().to_owned();
    let message = head.lines().find(|line| line.starts_with("svix-id")).unwrap_or_default().to_owned();
    let repeated = !seen.insert(message.clone()) && !message.is_empty();
    match event["type"].as_str().unwrap_or_default() {
        _ if repeated && wrong == Wrong::RefusesRepetition => 409,
        "user.created" => {
            known.insert(id);
            200
        }
        "user.updated" | "user.deleted" if wrong == Wrong::NeedsOrder && !known.contains(&id) => 404,
        "user.updated" => 200,
        "user.deleted" => {
            known.remove(&id);
            200
        }
        _ if wrong == Wrong::NeedsKnownTypes => 422,
        _ => 200,
    }
}

fn machine() -> Machine {
    Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET)
}

/// `check` on an app, without the case that takes two seconds.
fn check(port: u16, args: &str) -> Output {
    machine().run(&format!("check {port} --skip slow-client --json {args}"))
}

/// The checks with this status, without those that hold everywhere.
fn named(output: &Output, status: &str) -> Vec<String> {
    let checks = output.of_type("check").into_iter().filter(|check| check["status"] == status);
    checks.filter_map(|check| check["check"].as_str().map(str::to_owned)).collect()
}

/// Finding, cause and fix of the one check of this name.
fn words(output: &Output, name: &str) -> String {
    let checks = output.of_type("check");
    let check = checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {checks:?}"));
    let text = |field: &str| check[field].as_str().unwrap_or_default().to_owned();
    format!("{}: {} → {}", text("found"), text("cause"), text("fix"))
}

#[test]
fn a_good_handler_is_told_in_a_screen() {
    let app = handler(Wrong::Nothing);
    let output = machine().run(&format!("check {}", app.port));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
  ✓ ok   route    answers, tunnel-host
  ✓ ok   accepts  user.created, user.updated, user.deleted, spaced-json, non-ascii, two-signatures
  ✓ ok   refuses  no-headers, forged, tampered-body, stale, future, wrong-secret, webhook-headers, empty-body, broken-json, get
  ✓ ok   survives duplicate-id, update-before-create, delete-unknown, unknown-type, large-body, slow-client, twenty-at-once

  25 held
--- stderr
  note: about 46 requests to http://localhost:[PORT]/api/webhooks, signed with the secret from environment variable `CLERK_WEBHOOK_SIGNING_SECRET` (whsec_…FRYX); all ids hold `_clerkhook`
  note: the handler was told of 29 made-up users, and of the deletion of each; should some be left, their ids begin with `user_clerkhook`

"#]]
    );
    let deleted = app.bodies().iter().filter(|body| body.contains("\"type\":\"user.deleted\"")).count();
    assert!(deleted > 20, "what was made up is deleted again: {deleted}");
    let foreign = |body: &&String| body.contains("\"id\":\"") && !body.contains("_clerkhook");
    assert_eq!(app.bodies().iter().find(foreign), None, "every id is marked");
}

#[test]
fn a_handler_that_takes_anything_is_told_so_first() {
    let app = handler(Wrong::TakesAnything);
    let output = machine().run(&format!("check {} --skip survives", app.port));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 7
--- stdout
  ✓ ok   route    answers, tunnel-host
  ✓ ok   accepts  user.created, user.updated, user.deleted, spaced-json, non-ascii, two-signatures
  ✓ ok   refuses  empty-body, broken-json, get
  ✗ fail refuses  no-headers, forged, tampered-body, stale, future, wrong-secret, webhook-headers: answered 200
                  anyone can post to this handler: it takes events that Clerk did not sign
                  fix: before anything else, verify the signature (`await verifyWebhook(request)` of `@clerk/…/webhooks`, elsewhere svix), and answer 400 when it does not hold; `clerkhook handler` prints a handler that does

  11 held, 7 failed
--- stderr
  note: about 18 requests to http://localhost:[PORT]/api/webhooks, signed with the secret from environment variable `CLERK_WEBHOOK_SIGNING_SECRET` (whsec_…FRYX); all ids hold `_clerkhook`
  note: the handler was told of 12 made-up users, and of the deletion of each; should some be left, their ids begin with `user_clerkhook`
error: anyone can post to this handler: 7 of 18 checks failed CH0905

  → change what stands under the failed check, then `clerkhook check http://localhost:[PORT]/api/webhooks --only refuses/no-headers`

"#]]
    );
}

#[test]
fn each_mistake_fails_its_own_check() {
    for (wrong, failed, words_of_cause) in [
        (Wrong::IgnoresTime, "refuses/stale refuses/future", "time of the signature"),
        (
            Wrong::IgnoresBody,
            "refuses/tampered-body refuses/stale refuses/future refuses/wrong-secret",
            "changed on the way",
        ),
        (Wrong::NeedsAscii, "accepts/non-ascii", "UTF-8"),
        (Wrong::ReadsOneSignature, "accepts/two-signatures", "rotated"),
        (Wrong::RefusesRepetition, "survives/duplicate-id", "`svix-id`"),
        (Wrong::NeedsOrder, "survives/update-before-create survives/delete-unknown", "upsert"),
        (Wrong::NeedsKnownTypes, "survives/unknown-type", "2xx to types"),
    ] {
        let app = handler(wrong);
        let output = check(app.port, "").expect_code(7);
        assert_eq!(named(&output, "fail").join(" "), failed, "{wrong:?}");
        let first = failed.split(' ').next().expect("a name");
        assert!(words(&output, first).contains(words_of_cause), "{wrong:?}: {}", words(&output, first));
        let message = output.error()["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(&format!("`{first}`")) || wrong == Wrong::IgnoresBody, "{wrong:?}: {message}");
    }
}

#[test]
fn a_crash_is_no_refusal_and_other_names_are_no_failure() {
    let output = check(handler(Wrong::CrashesOnRefusal).port, "--only refuses").expect_code(7);
    assert_eq!(named(&output, "fail").len(), 7, "all that are not validly signed");
    assert!(words(&output, "refuses/forged").contains("catch what the verifier throws"));
    let output = check(handler(Wrong::TakesOtherNames).port, "--only refuses").expect_code(0);
    assert_eq!(named(&output, "warn"), ["refuses/webhook-headers"]);
    assert_eq!(output.of_type("conformance")[0]["warned"], 1);
}

#[test]
fn the_sample_app_passes_but_for_the_names_that_it_takes_too() {
    let machine = machine();
    let (app, port) = serve(&machine, "--reject-invalid");
    let output = machine.run(&format!("check {port} --skip slow-client --json")).expect_code(0);
    assert_eq!(named(&output, "warn"), ["refuses/webhook-headers"]);
    app.signal("INT");
    app.finish().expect_code(0);
}

/// The route's words for an app that answers everything alike.
fn route(answer: &'static str) -> String {
    let app = RawApp::answering(answer);
    let output = check(app.port, "").expect_code(7);
    assert_eq!(named(&output, "fail"), ["route/answers"], "{answer}");
    let skipped = named(&output, "skip").len();
    assert!(skipped >= 23 && app.count() <= 9, "no case is sent: {skipped} skipped, {} sent", app.count());
    words(&output, "route/answers")
}

#[test]
fn whatever_stands_in_the_handlers_place_is_named() {
    for (answer, expected) in [
        ("HTTP/1.1 401 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "auth middleware protects the route"),
        (
            "HTTP/1.1 404 No\r\nx-clerk-auth-reason: protect-rewrite\r\nx-middleware-rewrite: /clerk_17\r\ncontent-length: \
             0\r\nconnection: close\r\n\r\n",
            "Clerk's middleware",
        ),
        (
            "HTTP/1.1 307 Go\r\nlocation: /sign-in\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "a redirect to its sign-in page",
        ),
        (
            "HTTP/1.1 308 Go\r\nlocation: /api/webhooks/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "`--path /api/webhooks/`",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 22\r\nconnection: close\r\n\r\n<!doctype html><h1>Hi!",
            "your catch-all page answered 200",
        ),
        ("HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "no handler at `/api/webhooks`"),
        (
            "HTTP/1.1 405 No\r\nallow: GET\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "takes no POST (it takes GET)",
        ),
        ("HTTP/1.1 413 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "body limit"),
        ("HTTP/1.1 429 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "a rate limiter stands in front"),
        ("HTTP/1.1 415 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "and to a forged one alike"),
        ("HTTP/1.1 401 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "at a path that does not exist"),
        (
            "HTTP/1.1 307 Go\r\nlocation: /api/webhooks\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            "a redirect to the same path",
        ),
        (
            "HTTP/1.1 403 No\r\ncontent-length: 26\r\nconnection: close\r\n\r\nBlocked request. This host",
            "server.allowedHosts",
        ),
        ("HTTP/1.1 500 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "look into the app's log"),
        ("HTTP/1.1 400 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", "another secret"),
        ("SSH-2.0-OpenSSH_9.6\r\n", "no HTTP answer"),
        ("", "no HTTP answer"),
    ] {
        let words = route(answer);
        assert!(words.contains(expected), "{answer}: {words}");
    }
}

#[test]
fn a_wrong_route_is_told_alone() {
    let app = RawApp::answering("HTTP/1.1 401 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let output = machine().run(&format!("check {}", app.port));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 7
--- stdout
  ✗ fail route    answers: the app answered 401: its auth middleware protects the route, as it does at a path that does not exist
                  fix: make `/api/webhooks` a public route of the app's auth middleware (in Next.js `'/api/webhooks(.*)'` in the `createRouteMatcher` of `proxy.ts`). If the handler itself takes every path, compare its secret with the one from environment variable `CLERK_WEBHOOK_SIGNING_SECRET` (whsec_…FRYX)

  1 failed, 24 skipped
--- stderr
  note: about 46 requests to http://localhost:[PORT]/api/webhooks, signed with the secret from environment variable `CLERK_WEBHOOK_SIGNING_SECRET` (whsec_…FRYX); all ids hold `_clerkhook`
error: no check was made, as the route itself is wrong CH0905

  → change what stands under the failed check, then `clerkhook check http://localhost:[PORT]/api/webhooks`

"#]]
    );
}

#[test]
fn nothing_listens_and_no_answer_in_time_are_told() {
    let output = machine().run(&format!("check {} --json", free_port())).expect_code(3);
    assert_eq!(output.error()["code"], "CH0201");
    let app = RawApp::silent();
    let output = check(app.port, "--timeout 200ms").expect_code(7);
    assert!(words(&output, "route/answers").contains("within 0.2 s"), "{}", output.stdout);
}

#[test]
fn a_body_parser_is_told_from_another_secret() {
    let app = RawApp::deciding(|request| {
        let broken =
            request.split_once("\r\n\r\n").is_none_or(|(_, body)| serde_json::from_str::<Value>(body).is_err());
        let body = if broken { "SyntaxError: Unexpected end of JSON input" } else { "no" };
        format!("HTTP/1.1 400 No\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len())
    });
    let output = check(app.port, "").expect_code(7);
    let words = words(&output, "route/answers");
    assert!(words.contains("a body parser stands in front of it") && words.contains("whsec_…FRYX"), "{words}");
}

#[test]
fn a_dev_server_that_knows_no_tunnel_fails_that_check_alone() {
    let app = RawApp::deciding(|request| {
        let foreign = request.to_ascii_lowercase().contains("host: clerkhook-check.ngrok-free.dev");
        match (foreign, request.starts_with("POST /api/webhooks")) {
            (true, _) => {
                "HTTP/1.1 403 No\r\nconnection: close\r\n\r\nBlocked request. This host is not allowed".to_owned()
            }
            _ => "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(),
        }
    });
    let output = check(app.port, "--only route,accepts").expect_code(7);
    assert_eq!(named(&output, "fail"), ["route/tunnel-host"]);
    assert!(words(&output, "route/tunnel-host").contains("server.allowedHosts"));
}

#[test]
fn another_path_that_takes_post_is_found_without_posting() {
    let app = RawApp::deciding(|request| match request.starts_with("OPTIONS /api/webhooks/clerk ") {
        true => "HTTP/1.1 204 No\r\nallow: GET, POST\r\nconnection: close\r\n\r\n".to_owned(),
        false => "HTTP/1.1 404 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned(),
    });
    let output = check(app.port, "").expect_code(7);
    assert!(words(&output, "route/answers").ends_with("`--path /api/webhooks/clerk`"), "{}", output.stdout);
}

#[test]
fn checks_are_chosen_listed_and_misspelt() {
    let output = machine().run("check --list --only survives,stale --events user.created");
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 0
--- stdout
  refuses/stale                  an event signed 10 minutes ago
  survives/duplicate-id          the same event twice with the same `svix-id`
  survives/update-before-create  `user.updated` of a user, then its `user.created`
  survives/delete-unknown        `user.deleted` of a user that was never created
  survives/unknown-type          a signed event of a type that does not exist yet
  survives/large-body            a signed event of 500 kB
  survives/slow-client           a signed event whose body takes two seconds to come
  survives/twenty-at-once        20 events at the same time

"#]]
    );
    let output = machine().run("check --only refuses/stail --json").expect_code(2);
    assert!(output.error()["hint"].as_str().is_some_and(|hint| hint.contains("`refuses/stale`")), "{}", output.stderr);
    let output = machine().run("check --events user.create").expect_code(2);
    assert!(output.stderr.contains("did you mean `user.created`?"), "{}", output.stderr);
    let app = handler(Wrong::Nothing);
    let output = check(app.port, "--only stale,accepts/user.created").expect_code(0);
    assert_eq!(named(&output, "ok"), ["accepts/user.created", "refuses/stale"]);
    let output = check(app.port, "--events user.created --only update-before-create,delete-unknown").expect_code(0);
    assert_eq!(named(&output, "skip").len(), 2);
}

#[test]
fn a_dry_run_and_an_app_elsewhere_send_nothing() {
    let app = handler(Wrong::Nothing);
    let output = machine().run(&format!("check {} --dry-run", app.port)).expect_code(0);
    assert!(output.stdout.contains("46 requests") && output.stdout.contains("_clerkhook"), "{}", output.stdout);
    assert_eq!(app.count(), 0);
    let output = machine().run("check https://app.example.com/api/webhooks --json").expect_code(3);
    assert!(output.error()["hint"].as_str().is_some_and(|hint| hint.contains("`--yes`")), "{}", output.stderr);
    let output = Machine::new().run(&format!("check {} --json", app.port)).expect_code(3);
    assert_eq!(output.error()["code"], "CH0109");
}

#[test]
fn junit_is_written_whole_or_refused_before_anything_is_sent() {
    let (app, machine) = (handler(Wrong::IgnoresTime), machine());
    let line = format!("check {} --only refuses --events user.created", app.port);
    machine.run(&format!("{line} --junit report.xml")).expect_code(7);
    let report = machine.read("report.xml");
    assert!(report.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites "), "{report}");
    assert!(
        report.contains("<testsuite name=\"refuses\"") && report.contains("tests=\"10\" failures=\"2\""),
        "{report}"
    );
    assert!(report.contains("name=\"stale\"") && report.contains("<failure type=\"clerkhook\" message=\"it does not"));
    assert_eq!((report.matches("<testcase").count(), report.ends_with("</testsuites>\n")), (10, true));
    let before = app.count();
    let output = machine.run(&format!("{line} --junit nowhere/report.xml --json")).expect_code(3);
    assert_eq!((output.error()["code"].as_str(), app.count()), (Some("CH0007"), before));
}

#[test]
fn an_app_with_a_certificate_of_its_own_is_checked_when_asked() {
    let port = self_signed();
    let line = format!("check https://localhost:{port}/hook --only route,accepts --json");
    let output = machine().run(&line).expect_code(7);
    assert!(words(&output, "route/answers").contains("its certificate is not trusted"), "{}", output.stdout);
    assert!(words(&output, "route/answers").contains("`--insecure-upstream`"), "{}", output.stdout);
    let output = machine().run(&format!("{line} --insecure-upstream")).expect_code(0);
    assert_eq!(named(&output, "ok").len(), 8, "{}", output.stdout);
}

#[test]
fn an_empty_body_has_a_length() {
    let app = RawApp::deciding(|request| {
        let has_length = request.to_ascii_lowercase().contains("\r\ncontent-length: ");
        let status = match (request.starts_with("POST "), has_length) {
            (true, false) | (false, true) => 500,
            (true, true) if request.ends_with("\r\n\r\n") => 400,
            _ => 200,
        };
        format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    });
    let output = check(app.port, "--only empty-body,get").expect_code(0);
    assert_eq!(
        (named(&output, "ok"), named(&output, "warn")),
        (vec!["refuses/empty-body".into()], vec!["refuses/get".into()])
    );
    assert!(words(&output, "refuses/get").contains("answered 200"), "a GET has none");
}

#[test]
fn a_person_sees_how_far_it_is() {
    let app = handler(Wrong::Nothing);
    let (text, code) = finish(on_a_terminal(&machine(), &format!("check {} --only stale", app.port), 80));
    assert!(code == 0 && text.contains("of about 1 answered"), "{text:?}");
}

#[test]
fn ctrl_c_takes_back_what_was_made_up() {
    let machine = machine();
    let (app, port) = serve(&machine, "--reject-invalid");
    let running = machine.start(&format!("check {port} --json"));
    let created = |line: &str| line.contains("\"user.created\"");
    let mut app = app;
    app.wait_for("an event", created);
    running.signal("INT");
    let output = running.finish().expect_code(130);
    app.signal("INT");
    let served = app.finish().expect_code(0);
    let deliveries = served.of_type("delivery");
    let last = deliveries.last().expect("a delivery");
    assert_eq!((&last["event"], &last["status_code"]), (&"user.deleted".into(), &200.into()), "{}", output.stderr);
}

#[test]
fn what_clerk_never_sends_is_a_warning() {
    for (wrong, warned, words_of_cause) in [
        (Wrong::IgnoresMethod, "refuses/get", "405"),
        (Wrong::TakesNoEvent, "refuses/empty-body refuses/broken-json", "secret's holder"),
        (Wrong::WritesAnew, "accepts/spaced-json", "parsed and written again"),
        (Wrong::HasLimit, "survives/large-body", "body limit"),
    ] {
        let app = handler(wrong);
        let output = check(app.port, "").expect_code(0);
        assert_eq!(named(&output, "warn").join(" "), warned, "{wrong:?}");
        let first = warned.split(' ').next().expect("a name");
        assert!(words(&output, first).contains(words_of_cause), "{wrong:?}: {}", words(&output, first));
    }
}

/// A handler that counts what it does, and says how often on a GET; it may know what it has done.
fn counting(remembers: bool) -> RawApp {
    let (done, seen) = (Mutex::new(0), Mutex::new(BTreeSet::new()));
    RawApp::deciding(move |request| {
        let (head, body) = request.split_once("\r\n\r\n").expect("a head");
        let mut done = done.lock().expect("a number");
        if head.starts_with("GET /count ") {
            let text = done.to_string();
            return format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{text}", text.len());
        }
        let status = match event(Wrong::Nothing, head, body) {
            Err(status) => status,
            Ok(_) => {
                let message = head.lines().find(|line| line.starts_with("svix-id")).unwrap_or_default().to_owned();
                if seen.lock().expect("ids").insert(message) || !remembers {
                    *done += 1;
                }
                200
            }
        };
        format!("HTTP/1.1 {status} So\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    })
}

#[test]
fn a_probe_shows_what_was_done_twice() {
    let only = "--only duplicate-id,update-before-create";
    let app = counting(true);
    let probe = format!("{only} --probe http://localhost:{}/count", app.port);
    let output = check(app.port, &probe).expect_code(0);
    assert_eq!(named(&output, "ok"), ["survives/duplicate-id", "survives/update-before-create"]);
    let app = counting(false);
    let probe = format!("{only} --probe http://localhost:{}/count", app.port);
    let output = check(app.port, &probe).expect_code(7);
    assert_eq!(named(&output, "fail"), ["survives/duplicate-id", "survives/update-before-create"]);
    assert!(words(&output, "survives/duplicate-id").contains("the same event twice: the probe said"));
    // What never changes shows nothing, and what says nothing is told before anything is sent.
    let output = check(app.port, &format!("{only} --probe whoami")).expect_code(0);
    assert_eq!(named(&output, "warn").len(), 2, "{}", output.stdout);
    let sent = app.count();
    let output = check(app.port, "--probe /bin/false").expect_code(2);
    assert_eq!((output.error()["code"].as_str(), app.count()), (Some("CH0908"), sent));
}
