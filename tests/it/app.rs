//! The app that does not do its part: each answer is named at the hop `app`, with what to change.

use snapbox::{assert_data_eq, str};

use crate::fixture::Machine;
use crate::wire::RawApp;

/// The last step's line, the error and its hint of `up` against an app with this answer. Each exits 6 at the hop `app`.
fn refused_by(app: &RawApp, args: &str) -> String {
    let output = Machine::new().run(&format!("up {} --sandbox --once --json {args}", app.port)).expect_code(6);
    let proof = &output.of_type("proof")[0];
    let last = proof["hops"].as_array().and_then(|hops| hops.last()).expect("a hop");
    assert_eq!((&last["hop"], &last["ok"]), (&"app".into(), &false.into()), "{proof}");
    assert_eq!(output.of_type("stopped")[0]["endpoint"], "disabled");
    assert_eq!(app.count(), 1, "the app got the event once");
    let error: serde_json::Value = serde_json::from_str(output.stderr.trim()).expect("one JSON line");
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    format!("{}: {}\n→ {}\n", text("code"), text("message"), text("hint"))
}

#[test]
fn a_person_sees_what_to_change() {
    let app = RawApp::answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    let output = Machine::new().run(&format!("up {} --sandbox --once", app.port));
    assert_data_eq!(
        output.snapshot(),
        str![[r#"
exit 6
--- stderr
  ✓ app       http://localhost:[PORT] answers
  ✓ tunnel    http://127.0.0.1:[PORT] → http://localhost:[PORT]  (agent 3.39.10, inspector http://127.0.0.1:[PORT])
  ✓ endpoint  ep_[ID] created; user.created, user.deleted, user.updated
  - secret    known; a sandbox's is not written to env files (`--env-file FILE` does)
  ✗ test      `user.created` was not taken: the app answered 401: its auth middleware protects the route
              CH0805

  → make `/api/webhooks` a public route of the app's auth middleware (in Next.js `'/api/webhooks(.*)'` in the `createRouteMatcher` of `proxy.ts`)

  Stopped: the test event, endpoint disabled.

"#]]
    );
}

#[test]
fn status_401_means_auth_middleware() {
    let app = RawApp::answering("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 401: its auth middleware protects the route
→ make `/api/webhooks` a public route of the app's auth middleware (in Next.js `'/api/webhooks(.*)'` in the `createRouteMatcher` of `proxy.ts`)

"#]]
    );
}

#[test]
fn status_404_means_no_handler() {
    let app = RawApp::answering("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 404: no handler at `/api/webhooks`
→ give the path of the app's handler with `--path PATH`. If this is it, check the name of its route file, and have the route take POST

"#]]
    );
}

#[test]
fn status_404_of_clerks_middleware_means_a_protected_route() {
    let app = RawApp::answering(
        "HTTP/1.1 404 Not Found\r\nx-clerk-auth-status: signed-out\r\nx-clerk-auth-reason: protect-rewrite, \
         dev-browser-missing\r\nx-middleware-rewrite: /clerk_1732460000000\r\ncontent-length: 0\r\n\r\n",
    );
    let words = refused_by(&app, "--path /hooks");
    assert!(words.contains("the app answered 404 from Clerk's middleware: the route is protected"), "{words}");
    assert!(words.contains("make `/hooks` a public route"), "{words}");
}

/// What Clerk's middleware puts on every answer of the app.
const ON_EVERY_ANSWER: &str =
    "x-clerk-auth-status: signed-out\r\nx-clerk-auth-reason: session-token-and-uat-missing\r\n";

/// An app with `clerkMiddleware` that answers so.
fn with_middleware(status: &str, header: &str, body: &str) -> RawApp {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\n{ON_EVERY_ANSWER}{header}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    RawApp::deciding(move |_| answer.clone())
}

#[test]
fn clerks_middleware_is_no_evidence_by_itself() {
    for (app, found, fix) in [
        (with_middleware("404 Not Found", "", "Cannot POST"), "404: no handler at `/api/webhooks`", "--path PATH"),
        (
            with_middleware("400 Bad Request", "", "Unable to verify incoming webhook"),
            "could not verify",
            "restart the app",
        ),
        (
            with_middleware("400 Bad Request", "", "Expected payload to be of type string or Buffer"),
            "a parsed body",
            "express.raw",
        ),
        (
            with_middleware("307 Temporary", "location: /en/api/webhooks\r\n", ""),
            "a language was put before",
            "language",
        ),
        (
            with_middleware("308 Permanent", "location: /api/webhooks/\r\n", ""),
            "redirect to `/api/webhooks/`",
            "--path /api/webhooks/",
        ),
        (
            with_middleware("307 Temporary", "x-clerk-redirect-to: true\r\nlocation: /x\r\n", ""),
            "its sign-in page",
            "public route",
        ),
    ] {
        let words = refused_by(&app, "");
        assert!(words.contains(found) && words.contains(fix), "{words}");
        assert_eq!(found.contains("sign-in"), words.contains("public route"), "{words}");
    }
}

#[test]
fn check_too_tells_what_stands_behind_clerks_middleware() {
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    for (app, found) in [
        (with_middleware("404 Not Found", "", ""), "no handler at"),
        (with_middleware("400 Bad Request", "", "no"), "another secret"),
        (with_middleware("500 Internal", "", "Missing publishableKey"), "said `Missing publishableKey`"),
    ] {
        let output = machine.run(&format!("check {} --json", app.port)).expect_code(7);
        let first = output.of_type("check")[0]["found"].to_string();
        assert!(first.contains(found) && !first.contains("protected"), "{first}");
    }
}

#[test]
fn a_5xx_quotes_the_app_s_own_words() {
    for (status, body, found, fix) in [
        ("500 Internal", "Error: Missing webhook signing secret", "has no signing secret", "clerkhook secret write"),
        ("500 Internal", "@clerk/nextjs: Missing publishableKey", "lacks a Clerk key", "API keys"),
        ("403 Forbidden", "CSRF verification failed. Request aborted.", "forged forms", "csrf_exempt"),
        ("500 Internal", "database is locked", "said `database is locked`", "look into the app's log"),
        ("502 Bad Gateway", "connect ECONNREFUSED 127.0.0.1:8000", "nothing behind it answers", "start what the proxy"),
    ] {
        let words = refused_by(&with_middleware(status, "", body), "");
        assert!(words.contains(found) && words.contains(fix), "{words}");
        assert_eq!(body.contains("signing secret"), words.contains("signing secret"), "{words}");
    }
}

#[test]
fn a_redirect_to_the_sign_in_page_means_auth_middleware() {
    let app = RawApp::answering("HTTP/1.1 302 Found\r\nlocation: /sign-in?next=%2F\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 302, a redirect to its sign-in page: auth middleware protects the route
→ make `/api/webhooks` a public route of the app's auth middleware (in Next.js `'/api/webhooks(.*)'` in the `createRouteMatcher` of `proxy.ts`)

"#]]
    );
}

#[test]
fn a_redirect_for_a_slash_names_the_final_path() {
    let app = RawApp::answering("HTTP/1.1 308 Permanent\r\nlocation: /api/webhooks/\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 308, a redirect to `/api/webhooks/`, and Svix follows none
→ register the final path: `--path /api/webhooks/`

"#]]
    );
    // What the hint says is taken: the event goes to the final path.
    let app = RawApp::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let line = format!("up {} --sandbox --once --json --path /api/webhooks/", app.port);
    let output = Machine::new().run(&line).expect_code(0);
    assert!(output.of_type("endpoint")[0]["url"].as_str().is_some_and(|url| url.ends_with("/api/webhooks/")));
}

#[test]
fn status_405_means_no_post() {
    let app = RawApp::answering("HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 405: the route takes no POST
→ have the route take POST

"#]]
    );
}

#[test]
fn status_400_means_verification() {
    let app = RawApp::answering("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 400: most often it could not verify the signature
→ restart the app so that it loads the signing secret, and verify the raw body (in Express `express.raw({ type: 'application/json' })` on this route, before any `express.json()`; elsewhere no parsed body and no `JSON.stringify`)

"#]]
    );
}

#[test]
fn status_500_is_in_the_apps_log() {
    let app = RawApp::answering("HTTP/1.1 500 Internal\r\ncontent-length: 4\r\n\r\noops");
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 500, and said `oops`
→ look into the app's log for what failed there

"#]]
    );
}

#[test]
fn vites_blocked_host_is_known() {
    let app = RawApp::answering(
        "HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\nBlocked request. This host (\"x\") is not allowed.\nTo allow \
         this host, add \"x\" to `server.allowedHosts` in vite.config.js.",
    );
    assert_data_eq!(
        refused_by(&app, ""),
        str![[r#"
CH0805: `user.created` was not taken: the app answered 403: its dev server does not accept this host name
→ add the tunnel's host to the allowed hosts of the dev server (in Vite `server.allowedHosts`)

"#]]
    );
}

#[test]
fn a_connection_closed_without_an_answer_is_told() {
    assert_data_eq!(
        refused_by(&RawApp::answering(""), ""),
        str![[r#"
CH0805: `user.created` was not taken: the app gave no HTTP answer: it closed the connection, or serves TLS (ERR_NGROK_3004)
→ look at the app's log; if it serves TLS, name it so: `clerkhook up https://localhost:PORT`

"#]]
    );
}

#[test]
fn an_app_that_is_slower_than_svix_waits_is_told() {
    assert_data_eq!(
        refused_by(&RawApp::silent(), "--fault delivery=timeout:500ms"),
        str![[r#"
CH0805: `user.created` was not taken: the app gave no answer in time
→ answer first, and do the work afterwards; Svix gives up after 15 s

"#]]
    );
}

#[test]
fn the_person_may_wait_less_than_svix() {
    assert_data_eq!(
        refused_by(&RawApp::silent(), "--timeout 600ms"),
        str![[r#"
CH0805: `user.created` was not taken: the app gave no answer in time
→ answer first, and do the work afterwards; Svix gives up after 15 s

"#]]
    );
}

#[test]
fn an_app_that_answers_nonsense_is_told() {
    assert_data_eq!(
        refused_by(&RawApp::answering("SSH-2.0-OpenSSH_9.2\r\n"), ""),
        str![[r#"
CH0805: `user.created` was not taken: the app gave no HTTP answer: it closed the connection, or serves TLS (ERR_NGROK_3004)
→ look at the app's log; if it serves TLS, name it so: `clerkhook up https://localhost:PORT`

"#]]
    );
}
