//! What the answers to a case mean: whether it holds, why not, and what to change.

use std::time::Duration;

use super::cases::{Case, Group, Kind};
use crate::handler::vocabulary::vocabulary;
use crate::handler::{Answer, Framework, diagnose};
use crate::http::{Obstacle, Unreachable};
use crate::report::{CaseSeen, Check, Health};

/// What came of one request.
pub type Came = Result<Answer, Unreachable>;

/// What else is known while a case is judged.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// An event that nobody signed was accepted.
    pub open: bool,
    /// A usual event was accepted.
    pub takes: bool,
    /// A usual event was accepted, and one with spaces was not.
    pub rewrites: bool,
    /// How long an answer may take.
    pub within: Duration,
    /// The route.
    pub path: &'a str,
    /// The app.
    pub upstream: &'a str,
    /// What it is made with.
    pub framework: Option<Framework>,
}

/// How to verify.
pub const VERIFY: &str = "before anything else, verify the signature (`await verifyWebhook(request)` of `@clerk/…/webhooks`, \
                          elsewhere svix), and answer 400 when it does not hold; `clerkhook handler` prints a handler \
                          that does";

/// What the summary says first.
pub const OPEN: &str = "anyone can post to this handler";

const ANYONE: &str = "anyone can post to this handler: it takes events that Clerk did not sign";
const REWRITTEN: &str = "it verifies a body that was parsed and written again, not the bytes that were signed";

/// A verdict in the making.
type Finding = (Health, Option<String>, Option<String>);

fn ok() -> Finding {
    (Health::Ok, None, None)
}

fn fail(cause: impl Into<String>, fix: impl Into<String>) -> Finding {
    (Health::Fail, Some(cause.into()), Some(fix.into()))
}

fn warn(cause: impl Into<String>, fix: impl Into<String>) -> Finding {
    (Health::Warn, Some(cause.into()), Some(fix.into()))
}

/// Judges a case by what came of its requests.
pub fn judge(case: &Case, came: &[Came], facts: &Facts<'_>) -> Check {
    let accepted = |came: &&Came| came.as_ref().is_ok_and(Answer::is_success);
    // What decides is the first that is not 2xx, else the last.
    let Some(decisive) = came.iter().find(|came| !accepted(came)).or(came.last()) else {
        return skipped(case, "not sent: this handler is not said to get `user.…` events (`--events`)");
    };
    let (status, cause, fix) = match (decisive, case.group) {
        (Err(unreachable), _) => {
            let (cause, fix) = silence(unreachable, facts.within);
            fail(cause, fix)
        }
        (Ok(answer), Group::Refuses) => refusal(case, answer, facts),
        (Ok(answer), _) => acceptance(case, answer, facts),
    };
    let others = came.iter().filter(|came| !accepted(came)).count();
    let found = match came.len() {
        0 | 1 => told(decisive),
        count if others == 0 => format!("{count} answered 2xx"),
        count => format!("{others} of {count} {}", told(decisive)),
    };
    let duration: Duration = came.iter().flatten().map(|answer| answer.duration).sum();
    let seen = CaseSeen {
        sent: case.sent.to_owned(),
        status_code: decisive.as_ref().ok().map(|answer| answer.status),
        duration_ms: u64::try_from(duration.as_millis()).unwrap_or(u64::MAX),
        cause,
    };
    Check { check: case.full_name(), status, found, fix, case: Some(seen) }
}

/// A case that was not sent, and why.
pub fn skipped(case: &Case, why: &str) -> Check {
    let seen = CaseSeen { sent: case.sent.to_owned(), ..CaseSeen::default() };
    Check { check: case.full_name(), status: Health::Skip, found: why.to_owned(), fix: None, case: Some(seen) }
}

/// The failed check that is to be mended first: one that lets anyone post, else the first.
pub fn worst(checks: &[Check]) -> Option<&Check> {
    let cause = |check: &Check| check.case.as_ref().and_then(|case| case.cause.clone()).unwrap_or_default();
    let mut failed = checks.iter().filter(|check| check.status == Health::Fail);
    let first = failed.clone().next();
    failed.find(|check| cause(check).contains(OPEN)).or(first)
}

/// What came, in a word or two.
pub fn told(came: &Came) -> String {
    match came {
        Ok(answer) => format!("answered {}", answer.status),
        Err(unreachable) if unreachable.kind == Obstacle::Time => "gave no answer in time".to_owned(),
        Err(unreachable) => format!("gave no answer ({unreachable})"),
    }
}

/// What no answer means.
pub fn silence(unreachable: &Unreachable, within: Duration) -> (String, String) {
    match unreachable.kind {
        Obstacle::Time => (
            format!("it gave no answer within {} s", within.as_secs_f64()),
            "answer first, and do the work afterwards; Svix gives up after 15 s".to_owned(),
        ),
        Obstacle::NoConnection => (
            format!("nothing listens any more ({unreachable}): the app ended while it was checked"),
            "look into the app's log for what ended it; often `await` is missing before `verifyWebhook`, and then a \
             forged event ends the process"
                .to_owned(),
        ),
        _ => (
            format!("it gave no HTTP answer: {unreachable}"),
            "look into the app's log: it may have crashed, or it closes connections without an answer".to_owned(),
        ),
    }
}

fn refusal(case: &Case, answer: &Answer, facts: &Facts<'_>) -> Finding {
    match (answer.status, &case.kind) {
        (429, _) => {
            let (_, cause, fix) = diagnosed(answer, facts);
            (Health::Warn, cause.map(|cause| format!("{cause}, so its own answer was not seen")), fix)
        }
        (400..=499, _) | (501, Kind::Get) => ok(),
        (500.., Kind::Get) => warn("it crashes on a GET", "handle `POST` alone, and answer 405 to others"),
        (500.., Kind::EmptyBody | Kind::BrokenJson) => warn(
            "it crashes on a validly signed body that is no event; nobody but the secret's holder can send one",
            "answer 400 to a body that is no event",
        ),
        (500.., _) => fail(
            "it crashes on what it should refuse; senders take a 5xx for a reason to try again",
            "catch what the verifier throws, and answer 400",
        ),
        (200..=299, kind) => accepted(kind, answer, facts),
        (_, Kind::Get) => warn("it redirects a GET, where 405 says that only POST is meant", "export only `POST`"),
        (..) => fail("it redirects what it should refuse", "answer 400 to what does not verify"),
    }
}

/// What was accepted and should not have been.
fn accepted(kind: &Kind, answer: &Answer, facts: &Facts<'_>) -> Finding {
    match kind {
        Kind::Get if super::super::is_page(answer.content_type.as_deref(), &answer.body) => {
            warn("a page answers a GET here", "nothing to do, if the page is meant to be there")
        }
        _ if facts.open => fail(ANYONE, VERIFY),
        Kind::Get => warn(
            "a GET is answered like an event that was taken",
            "handle `POST` alone, and answer 405 to others; nothing to do, if the GET is another handler's",
        ),
        Kind::WebhookHeaders => warn(
            "it takes `webhook-*` headers too, which Clerk's own `verifyWebhook` does not; harmless, as they verified",
            "nothing to do, or verify with `@clerk/backend/webhooks`",
        ),
        Kind::NoHeaders | Kind::Forged => fail(ANYONE, VERIFY),
        Kind::TamperedBody => fail("it takes an event that was changed on the way: the body is not verified", VERIFY),
        Kind::WrongSecret => fail("it takes what another secret signed: anyone can post to this handler", VERIFY),
        Kind::Stale | Kind::Future => fail(
            "it does not check the time of the signature: whoever saw a delivery once can send it again for ever",
            "verify with `verifyWebhook`, or refuse a `svix-timestamp` that is more than 5 minutes off",
        ),
        _ => warn(
            "it takes a validly signed body that is no event; nobody but the secret's holder can send one",
            "answer 400 to a body that is no event",
        ),
    }
}

fn acceptance(case: &Case, answer: &Answer, facts: &Facts<'_>) -> Finding {
    if answer.is_success() {
        let slow = answer.duration > facts.within / 3 && case.kind != Kind::SlowClient;
        return if slow {
            let cause = format!("it took {:.1} s, and Svix gives up after 15 s", answer.duration.as_secs_f64());
            warn(cause, "answer first, and do the work afterwards")
        } else {
            ok()
        };
    }
    let refused = matches!(answer.status, 400 | 401 | 403 | 422);
    let raw = vocabulary(facts.framework.or(answer.framework)).raw;
    match &case.kind {
        Kind::SpacedJson if refused && facts.takes => {
            warn(format!("{REWRITTEN}; it holds as long as Clerk spells JSON as it does today"), raw)
        }
        Kind::SpacedJson if refused => fail(REWRITTEN, raw),
        Kind::NonAscii if refused => fail("it verifies a body that was not read as UTF-8, or was written again", raw),
        Kind::LargeBody if answer.status == 413 && facts.takes => {
            let (_, cause, fix) = diagnosed(answer, facts);
            let size = "500 kB are refused; Clerk's events are seldom larger than some kB";
            (Health::Warn, cause.map(|cause| format!("{cause}: {size}")), fix)
        }
        Kind::TwoSignatures if refused => fail(
            "it compares one signature; while a secret is rotated `svix-signature` holds one for each, apart by a space",
            "verify with `verifyWebhook`, or accept any `v1,` entry of `svix-signature`",
        ),
        kind if !matches!(answer.status, 413 | 429) => match endurance(kind) {
            Some((cause, fix)) => fail(cause, fix),
            None => diagnosed(answer, facts),
        },
        _ => diagnosed(answer, facts),
    }
}

/// What a case of `survives` shows when it is not answered 2xx.
fn endurance(kind: &Kind) -> Option<(&'static str, &'static str)> {
    Some(match kind {
        Kind::DuplicateId => (
            "it fails on a repetition, and Svix repeats until it gets 2xx: for days",
            "remember each `svix-id` and answer 2xx to one that was handled; or make the write an upsert",
        ),
        Kind::UpdateBeforeCreate => (
            "it relies on the order of events, which Clerk does not promise",
            "write `user.created` and `user.updated` with the same upsert",
        ),
        Kind::DeleteUnknown => {
            ("it fails to delete who is not there, so Svix tries for days", "take a missing user for a deleted one")
        }
        Kind::UnknownType => (
            "it fails on a type that it does not know, so Svix tries for days",
            "answer 2xx to types that are not handled",
        ),
        Kind::TwentyAtOnce => (
            "it fails when events come at the same time",
            "look into the app's log; often a pool of database connections is too small, or two writes race",
        ),
        Kind::SlowClient => {
            ("it does not wait for a body that comes slowly", "read the body to its end before verifying")
        }
        _ => return None,
    })
}

fn diagnosed(answer: &Answer, facts: &Facts<'_>) -> Finding {
    if facts.rewrites && answer.status == 400 {
        return fail(REWRITTEN, vocabulary(facts.framework.or(answer.framework)).raw);
    }
    let diagnosis = diagnose(&answer.seen(facts.path, facts.upstream).of(facts.framework));
    fail(diagnosis.found, diagnosis.fix)
}

#[cfg(test)]
mod tests {
    use super::super::cases::cases;
    use super::*;

    const FACTS: Facts<'static> = Facts {
        open: false,
        takes: true,
        rewrites: false,
        within: Duration::from_secs(15),
        path: "/api/webhooks",
        upstream: "http://localhost:3000",
        framework: None,
    };

    fn answer(status: u16) -> Came {
        Ok(Answer { status, ..Answer::default() })
    }

    fn judged(name: &str, came: &[Came], facts: &Facts<'_>) -> (Health, String) {
        let events = ["user.created".to_owned()];
        let all = cases(&events);
        let case = all.iter().find(|case| case.name == name).expect(name);
        let check = judge(case, came, facts);
        let cause = check.case.and_then(|case| case.cause).unwrap_or_default();
        assert_eq!(check.fix.is_some(), check.status != Health::Ok && check.status != Health::Skip, "{name}");
        (check.status, format!("{}: {cause}", check.found))
    }

    #[test]
    fn what_is_refused_must_be_refused_and_not_break() {
        for name in ["no-headers", "forged", "tampered-body", "stale", "future", "wrong-secret"] {
            assert_eq!(judged(name, &[answer(400)], &FACTS).0, Health::Ok, "{name}");
            assert_eq!(judged(name, &[answer(500)], &FACTS).0, Health::Fail, "{name}");
            assert_eq!(judged(name, &[answer(200)], &FACTS).0, Health::Fail, "{name}");
        }
        assert!(judged("forged", &[answer(204)], &FACTS).1.contains("anyone can post"));
        assert!(judged("stale", &[answer(200)], &FACTS).1.contains("time of the signature"));
        assert!(judged("stale", &[answer(200)], &Facts { open: true, ..FACTS }).1.contains("anyone can post"));
        assert!(judged("broken-json", &[answer(302)], &FACTS).1.contains("redirects"));
        // No 5xx of a GET is a matter of signatures, and 501 is how Python's servers refuse it.
        assert!(judged("get", &[answer(500)], &FACTS).1.contains("crashes on a GET"));
        assert_eq!(judged("get", &[answer(501)], &FACTS).0, Health::Ok);
        // Nobody but the secret's holder can send these, and Clerk does not.
        for name in ["empty-body", "broken-json", "get"] {
            assert_eq!(judged(name, &[answer(400)], &FACTS).0, Health::Ok, "{name}");
            assert_eq!(judged(name, &[answer(500)], &FACTS).0, Health::Warn, "{name}");
            assert_eq!(judged(name, &[answer(200)], &FACTS).0, Health::Warn, "{name}");
            let open = Facts { open: true, ..FACTS };
            assert_eq!(judged(name, &[answer(200)], &open).0, Health::Fail, "{name}");
        }
    }

    #[test]
    fn a_rate_limiter_proves_nothing_of_the_handler() {
        let (health, words) = judged("forged", &[answer(429)], &FACTS);
        assert!(health == Health::Warn && words.contains("was not seen"), "{words}");
        for name in ["duplicate-id", "delete-unknown", "slow-client", "twenty-at-once", "user.created"] {
            let (health, words) = judged(name, &[answer(429)], &FACTS);
            assert!(health == Health::Fail && words.contains("rate limiter"), "{name}: {words}");
        }
    }

    #[test]
    fn a_page_and_other_names_are_warnings() {
        assert_eq!(judged("webhook-headers", &[answer(200)], &FACTS).0, Health::Warn);
        let page = Answer { status: 200, body: "<!doctype html>".into(), ..Answer::default() };
        assert_eq!(judged("get", &[Ok(page)], &FACTS).0, Health::Warn);
        assert_eq!(judged("get", &[answer(302)], &FACTS).0, Health::Warn);
    }

    #[test]
    fn the_first_that_is_not_2xx_decides() {
        let (health, words) = judged("duplicate-id", &[answer(200), answer(409)], &FACTS);
        assert_eq!(health, Health::Fail);
        assert!(words.starts_with("1 of 2 answered 409: it fails on a repetition"), "{words}");
        assert_eq!(judged("twenty-at-once", &vec![answer(200); 20], &FACTS).1, "20 answered 2xx: ");
        assert_eq!(judged("update-before-create", &[], &FACTS).0, Health::Skip);
    }

    #[test]
    fn each_refusal_of_a_good_event_has_its_cause() {
        for (name, status, words) in [
            ("spaced-json", 400, "parsed and written again"),
            ("non-ascii", 400, "UTF-8"),
            ("two-signatures", 401, "compares one signature"),
            ("update-before-create", 500, "order of events"),
            ("delete-unknown", 404, "who is not there"),
            ("unknown-type", 400, "does not know"),
            ("large-body", 500, "answered 500"),
            ("slow-client", 408, "comes slowly"),
            ("user.created", 500, "answered 500"),
        ] {
            let (health, found) = judged(name, &[answer(status)], &Facts { takes: false, ..FACTS });
            assert!(health == Health::Fail && found.contains(words), "{name}: {found}");
        }
        // Where the usual event is taken, what Clerk does not send is a warning.
        for (name, status, words) in [("spaced-json", 400, "parsed and written again"), ("large-body", 413, "500 kB")] {
            let (health, found) = judged(name, &[answer(status)], &FACTS);
            assert!(health == Health::Warn && found.contains(words), "{name}: {found}");
        }
        let rewrites = Facts { rewrites: true, ..FACTS };
        assert!(judged("large-body", &[answer(400)], &rewrites).1.contains("parsed and written again"));
    }

    #[test]
    fn slow_answers_and_silence_are_told() {
        let slow = Answer { status: 200, duration: Duration::from_secs(9), ..Answer::default() };
        assert_eq!(judged("user.created", &[Ok(slow)], &FACTS).0, Health::Warn);
        let late = Err(Unreachable { cause: "no answer in time".into(), kind: Obstacle::Time });
        assert!(judged("user.created", std::slice::from_ref(&late), &FACTS).1.contains("within 15 s"));
        assert_eq!(judged("forged", &[late], &FACTS).0, Health::Fail);
        let closed = Err(Unreachable { cause: "connection reset".into(), kind: Obstacle::Broken });
        assert!(judged("user.created", &[closed], &FACTS).1.contains("connection reset"));
    }
}
