//! Misbehaviour that was asked for.

use clerkhook::signature::Reason;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{App, Fixture, options};

#[tokio::test]
async fn calls_fail_as_often_as_asked_for_and_in_the_services_own_words() {
    let fixture = Fixture::start(&["svix=429:2@endpoint", "svix=422@/msg"]).await;
    let url = "/endpoint";
    let response = fixture.svix_request(Method::GET, url).send().await.expect("an answer");
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].as_bytes()), (429, &b"1"[..]));
    let (status, body) = fixture.svix(Method::GET, url, None).await;
    assert_eq!((status, &body["code"]), (429, &json!("rate_limit")));
    assert_eq!(fixture.svix(Method::GET, url, None).await.0, 200);
    for _ in 0..2 {
        let (status, body) = fixture.svix(Method::GET, "/msg", None).await;
        assert_eq!((status, body["detail"].is_array()), (422, true));
    }
}

#[tokio::test]
async fn clerk_fails_in_its_envelope() {
    let fixture = Fixture::closed(options(&["clerk=500:1", "clerk=418:1"])).await;
    for (status, code) in [(500, "internal_clerk_error"), (418, "request_invalid_for_environment")] {
        let (answered, body) = fixture.clerk(Method::GET, "/v1/instance", None).await;
        assert_eq!((answered, &body["errors"][0]["code"]), (status, &json!(code)));
        assert!(body["clerk_trace_id"].is_string(), "{body}");
    }
    assert_eq!(fixture.clerk(Method::GET, "/v1/instance", None).await.0, 200);
}

#[tokio::test]
async fn a_call_can_meet_a_web_page_a_closed_connection_or_a_long_wait() {
    let fixture = Fixture::start(&["svix=html:1@endpoint", "svix=reset:1@endpoint", "svix=slow:1m:1@endpoint"]).await;
    let asked = || fixture.svix_request(Method::GET, "/endpoint");
    let page = asked().send().await.expect("an answer");
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    let reset = asked().send().await.expect_err("no answer");
    assert!(reset.is_request() && !reset.is_timeout() && !reset.is_connect(), "{reset:?}");
    let slow = asked().timeout(std::time::Duration::from_millis(100)).send().await;
    assert!(slow.expect_err("no answer in time").is_timeout());
    assert_eq!(asked().send().await.expect("an answer").status().as_u16(), 200);
}

#[tokio::test]
async fn each_service_has_its_latency() {
    let latency = "clerk=40ms,svix=80ms".parse().expect("a latency");
    let fixture = Fixture::with(clerkhook::sandbox::Options { latency, ..options(&[]) }).await;
    let started = std::time::Instant::now();
    fixture.clerk(Method::GET, "/v1/instance", None).await;
    let clerk = started.elapsed();
    fixture.svix(Method::GET, "/endpoint", None).await;
    let svix = started.elapsed() - clerk;
    assert!(clerk.as_millis() >= 40 && svix.as_millis() >= 80, "{clerk:?} {svix:?}");
}

#[tokio::test]
async fn portal_urls_can_be_wrong() {
    let fixture =
        Fixture::closed(options(&["clerk=portal_garbage:1", "clerk=portal_nokey:1", "clerk=portal_used:1"])).await;
    let url = async || {
        let (status, body) = fixture.clerk(Method::POST, "/v1/webhooks/svix_url", None).await;
        assert_eq!(status, 200);
        body["svix_url"].as_str().expect("a URL").to_owned()
    };
    assert!(url().await.ends_with("#key=%%not-base64%%"));
    assert!(!url().await.contains('#'));
    let (_, used) = fixture.portal().await;
    assert_eq!(fixture.exchange(&used).await.0, 401);
    let (_, good) = fixture.portal().await;
    assert_eq!(fixture.exchange(&good).await.0, 200);
}

#[tokio::test]
async fn a_dropped_delivery_leaves_no_attempt() {
    let (fixture, mut app) = (Fixture::start(&["delivery=drop:1"]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let mut sent = vec![fixture.example(&endpoint, "user.created").await];
    sent.push(fixture.example(&endpoint, "user.created").await);
    let arrived = app.next().await.header("svix-id").to_owned();
    sent.retain(|message| *message != arrived);
    assert_eq!(sent.len(), 1);
    fixture.attempts(&arrived, 1).await;
    assert_eq!(fixture.attempts(&sent[0], 0).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_delivery_can_come_twice() {
    let (fixture, mut app) = (Fixture::start(&["delivery=duplicate:1"]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let message = fixture.example(&endpoint, "user.created").await;
    let (one, twin) = (app.next().await, app.next().await);
    assert_eq!([one.header("svix-id"), twin.header("svix-id")], [&message, &message]);
    assert_eq!(one.body, twin.body);
    assert_eq!(fixture.attempts(&message, 2).await.len(), 2);
}

#[tokio::test]
async fn a_stale_delivery_is_signed_and_a_forged_one_is_not() {
    let fixture = Fixture::start(&["delivery=stale:1"]).await;
    let mut app = App::answering(200).await;
    let endpoint = fixture.endpoint("one", &app.url).await;
    let secret = fixture.secret(&endpoint).await;
    fixture.example(&endpoint, "user.created").await;
    let stale = app.next().await;
    let at = |now| stale.verified_at(&secret, now);
    let sent: i64 = stale.header("svix-timestamp").parse().expect("seconds");
    assert_eq!(at(sent), Ok(()));
    assert!(matches!(stale.verified(&secret), Err(Reason::TooOld(600..))));
    fixture.example(&endpoint, "user.created").await;
    assert_eq!(app.next().await.verified(&secret), Ok(()));

    let fixture = Fixture::start(&["delivery=forged:1"]).await;
    let endpoint = fixture.endpoint("one", &app.url).await;
    fixture.example(&endpoint, "user.created").await;
    assert_eq!(app.next().await.verified(&fixture.secret(&endpoint).await), Err(Reason::NoMatch));
}

#[tokio::test]
async fn two_messages_change_places() {
    let (fixture, mut app) = (Fixture::start(&["delivery=reorder:1"]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let first = fixture.example(&endpoint, "user.created").await;
    let second = fixture.example(&endpoint, "user.updated").await;
    assert_eq!([app.next().await.header("svix-id"), app.next().await.header("svix-id")], [second, first]);
}
