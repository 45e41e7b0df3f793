//! What becomes of messages.

use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{App, FAST, Fixture, options, text};

fn statuses(attempts: &[Value]) -> Vec<(u64, u64, u64)> {
    let number = |attempt: &Value, name: &str| attempt[name].as_u64().unwrap_or_else(|| panic!("{attempt}"));
    let one =
        |attempt| (number(attempt, "status"), number(attempt, "responseStatusCode"), number(attempt, "triggerType"));
    attempts.iter().map(one).collect()
}

async fn fast() -> Fixture {
    Fixture::with(clerkhook::sandbox::Options { retry_speed: FAST, ..options(&[]) }).await
}

#[tokio::test]
async fn an_endpoint_that_does_not_listen_gets_no_attempt() {
    let (fixture, mut app) = (Fixture::start(&[]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let filter = |types: Value| {
        fixture.svix(Method::PATCH, "/endpoint/one", Some(json!({"filterTypes": types, "disabled": types.is_null()})))
    };
    filter(json!(["user.deleted"])).await;
    let filtered = fixture.example(&endpoint, "user.created").await;
    filter(Value::Null).await;
    let disabled = fixture.example(&endpoint, "user.created").await;
    let resend = format!("/msg/{filtered}/endpoint/{endpoint}/resend");
    assert_eq!(fixture.svix(Method::POST, &resend, None).await, (202, json!({})));
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!(stats, json!({"success": 0, "pending": 0, "sending": 0, "fail": 0, "canceled": 0}));
    filter(json!(["user.created"])).await;
    let delivered = fixture.example(&endpoint, "user.created").await;
    assert_eq!(app.next().await.header("svix-id"), delivered);
    for message in [filtered, disabled] {
        assert_eq!(fixture.attempts(&message, 0).await, Vec::<Value>::new());
    }
    let path = format!("/endpoint/{endpoint}/send-example");
    let (status, body) = fixture.svix(Method::POST, &path, Some(json!({"eventType": "user.banned"}))).await;
    assert_eq!((status, &body["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn an_example_goes_to_one_endpoint_only() {
    let (fixture, mut app, mut other) =
        (Fixture::start(&[]).await, App::answering(200).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let second = fixture.endpoint("two", &other.url).await;
    fixture.example(&endpoint, "user.created").await;
    app.next().await;
    let message = fixture.example(&second, "user.created").await;
    assert_eq!(other.next().await.header("svix-id"), message);
}

#[tokio::test]
async fn retries_send_the_same_bytes_until_one_succeeds() {
    let answer = |number| if number < 2 { StatusCode::FOUND } else { StatusCode::NO_CONTENT }.into_response();
    let (fixture, mut app) = (fast().await, App::start(answer).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let message = fixture.example(&endpoint, "user.updated").await;
    let (first, second, third) = (app.next().await, app.next().await, app.next().await);
    assert_eq!((&first.body, &second.body), (&second.body, &third.body));
    assert_eq!([first.header("svix-id"), third.header("svix-id")], [&message, &message]);
    assert_eq!(third.verified(&fixture.secret(&endpoint).await), Ok(()));
    assert_eq!(statuses(&fixture.attempts(&message, 3).await), [(2, 302, 0), (2, 302, 0), (0, 204, 0)]);
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!(stats, json!({"success": 1, "pending": 0, "sending": 0, "fail": 0, "canceled": 0}));
}

#[tokio::test]
async fn a_failed_resend_does_not_undo_a_success() {
    let answer = |number| if number == 0 { StatusCode::OK } else { StatusCode::BAD_GATEWAY }.into_response();
    let (fixture, app) = (fast().await, App::start(answer).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let message = fixture.example(&endpoint, "user.created").await;
    fixture.attempts(&message, 1).await;
    fixture.svix(Method::POST, &format!("/msg/{message}/endpoint/{endpoint}/resend"), None).await;
    assert_eq!(statuses(&fixture.attempts(&message, 2).await), [(0, 200, 0), (2, 502, 1)]);
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!((&stats["success"], &stats["fail"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn after_eight_failures_only_a_person_tries_again() {
    let answer = |number| if number < 8 { StatusCode::BAD_GATEWAY } else { StatusCode::OK }.into_response();
    let (fixture, app) = (fast().await, App::start(answer).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let message = fixture.example(&endpoint, "user.created").await;
    assert_eq!(statuses(&fixture.attempts(&message, 8).await), [(2, 502, 0); 8]);
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!((&stats["fail"], &stats["sending"]), (&json!(1), &json!(0)));

    let recent = json!({"since": jiff::Timestamp::now() - jiff::SignedDuration::from_mins(5)});
    let (status, task) = fixture.svix(Method::POST, "/endpoint/one/recover", Some(recent.clone())).await;
    assert_eq!((status, &task["task"], &task["status"]), (202, &json!("endpoint.recover"), &json!("running")));
    assert_eq!(statuses(&fixture.attempts(&message, 9).await)[8], (0, 200, 1));
    fixture.svix(Method::POST, "/endpoint/one/recover", Some(recent)).await;
    let last = fixture.example(&endpoint, "user.created").await;
    fixture.attempts(&last, 1).await;
    assert_eq!(fixture.attempts(&message, 9).await.len(), 9, "what has arrived is not sent again");
    let old = json!({"since": "2020-01-01T00:00:00Z"});
    assert_eq!(fixture.svix(Method::POST, "/endpoint/one/recover", Some(old)).await.0, 422);
}

#[tokio::test]
async fn no_answer_is_a_failure_with_its_cause() {
    let fixture = Fixture::start(&[]).await;
    let nobody = clerkhook::serve::bind(0).await.expect("a port").local_addr().expect("an address");
    let endpoint = fixture.endpoint("one", &format!("http://{nobody}/")).await;
    let message = fixture.example(&endpoint, "user.created").await;
    let attempts = fixture.attempts(&message, 1).await;
    assert_eq!(statuses(&attempts), [(2, 0, 0)]);
    assert!(text(&attempts[0]["response"]).contains("refused"), "{attempts:?}");
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!(stats["sending"], 1);
}

#[tokio::test]
async fn an_app_can_switch_its_deliveries_off() {
    let answer = |number| {
        let order = if number == 0 { "abort-message" } else { "disable" };
        (StatusCode::GONE, [("webhook-delivery", order)]).into_response()
    };
    let (fixture, app) = (fast().await, App::start(answer).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let aborted = fixture.example(&endpoint, "user.created").await;
    fixture.attempts(&aborted, 1).await;
    let (_, stats) = fixture.svix(Method::GET, "/endpoint/one/stats", None).await;
    assert_eq!((&stats["fail"], &stats["sending"]), (&json!(1), &json!(0)));
    let last = fixture.example(&endpoint, "user.created").await;
    fixture.attempts(&last, 1).await;
    assert_eq!(fixture.svix(Method::GET, "/endpoint/one", None).await.1["disabled"], true);
}

#[tokio::test]
async fn an_endpoint_that_fails_for_five_days_is_disabled() {
    // Five days are over within one request.
    let options = clerkhook::sandbox::Options { retry_speed: 1e10, ..options(&[]) };
    let (fixture, app) = (Fixture::with(options).await, App::answering(500).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    for disabled in [false, true] {
        let message = fixture.example(&endpoint, "user.created").await;
        fixture.attempts(&message, 8).await;
        assert_eq!(fixture.svix(Method::GET, "/endpoint/one", None).await.1["disabled"], disabled);
    }
}

#[tokio::test]
async fn a_long_answer_is_cut() {
    let (fixture, app) = (Fixture::start(&[]).await, App::start(|_| "x".repeat(70_000).into_response()).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let message = fixture.example(&endpoint, "user.created").await;
    let attempts = fixture.attempts(&message, 1).await;
    assert_eq!(text(&attempts[0]["response"]).len(), 20_000);
}

#[tokio::test]
async fn both_keys_sign_during_the_grace_of_a_rotation() {
    let (fixture, mut app) = (Fixture::start(&[]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let rotate = |body: Value| fixture.svix(Method::POST, "/endpoint/one/secret/rotate", Some(body));
    let old = fixture.secret(&endpoint).await;
    let (status, body) = rotate(json!({"key": null})).await;
    let new = fixture.secret(&endpoint).await;
    assert_eq!((status, body), (204, Value::Null));
    assert_ne!(old.text(), new.text());
    fixture.example(&endpoint, "user.created").await;
    let received = app.next().await;
    assert_eq!(received.header("svix-signature").split(' ').count(), 2);
    assert_eq!((received.verified(&old), received.verified(&new)), (Ok(()), Ok(())));

    assert_eq!(rotate(json!({"gracePeriodSeconds": 0})).await.0, 204);
    fixture.example(&endpoint, "user.created").await;
    let received = app.next().await;
    assert_eq!(received.header("svix-signature").split(' ').count(), 2);
    assert!(received.verified(&new).is_err());
    assert_eq!(received.verified(&old), Ok(()));
    assert_eq!(fixture.svix(Method::POST, "/endpoint/one/secret/rotate", None).await.0, 422);
}

#[tokio::test]
async fn lists_are_filtered() {
    let answer = |number| if number == 0 { StatusCode::IM_A_TEAPOT } else { StatusCode::OK }.into_response();
    let (fixture, app) = (Fixture::start(&[]).await, App::start(answer).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let failed = fixture.example(&endpoint, "user.created").await;
    fixture.attempts(&failed, 1).await;
    let passed = fixture.example(&endpoint, "user.deleted").await;
    fixture.attempts(&passed, 1).await;
    let listed = async |path: &str, name: &str| {
        let (status, list) = fixture.svix(Method::GET, path, None).await;
        assert_eq!(status, 200, "{list}");
        list["data"].as_array().expect("a list").iter().map(|item| text(&item[name])).collect::<Vec<_>>()
    };
    let attempts = async |query: &str| listed(&format!("/attempt/endpoint/{endpoint}?{query}"), "msgId").await;
    assert_eq!(attempts("").await, [&*passed, &*failed]);
    assert_eq!(attempts("status=2").await, [&*failed]);
    assert_eq!(attempts("status_code_class=200").await, [&*passed]);
    assert_eq!(attempts("event_types=user.created,session.created").await, [&*failed]);
    assert_eq!(attempts("before=2020-01-01T00:00:00Z").await, Vec::<String>::new());
    assert_eq!(listed("/msg?event_types=user.deleted&event_types=x", "id").await, [&*passed]);
    let path = format!("/attempt/endpoint/{endpoint}?with_msg=true&limit=1");
    let (_, list) = fixture.svix(Method::GET, &path, None).await;
    assert_eq!((&list["data"][0]["msg"]["eventType"], &list["done"]), (&json!("user.deleted"), &json!(false)));
}
