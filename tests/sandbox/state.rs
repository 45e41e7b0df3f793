//! What outlives a run, and what does not.

use std::path::Path;

use clerkhook::error::Error;
use clerkhook::sandbox::{Options, Sandbox};
use reqwest::Method;
use serde_json::json;

use crate::fixture::{App, Fixture, LIMIT, options, text};

#[tokio::test]
async fn the_state_file_carries_endpoints_messages_and_users_over() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("state.json");
    let kept = || Options { state: Some(path.clone()), ..options(&[]) };
    let (fixture, mut app) = (Fixture::with(kept()).await, App::answering(200).await);
    let endpoint = fixture.endpoint("one", &app.url).await;
    let body = json!({"email_address": ["ada@example.com"], "skip_password_requirement": true});
    let (_, ada) = fixture.clerk(Method::POST, "/v1/users", Some(body)).await;
    let message = app.next().await.header("svix-id").to_owned();
    let attempts = fixture.attempts(&message, 1).await;
    let (secret, app_id) = (fixture.secret(&endpoint).await, fixture.app_id.clone());
    fixture.sandbox.stop().await;

    let fixture = Fixture::with(kept()).await;
    assert_eq!(fixture.app_id, app_id);
    assert_eq!(fixture.secret(&endpoint).await.text(), secret.text());
    assert_eq!(fixture.attempts(&message, 1).await, attempts);
    let (status, user) = fixture.clerk(Method::GET, &format!("/v1/users/{}", text(&ada["id"])), None).await;
    assert_eq!((status, user), (200, ada));
}

#[cfg(unix)]
#[tokio::test]
async fn the_state_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("state.json");
    let fixture = Fixture::with(Options { state: Some(path.clone()), ..options(&[]) }).await;
    fixture.endpoint("one", "https://example.com/").await;
    let mode = std::fs::metadata(&path).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn another_file_is_not_taken_for_state() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "dear diary").expect("written");
    let refused = Sandbox::start(Options { state: Some(path.clone()), ..options(&[]) }).await.err();
    assert!(matches!(refused, Some(Error::SandboxFailed { cause }) if cause.contains("notes.txt")));
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "dear diary");
}

#[tokio::test]
async fn a_dropped_sandbox_cleans_up_too() {
    let fixture = Fixture::start(&[]).await;
    let directory = Path::new(&fixture.addresses.ngrok_config).parent().expect("a directory").to_owned();
    let url = fixture.addresses.clerk_api_url.clone();
    drop(fixture);
    assert!(!directory.exists());
    let gone = async {
        while reqwest::get(&url).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.expect("nobody listens any more");
}

#[tokio::test]
async fn nothing_is_left_when_it_stops() {
    let fixture = Fixture::start(&[]).await;
    let addresses = fixture.addresses.clone();
    let directory = Path::new(&addresses.ngrok_config).parent().expect("a directory").to_owned();
    assert!(directory.exists());
    fixture.sandbox.stop().await;
    assert!(!directory.exists());
    for url in [addresses.clerk_api_url, addresses.svix_server_url] {
        let gone = reqwest::get(url).await.expect_err("nobody listens");
        assert!(gone.is_connect(), "{gone:?}");
    }
}
