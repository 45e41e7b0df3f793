//! Generated targets: none chooses a host, none reaches the app unsigned by default, and none that a router takes for the
//! webhook path does where only that is verified.

use std::str::FromStr as _;

use axum::http::Uri;
use clerkhook::gateway::Admission;
use clerkhook::ngrok::policy::Verification;
use clerkhook::secret::Secret;

use crate::routers::{decoded, takers};
use crate::stand::{Counting, PATH, Stand, settings};
use crate::targets::Targets;

const MANY: usize = 100_000;

/// Over sockets.
const SOME: usize = 3_000;

const UPSTREAM: &str = "http://localhost:3000";

#[test]
fn a_hundred_thousand_targets_choose_nothing() {
    let every = settings(UPSTREAM, None);
    let only = settings(UPSTREAM, Some(PATH));
    let (mut read, mut taken, mut free) = (0, 0, 0);
    for target in Targets::new("evil.example:81".to_owned()).take(MANY) {
        // What is no target at all is refused before anybody looks at it.
        let Ok(uri) = Uri::from_str(&target) else { continue };
        read += 1;
        assert!(!matches!(every.admission(&uri), Admission::Free(_)), "{target}");
        let routers = takers(&target);
        taken += usize::from(!routers.is_empty());
        match only.admission(&uri) {
            Admission::Free(passed) => {
                free += 1;
                assert!(routers.is_empty(), "{target}: {routers:?}");
                assert!(takers(passed.as_str()).is_empty(), "{target}");
                let address = passed.at(&only.upstream);
                assert_eq!(address.origin(), only.upstream.origin(), "{target}");
            }
            Admission::Verified(passed) => {
                assert!(passed.as_str().starts_with('/') && target.starts_with(passed.as_str()), "{target}");
                assert_eq!(passed.at(&only.upstream).origin(), only.upstream.origin(), "{target}");
            }
            Admission::Refused => assert!(!target.starts_with('/'), "{target}"),
        }
    }
    // A generator that makes nothing of each kind proves nothing.
    assert!(read > MANY / 2 && taken > MANY / 50 && free > MANY / 50, "{read} {taken} {free}");
}

/// The edge may hand an expression the path as it came, or decoded.
#[test]
fn the_edges_expression_is_as_strict() {
    let secret = Secret::new("whsec_AAAA");
    let policy = Verification { secret, path: Some(PATH.to_owned()), enforce: true }.policy();
    let expression = policy["on_http_request"][0]["expressions"][0].as_str().expect("an expression");
    let parts: Vec<&str> = expression.split('\'').collect();
    let ["!req.url.path.matches(", plain, ") || req.url.path.matches(", webhook, ")"] = parts[..] else {
        panic!("{expression}")
    };
    let [plain, webhook] = [plain, webhook].map(|pattern| regex_lite::Regex::new(pattern).expect("a pattern"));
    let mut free = 0;
    for target in Targets::new("evil.example:81".to_owned()).take(MANY).filter(|target| target.starts_with('/')) {
        let path = target.split('?').next().unwrap_or_default();
        for path in [Some(path.to_owned()), decoded(path)].into_iter().flatten() {
            if plain.is_match(&path) && !webhook.is_match(&path) {
                free += 1;
                assert!(takers(&target).is_empty(), "{target}: {:?}", takers(&target));
            }
        }
    }
    assert!(free > MANY / 50, "{free}");
}

#[tokio::test]
async fn through_a_socket_they_reach_nobody_but_the_app() {
    let (app, evil) = (Counting::start().await, Counting::start().await);
    let every = Stand::start(&app.url(), None).await;
    let only = Stand::start(&app.url(), Some(PATH)).await;
    let mut passed = 0;
    for target in Targets::new(format!("127.0.0.1:{}", evil.port)).take(SOME) {
        let answer = every.post(&target).await;
        assert!(!answer.starts_with("HTTP/1.1 2"), "{target}: {answer}");
        assert_eq!(app.count(), passed, "{target} reached the app unsigned");
        let answer = only.post(&target).await;
        for seen in app.targets() {
            assert!(takers(&seen).is_empty(), "{target} reached the app as {seen}: {answer}");
            assert!(target.starts_with(&seen), "{target} reached the app as {seen}");
        }
        passed = app.count();
    }
    assert_eq!(evil.count(), 0);
    assert!(passed > SOME / 50, "{passed}");
}
