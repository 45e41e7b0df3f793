//! One of each error, as a run could meet it.

use std::path::PathBuf;

use clerkhook::error::Error;
use clerkhook::ngrok::codes::explain;
use clerkhook::report::Hop;
use clerkhook::steps::app::START_IT;
use clerkhook::steps::secret::LOOKED;

/// Every code once.
pub fn samples() -> Vec<Error> {
    [general(), settings(), tunnel(), clerk(), svix(), endpoint(), delivery()].into_iter().flatten().collect()
}

fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

fn general() -> Vec<Error> {
    vec![
        Error::Unexpected { what: "reading the time", cause: "the clock stands still".into() },
        Error::Interrupted,
        Error::Declined { left: "nothing was done" },
        Error::State {
            path: path("/home/ann/.local/state/clerkhook"),
            cause: "Permission denied (os error 13)".into(),
        },
        Error::FileUnwritable {
            path: path("reports/check.xml"),
            cause: "No such file or directory (os error 2)".into(),
        },
        Error::OutputUnwritable { cause: "No space left on device (os error 28)".into() },
        Error::File { path: path("key.txt"), cause: "No such file or directory (os error 2)".into() },
        Error::TooFewFiles { cause: "Too many open files (os error 24)".into() },
        Error::ClockImpossible { says: "a time before 1970" },
        Error::HistoryUnusable {
            path: path("/home/ann/.local/state/clerkhook/history.sqlite"),
            cause: "Permission denied (os error 13)".into(),
            fix: clerkhook::history::begin_anew(&path("/home/ann/.local/state/clerkhook/history.sqlite")),
        },
        Error::DeliveryUnknown { reference: "msg_2cd".into() },
        Error::DeliveryAmbiguous { reference: "0191".into() },
        Error::SetUpStays { who: "http://localhost:3000 (process 4711)".into(), pid: 4711 },
        Error::DetachMissing,
        Error::CodeUnknown { code: "CH9999".into() },
        Error::SetUpSilent { cause: "Connection refused (os error 111)".into() },
    ]
}

fn settings() -> Vec<Error> {
    let environment = || "environment variable `CLERK_SECRET_KEY`".to_owned();
    vec![
        Error::KeyMissing {
            looked: "looked in `CLERK_SECRET_KEY`, `.env.local`, `.env.development.local`, `.env.development`, `.env`"
                .into(),
        },
        Error::KeyMalformed { source_name: environment(), why: "nothing follows its prefix" },
        Error::KeyPublishable { source_name: environment() },
        Error::KeyLive { source_name: "`CLERK_SECRET_KEY` in `.env.local`".into() },
        Error::SettingInvalid {
            what: "address",
            value: "api.clerk.com".into(),
            source_name: "environment variable `CLERK_API_URL`".into(),
            why: "relative URL without a base".into(),
        },
        Error::ConfigFile {
            path: path("/home/ann/.config/clerkhook/config.toml"),
            cause: "line 3, column 7: `app` is no app: a port is a number from 1 to 65535".into(),
        },
        Error::ProfileMissing {
            name: "shpo".into(),
            path: path("/home/ann/.config/clerkhook/config.toml"),
            known: "blog, shop".into(),
            meant: Some("shop".into()),
        },
        Error::SettingUnknown { name: "evnts".into(), meant: Some("events") },
        Error::KeyCommand { program: "op".into(), cause: "exit 1\n[ERROR] you are not currently signed in".into() },
        Error::several_missing(vec![
            Error::AppDown {
                upstream: "http://localhost:3000".into(),
                cause: "Connection refused (os error 111)".into(),
                fix: START_IT,
            },
            Error::AgentMissing { looked: "`ngrok` is not on `PATH`".into() },
        ]),
        Error::NeedsAnswer { question: "This key changes a production instance. Go on?".into(), flag: "--yes" },
        Error::SeveralProjects { names: vec!["apps/admin".into(), "apps/web".into()] },
        Error::SeveralRoutes { paths: vec!["/api/webhooks".into(), "/hooks/clerk".into()] },
        Error::SigningSecretMalformed {
            source_name: "`CLERK_WEBHOOK_SIGNING_SECRET` in `.env.local`".into(),
            why: "it is an endpoint id (`ep_…`), not a signing secret (`whsec_…`)".into(),
        },
        Error::SigningSecretMissing { looked: format!("{LOOKED}; there is no Clerk key to fetch it with either") },
        Error::AppDown {
            upstream: "http://localhost:3000".into(),
            cause: "Connection refused (os error 111)".into(),
            fix: START_IT,
        },
        Error::CertificateUntrusted {
            url: "https://localhost:3443/api/webhooks".into(),
            cause: "invalid peer certificate: UnknownIssuer".into(),
            local: true,
        },
        Error::AppForeign {
            port: 3000,
            program: "node".into(),
            pid: 4711,
            directory: path("/home/ann/other"),
            project: path("/home/ann/shop"),
        },
        Error::PortTaken {
            port: 3000,
            cause: "Address already in use (os error 98)".into(),
            fix: "choose another port with `--port N`, or any free one with `--port 0`",
        },
    ]
}

fn tunnel() -> Vec<Error> {
    let tail = || "open config file\nstarting web service".to_owned();
    let refused = explain(4018);
    vec![
        Error::AgentMissing { looked: "`ngrok` is not on `PATH`".into() },
        Error::AgentNotRunnable {
            path: path("/opt/ngrok"),
            cause: "Permission denied (os error 13)".into(),
            denied: true,
        },
        Error::AgentVersion { path: path("/opt/ngrok"), said: "grok 1.0".into() },
        Error::AgentRefused {
            number: 4018,
            meaning: refused.meaning.into_owned(),
            words: "authentication failed: Usage of ngrok requires a verified account and authtoken.".into(),
            fix: refused.fix.into_owned(),
        },
        Error::AgentExited { status: "exit 1".into(), tail: tail() },
        Error::AgentNotReady { limit: std::time::Duration::from_secs(20), tail: tail() },
        Error::AgentAddressTaken { words: "listen tcp 127.0.0.1:4040: bind: address already in use".into() },
        Error::AgentApi { url: "http://127.0.0.1:4040".into(), cause: "Connection refused (os error 111)".into() },
        Error::AgentDied { status: "signal 9".into(), tail: tail() },
        Error::TunnelMissing,
        Error::TunnelOffline {
            what: "the agent at http://127.0.0.1:4040 serves this app but is not online (ERR_NGROK_3200)".into(),
        },
        Error::AgentForeign { url: "http://127.0.0.1:4040".into() },
        Error::NoneReady { found: "http://localhost:3000 (process 4711) runs and is not ready yet".into() },
    ]
}

fn clerk() -> Vec<Error> {
    let url = || "https://api.clerk.com/".to_owned();
    let trace = "(trace 5dokqatesbwcjqqwdjoxdcilglpgqq9e)";
    let user = || "user_3MWHzIHi3CGjJvBFNLFWs6I8zi8".to_owned();
    vec![
        Error::ClerkKeyRefused {
            code: "clerk_key_invalid".into(),
            words: format!("clerk_key_invalid: The provided Clerk Secret Key is invalid. {trace}"),
        },
        Error::ClerkRefused {
            status: 403,
            code: "authorization_invalid".into(),
            words: format!("authorization_invalid: You are not authorized to perform this request {trace}"),
        },
        Error::ClerkUnreachable { url: url(), cause: "dns error: failed to lookup address information".into() },
        Error::ClerkRateLimited { words: format!("too_many_requests: Too many requests. {trace}"), wait: None },
        Error::ClerkFailed { status: 500, words: format!("internal_clerk_error: Something went wrong. {trace}") },
        Error::ClerkNotUnderstood {
            url: format!("{}v1/webhooks/svix_url", url()),
            cause: "expected value at line 1 column 1; it answered 200 OK (text/html): <title>Sign in</title>".into(),
        },
        Error::UserUnnamed,
        Error::UserMissing { id: user() },
        Error::UserForeign { id: user() },
        Error::UserQuota { words: format!("user_quota_exceeded: You have reached your limit of 100 users. {trace}") },
        Error::UserLeft { id: user(), cause: "Clerk failed with status 500".into() },
        Error::PortalUrl { why: "its `key` is not base64" },
        Error::PortalExchange {
            status: 401,
            words: "401 Unauthorized (application/json): {\"code\":\"authentication_failed\"}".into(),
        },
    ]
}

fn svix() -> Vec<Error> {
    let url = || "https://api.eu.svix.com/".to_owned();
    vec![
        Error::SvixUnauthorized { words: "authentication_failed: Invalid token".into() },
        Error::SvixForbidden { what: "read the signing secret", words: "insufficient access".into() },
        Error::SvixNotFound { what: "change the endpoint", words: "not_found: Entity not found".into() },
        Error::SvixConflict { what: "create the endpoint", words: "conflict: Entity already exists".into() },
        Error::SvixInvalid { what: "create the endpoint", words: "body.url: endpoint_https_only".into() },
        Error::SvixRateLimited { words: "rate_limit: Rate limit exceeded".into(), wait: None },
        Error::SvixFailed { what: "list endpoints", status: 502, words: "502 Bad Gateway with an empty body".into() },
        Error::SvixUnreachable { url: url(), cause: "no answer in time, to list endpoints".into() },
        Error::SvixNotUnderstood {
            url: format!("{}api/v1/app/app_2ab/endpoint", url()),
            cause: "missing field `data`, to list endpoints; it answered 200 OK (application/json): {}".into(),
        },
    ]
}

fn endpoint() -> Vec<Error> {
    let id = || "ep_2abcdefghijklmnopqrstuvwxyz".to_owned();
    let env_file = || path("/home/ann/shop/.env.local");
    vec![
        Error::AdoptMissing { id: id() },
        Error::EndpointMissing,
        Error::EndpointUnknown {
            id: "ep_2zzzzzzzzzzzzzzzzzzzzzzzzzz".into(),
            known: format!("{} https://quiet-owl.ngrok-free.dev/api/webhooks", id()),
        },
        Error::MessageUnknown { id: "msg_2abcdefghijklmnopqrstuvwxyz".into(), endpoint: id() },
        Error::EndpointAtNone {
            url: "https://app.example.com/api/webhook".into(),
            known: format!("{} https://app.example.com/api/webhooks", id()),
        },
        Error::EndpointDisabled { id: id() },
        Error::EndpointFiltered {
            id: id(),
            event: "session.created".into(),
            listens_to: "user.created,user.deleted,user.updated".into(),
            meant: None,
        },
        Error::EndpointUrl { url: "ftp://example.com/".into(), why: "it begins with neither http:// nor https://" },
        Error::EnvFileUnreadable { path: env_file(), cause: "it is not UTF-8 text".into() },
        Error::EnvFileUnwritable { path: env_file(), cause: "Permission denied (os error 13)".into() },
        Error::EnvFileDuplicate { path: env_file(), name: "CLERK_WEBHOOK_SIGNING_SECRET".into(), times: 2 },
    ]
}

fn delivery() -> Vec<Error> {
    let not = |hop, found: &str, fix: &str| Error::NotDelivered {
        event: "user.created".into(),
        hop,
        found: found.into(),
        fix: fix.into(),
    };
    vec![
        not(Hop::Accepted, "Svix did not take it", "run it again"),
        not(
            Hop::Attempt,
            "Svix made no attempt within 30 s",
            "wait longer with `clerkhook send-test --timeout 60s`, or look at the endpoint's log in the Clerk dashboard",
        ),
        not(
            Hop::Edge,
            "Svix got no answer from the public URL",
            "check that the endpoint's URL is the tunnel's: `clerkhook register`",
        ),
        not(
            Hop::Agent,
            "the agent captured no such request: another agent serves this URL, or its inspection is off",
            "register this tunnel's URL with `clerkhook register`; start the agent without `--inspect=false`",
        ),
        not(
            Hop::App,
            "the app answered 500",
            "look into the app's log; often the signing secret is missing from its environment",
        ),
        not(
            Hop::Signature,
            "its signature is invalid: signature does not match: other secret, or the body was changed",
            "check this machine's clock, and that nothing on the way changes the body; then `clerkhook send-test`",
        ),
        Error::CaptureMissing { id: "msg_2abcdefghijklmnopqrstuvwxyz".into() },
        Error::CaptureTruncated { id: "airt_2abcdefghijklmnopqrstuvwxyz".into() },
        Error::EditRefused { why: "`data.first_name.x` cannot be reached: `data.first_name` is a string".into() },
        Error::EditorFailed { editor: "vi".into(), cause: "it ended with exit 1".into() },
        Error::CaptureForged {
            id: "msg_2abcdefghijklmnopqrstuvwxyz".into(),
            why: "signature does not match: other secret, or the body was changed".into(),
        },
        Error::NothingVerified { passed: 3 },
        Error::EditBroken { path: path("/tmp/clerkhook-Xy12ab.json"), why: "expected `:` at line 4 column 9".into() },
        Error::EditorUnseen { editor: "vi".into() },
        Error::ScreenUnseen,
        Error::ReplayUnanswered {
            url: "http://localhost:3000/".into(),
            cause: "Connection refused (os error 111)".into(),
        },
        Error::EventUnknown { event: "user.creatd".into(), meant: Some("user.created".into()) },
        Error::TriggerRefused {
            why: "stdin held no body".into(),
            fix: "pipe one in: `clerkhook trigger --body @- < event.json`".into(),
        },
        Error::ScenarioInvalid {
            name: "signup.yml".into(),
            why: "line 6, step 2: `${user_id}` is saved by no step".into(),
            fix: "save it in an earlier step: `save: {user_id: data.id}`".into(),
        },
        Error::AnswerUnexpected {
            event: "user.created".into(),
            found: "the app answered 200 where 4xx is due".into(),
            fix: "have the handler verify the signature before anything else, and answer 4xx where it does not hold"
                .into(),
        },
        Error::NotArrived {
            wanted: "`user.created`".into(),
            limit: std::time::Duration::from_secs(30),
            found: "2 `user.created` came, without `data.first_name=Ada` (there is `Mira`, `Jo`)".into(),
            running: true,
        },
        Error::CommandFailed { line: "npm run seed".into(), status: "exit 3".into(), code: 3 },
        Error::NotRecovered {
            left: 1,
            asked: 12,
            found: "msg_2abcdefghijklmnopqrstuvwxyz user.created: answered 500".into(),
        },
        Error::NotBackfilled { refused: 1, sent: 240, found: "user_2abcdefghijklmnopqrstuvwxyz: answered 500".into() },
        Error::DoctorFailed { failed: 1, checks: 7 },
        Error::CaseUnknown { name: "refuses/stail".into(), meant: Some("refuses/stale".into()) },
        Error::FrameworkUnknown,
        Error::HandlerExists { path: "app/api/webhooks/route.ts".into() },
        Error::ProbeFailed { probe: "http://localhost:3000/api/count".into(), cause: "it answered 404".into() },
        Error::HandlerFailed {
            found: "anyone can post to this handler: 8 of 25 checks failed".into(),
            again: "clerkhook check --only refuses/no-headers".into(),
        },
        Error::EndpointTrouble { troubled: 1, watched: 3, id: "ep_2abcdefghijklmnopqrstuvwxyz".into() },
        Error::NotSecured {
            found: "a forged event passed as `/API/WEBHOOKS`".into(),
            fix: "have clerkhook verify instead of the edge: `clerkhook secure --local`".into(),
        },
        Error::NotVerified { failed: 2, deliveries: 3 },
        Error::DeliveryUnreadable {
            place: "`event.json`".into(),
            why: "line 1: it has no `headers` and no `body`".into(),
        },
        Error::SandboxFailed { cause: "state file `notes.txt`: no state of a sandbox: expected value".into() },
    ]
}
