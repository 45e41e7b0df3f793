//! What Clerk and Svix answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{App, Fixture, call, options, text};

fn code(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["errors"][0]["code"].as_str().unwrap_or_else(|| panic!("{answer:?} is no envelope")))
}

fn named(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["code"].as_str().or(answer.1["detail"][0]["loc"][1].as_str()).unwrap_or_default())
}

#[tokio::test]
async fn a_one_time_token_opens_its_application_once() {
    let fixture = Fixture::closed(options(&[])).await;
    let (url, key) = fixture.portal().await;
    assert!(url.starts_with("https://app.svix.com/login?primaryColor="), "{url}");
    assert_eq!(key["region"], "eu");
    let (status, session) = fixture.exchange(&key).await;
    assert_eq!(status, 200);
    assert!(session["capabilities"].as_array().expect("a list").contains(&json!("ManageEndpoint")));
    assert_eq!(named(&fixture.exchange(&key).await), (401, "authentication_failed"));

    let fixture = Fixture { app_id: text(&key["appId"]), token: text(&session["token"]), ..fixture };
    assert_eq!(fixture.svix(Method::GET, "/endpoint/", None).await.0, 200);
    let other = Fixture { app_id: "app_other".to_owned(), ..fixture };
    assert_eq!(named(&other.svix(Method::GET, "/endpoint", None).await), (404, "not_found"));
    let fixture = Fixture { app_id: text(&key["appId"]), ..other };
    let logout = format!("{}/api/v1/auth/logout", fixture.addresses.svix_server_url);
    assert_eq!(call(fixture.http.post(logout).bearer_auth(&fixture.token)).await.0, 204);
    assert_eq!(named(&fixture.svix(Method::GET, "/endpoint", None).await), (401, "authentication_failed"));
}

#[tokio::test]
async fn clerk_wants_its_own_key() {
    let fixture = Fixture::closed(options(&[])).await;
    let instance = format!("{}/v1/instance", fixture.addresses.clerk_api_url);
    let asked = |header: Option<&'static str>| {
        let request = fixture.http.get(&instance);
        call(header.into_iter().fold(request, |request, header| request.header("authorization", header)))
    };
    assert_eq!(code(&asked(None).await), (401, "authentication_invalid"));
    assert_eq!(code(&asked(Some("sk_test_other")).await), (401, "authorization_header_format_invalid"));
    let refused = asked(Some("Bearer sk_test_other")).await;
    assert_eq!(code(&refused), (401, "clerk_key_invalid"));
    assert_eq!(text(&refused.1["clerk_trace_id"]).len(), 32);
    let (status, body) = fixture.clerk(Method::GET, "/v1/instance", None).await;
    assert_eq!((status, &body["environment_type"]), (200, &json!("development")));
}

#[tokio::test]
async fn webhooks_are_enabled_once_and_destroyed_with_all_they_hold() {
    let fixture = Fixture::closed(options(&["clerk=svix_app_missing"])).await;
    let post = |path: &'static str| fixture.clerk(Method::POST, path, None);
    assert_eq!(code(&post("/v1/webhooks/svix_url").await), (400, "svix_app_missing"));
    assert_eq!(post("/v1/webhooks/svix").await.0, 200);
    assert_eq!(code(&post("/v1/webhooks/svix").await), (400, "svix_app_exists"));
    let (_, first) = fixture.portal().await;
    assert_eq!(fixture.clerk(Method::DELETE, "/v1/webhooks/svix", None).await.0, 204);
    assert_eq!(fixture.exchange(&first).await.0, 401);
    assert_eq!(post("/v1/webhooks/svix").await.0, 200);
    assert_ne!(fixture.portal().await.1["appId"], first["appId"]);
}

#[tokio::test]
async fn users_are_checked_as_documented() {
    let fixture = Fixture::closed(options(&[])).await;
    let create = |body: Value| fixture.clerk(Method::POST, "/v1/users", Some(body));
    let good = |email: &str| json!({"email_address": [email], "skip_password_requirement": true, "first_name": "Ada"});
    let (status, ada) = create(good("ada+clerk_test@example.com")).await;
    assert_eq!((status, text(&ada["id"]).len(), &ada["first_name"]), (200, 32, &json!("Ada")));
    assert_eq!(ada["email_addresses"][0]["id"], ada["primary_email_address_id"]);
    assert_eq!(code(&create(good("ada+clerk_test@example.com")).await), (422, "form_identifier_exists"));
    for (change, expected) in [
        (json!({"email": "a@example.com"}), "form_param_unknown"),
        (json!({"email_address": "a@example.com"}), "form_param_format_invalid"),
        (json!({"email_address": ["no address"]}), "form_param_format_invalid"),
        (json!({"skip_password_requirement": false}), "form_data_missing"),
        (json!({"first_name": 1}), "form_param_format_invalid"),
    ] {
        let mut body = good("b@example.com");
        body.as_object_mut().expect("an object").extend(change.as_object().expect("an object").clone());
        assert_eq!(code(&create(body).await), (422, expected), "{change}");
    }
    let path = format!("/v1/users/{}", text(&ada["id"]));
    let patch = |body: Value| fixture.clerk(Method::PATCH, &path, Some(body));
    assert_eq!(code(&patch(json!({"public_metadata": {}})).await), (422, "form_param_unknown"));
    assert_eq!(patch(json!({"last_name": "Lovelace"})).await.1["last_name"], "Lovelace");
    let unnamed = fixture.http.post(format!("{}/v1/users", fixture.addresses.clerk_api_url)).body("{}");
    assert_eq!(
        code(&call(unnamed.bearer_auth(&fixture.addresses.clerk_secret_key)).await),
        (415, "unsupported_content_type")
    );
}

#[tokio::test]
async fn a_development_instance_holds_a_hundred_users() {
    let fixture = Fixture::closed(options(&[])).await;
    let create = |number: usize| {
        let body = json!({"email_address": [format!("u{number}@example.com")], "skip_password_requirement": true});
        fixture.clerk(Method::POST, "/v1/users", Some(body))
    };
    for number in 0..100 {
        assert_eq!(create(number).await.0, 200);
    }
    assert_eq!(code(&create(100).await), (403, "user_quota_exceeded"));
}

#[tokio::test]
async fn users_are_listed_bare_and_newest_first() {
    let fixture = Fixture::closed(options(&[])).await;
    for name in ["a", "b", "c"] {
        let body = json!({"email_address": [format!("{name}@example.com")], "skip_password_requirement": true});
        assert_eq!(fixture.clerk(Method::POST, "/v1/users", Some(body)).await.0, 200);
    }
    let emails = async |query: &str| {
        let (status, list) = fixture.clerk(Method::GET, &format!("/v1/users?{query}"), None).await;
        assert_eq!(status, 200, "{list}");
        let list = list.as_array().expect("a bare array").clone();
        list.iter().map(|user| text(&user["email_addresses"][0]["email_address"])).collect::<Vec<_>>()
    };
    assert_eq!(emails("limit=2").await, ["c@example.com", "b@example.com"]);
    assert_eq!(emails("limit=2&offset=2").await, ["a@example.com"]);
    assert_eq!(
        emails("email_address=a@example.com&email_address=c@example.com").await,
        ["c@example.com", "a@example.com"]
    );
    let (_, count) = fixture.clerk(Method::GET, "/v1/users/count", None).await;
    assert_eq!(count, json!({"object": "total_count", "total_count": 3}));
    assert_eq!(
        code(&fixture.clerk(Method::GET, "/v1/users?limit=501", None).await),
        (422, "form_param_format_invalid")
    );
    assert_eq!(code(&fixture.clerk(Method::GET, "/v1/users/user_none", None).await), (404, "resource_not_found"));
}

#[tokio::test]
async fn a_users_life_is_told_to_the_webhooks() {
    let (fixture, mut app) = (Fixture::start(&[]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("all", &app.url).await;
    let secret = fixture.secret(&endpoint).await;
    let body = json!({"email_address": ["ada@example.com"], "skip_password_requirement": true});
    let (_, ada) = fixture.clerk(Method::POST, "/v1/users", Some(body)).await;
    let created = app.next().await;
    assert_eq!(created.verified(&secret), Ok(()));
    let event = created.json();
    assert_eq!((&event["type"], &event["object"], &event["data"]), (&json!("user.created"), &json!("event"), &ada));
    assert!(event["timestamp"].as_i64().expect("a number") > 1_700_000_000_000, "{event}");
    let (_, instance) = fixture.clerk(Method::GET, "/v1/instance", None).await;
    assert_eq!(event["instance_id"], instance["id"]);

    let path = format!("/v1/users/{}", text(&ada["id"]));
    let body = json!({"unsafe_metadata": {"theme": "dark"}});
    assert_eq!(fixture.clerk(Method::PATCH, &format!("{path}/metadata"), Some(body)).await.0, 200);
    assert_eq!(app.next().await.json()["data"]["unsafe_metadata"], json!({"theme": "dark"}));
    let (_, gone) = fixture.clerk(Method::DELETE, &path, None).await;
    assert_eq!(gone, json!({"deleted": true, "id": ada["id"], "object": "user"}));
    let deleted = app.next().await.json();
    assert_eq!((&deleted["type"], &deleted["data"]), (&json!("user.deleted"), &gone));
}

#[tokio::test]
async fn messages_are_made_of_published_types_only() {
    let (fixture, mut app) = (Fixture::start(&[]).await, App::answering(200).await);
    fixture.endpoint("one", &app.url).await;
    let post = |body: Value| fixture.svix(Method::POST, "/msg", Some(body));
    let (status, message) = post(json!({"eventType": "user.created", "payload": {"a": 1}})).await;
    assert_eq!((status, &message["eventType"], &message["payload"]), (202, &json!("user.created"), &json!({"a": 1})));
    assert_eq!(app.next().await.body, r#"{"a":1}"#);
    for wrong in ["user.banned", "user created", ""] {
        assert_eq!(named(&post(json!({"eventType": wrong, "payload": {}})).await), (422, "eventType"), "{wrong}");
    }
    assert_eq!(named(&post(json!({"eventType": "user.created"})).await), (422, "payload"));
}

#[tokio::test]
async fn one_event_type_can_be_read() {
    let fixture = Fixture::start(&[]).await;
    let (status, one) = fixture.svix_at("/event-type/user.created").await;
    assert_eq!((status, &one["name"], &one["archived"]), (200, &json!("user.created"), &json!(false)));
    assert_eq!(named(&fixture.svix_at("/event-type/user.banned").await), (404, "not_found"));
}

#[tokio::test]
async fn endpoints_follow_their_rules() {
    let fixture = Fixture::start(&[]).await;
    let post = |body: Value| fixture.svix(Method::POST, "/endpoint", Some(body));
    let url = "https://example.com/hook";
    let (status, one) = post(json!({"url": url, "uid": "one", "eventTypes": ["user.created"]})).await;
    assert_eq!((status, &one["filterTypes"], &one["eventTypes"]), (201, &json!(["user.created"]), &one["filterTypes"]));
    assert_eq!(named(&post(json!({"url": url, "uid": "one"})).await), (409, "conflict"));
    assert_eq!(named(&post(json!({"url": "nowhere"})).await), (422, "url"));
    assert_eq!(named(&post(json!({"uid": "two"})).await), (422, "url"));
    assert_eq!(
        named(&post(json!({"url": url, "eventTypes": ["user.created"], "filterTypes": ["user.created"]})).await),
        (422, "eventTypes")
    );
    for wrong in ["user.banned", "user.*", "user created", ""] {
        assert_eq!(
            named(&post(json!({"url": url, "filterTypes": ["user.created", wrong]})).await),
            (422, "filterTypes")
        );
        let patched = fixture.svix(Method::PATCH, "/endpoint/one", Some(json!({"filterTypes": [wrong]}))).await;
        assert_eq!(named(&patched), (422, "filterTypes"), "{wrong}");
    }

    let patched = fixture.svix(Method::PATCH, "/endpoint/one", Some(json!({"filterTypes": null}))).await;
    assert_eq!((patched.0, &patched.1["eventTypes"], &patched.1["url"]), (200, &Value::Null, &json!(url)));
    let put = |name: &str| fixture.svix(Method::PUT, format!("/endpoint/{name}").leak(), Some(json!({"url": url})));
    assert_eq!(put("one").await.1["id"], one["id"]);
    assert_eq!((put("two").await.0, put("two").await.0, put("ep_none").await.0), (201, 200, 404));
    assert_eq!(fixture.svix(Method::DELETE, "/endpoint/one", None).await.0, 204);
    assert_eq!(named(&fixture.svix(Method::GET, "/endpoint/one", None).await), (404, "not_found"));
}

#[tokio::test]
async fn an_endpoints_headers_come_with_its_deliveries() {
    let (fixture, mut app) = (Fixture::start(&[]).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let path = format!("/endpoint/{endpoint}/headers");
    let body = json!({"headers": {"x-team": "blue", "authorization": "Bearer hidden", "x-old": "1"}});
    assert_eq!(fixture.svix(Method::PUT, &path, Some(body)).await.0, 204);
    assert_eq!(fixture.svix(Method::PATCH, &path, Some(json!({"headers": {"x-old": null}}))).await.0, 204);
    let (_, shown) = fixture.svix(Method::GET, &path, None).await;
    assert_eq!(shown, json!({"headers": {"x-team": "blue"}, "sensitive": ["authorization"]}));
    fixture.example(&endpoint, "user.created").await;
    let received = app.next().await;
    assert_eq!((received.header("x-team"), received.header("authorization")), ("blue", "Bearer hidden"));
    assert_eq!((received.header("content-type"), received.header("accept")), ("application/json", "*/*"));
    assert!(received.header("user-agent").starts_with("Svix-Webhooks/1.62.0 (sender-"));
}

#[tokio::test]
async fn the_same_idempotency_key_gets_the_same_answer() {
    let fixture = Fixture::start(&[]).await;
    let create = |key: &'static str| {
        let request = fixture.svix_request(Method::POST, "/endpoint").header("idempotency-key", key);
        call(request.json(&json!({"url": "https://example.com/"})))
    };
    let (first, again, other) = (create("a").await, create("a").await, create("b").await);
    assert_eq!((first.0, &first), (201, &again));
    assert_ne!(first.1["id"], other.1["id"]);
    let (_, list) = fixture.svix(Method::GET, "/endpoint", None).await;
    assert_eq!(list["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn all_event_types_are_listed() {
    let fixture = Fixture::start(&[]).await;
    let url = format!("{}/api/v1/event-type?limit=250", fixture.addresses.svix_server_url);
    let (_, list) = call(fixture.http.get(url).bearer_auth(&fixture.token)).await;
    let names: Vec<String> = list["data"].as_array().expect("a list").iter().map(|kind| text(&kind["name"])).collect();
    assert_eq!((names.len(), &list["done"]), (46, &json!(true)));
    assert!(names.contains(&"subscriptionItem.freeTrialEnding".to_owned()), "{names:?}");
}

#[tokio::test]
async fn users_and_organizations_are_listed_in_either_order() {
    let fixture = Fixture::start(&[]).await;
    for name in ["one", "two", "three"] {
        let user = json!({"email_address": [format!("{name}@example.com")], "skip_password_requirement": true});
        assert_eq!(fixture.clerk(Method::POST, "/v1/users", Some(user)).await.0, 200);
        assert_eq!(fixture.clerk(Method::POST, "/v1/organizations", Some(json!({"name": name}))).await.0, 200);
    }
    let users = fixture.clerk(Method::GET, "/v1/users?order_by=%2Bcreated_at&limit=2", None).await.1;
    assert_eq!(users[0]["email_addresses"][0]["email_address"], "one@example.com");
    assert_eq!(users.as_array().map(Vec::len), Some(2));
    let newest = fixture.clerk(Method::GET, "/v1/users", None).await.1;
    assert_eq!(newest[0]["email_addresses"][0]["email_address"], "three@example.com");
    let (status, page) = fixture.clerk(Method::GET, "/v1/organizations?order_by=%2Bcreated_at&offset=1", None).await;
    assert_eq!((status, &page["total_count"], &page["data"][0]["name"]), (200, &json!(3), &json!("two")));
    let id = text(&page["data"][0]["id"]);
    let path: &'static str = format!("/v1/organizations/{id}").leak();
    assert_eq!(fixture.clerk(Method::DELETE, path, None).await.1["deleted"], true);
    assert_eq!(code(&fixture.clerk(Method::GET, path, None).await), (404, "resource_not_found"));
    assert_eq!(
        code(&fixture.clerk(Method::POST, "/v1/organizations", Some(json!({}))).await),
        (422, "form_data_missing")
    );
    assert_eq!(
        code(&fixture.clerk(Method::GET, "/v1/users?order_by=age", None).await),
        (422, "form_param_format_invalid")
    );
}
