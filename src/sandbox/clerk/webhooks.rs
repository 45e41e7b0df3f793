//! The three webhook calls: they enable Svix for the instance, invite into its portal, and destroy it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Answer, Refusal, Shared};
use crate::sandbox::fault::Portal;
use crate::sandbox::identifier::identifier;
use crate::sandbox::world::World;

/// The portal's address as Clerk gives it, theme and all.
const PORTAL: &str = "https://app.svix.com/login?primaryColor=6c47ff&fontFamily=Inter";

/// POST `/webhooks/svix`
pub async fn enable(State(world): Shared) -> Answer {
    let created = world.store.change(|data| {
        let missing = data.app_id.is_none();
        missing.then(|| data.app_id.insert(identifier("app")).clone())
    });
    let app_id = created.ok_or_else(Refusal::app_exists)?;
    Ok(Json(json!({"svix_url": portal_url(&world, &app_id)})))
}

/// POST `/webhooks/svix_url`
pub async fn portal(State(world): Shared) -> Answer {
    let app_id = world.store.read(|data| data.app_id.clone()).ok_or_else(Refusal::app_missing)?;
    Ok(Json(json!({"svix_url": portal_url(&world, &app_id)})))
}

/// DELETE `/webhooks/svix`
pub async fn disable(State(world): Shared) -> Result<StatusCode, Refusal> {
    let existed = world.store.change(|data| {
        let existed = data.app_id.is_some();
        data.disable_webhooks();
        existed
    });
    world.sessions.revoke_all();
    if existed { Ok(StatusCode::NO_CONTENT) } else { Err(Refusal::app_missing()) }
}

fn portal_url(world: &World, app_id: &str) -> String {
    let token = world.sessions.invite(app_id);
    let fault = world.armed.portal();
    if fault == Some(Portal::Used) {
        world.sessions.exchange(&token);
    }
    match fault {
        Some(Portal::NoKey) => PORTAL.to_owned(),
        Some(Portal::Garbage) => format!("{PORTAL}#key=%%not-base64%%"),
        Some(Portal::Used) | None => {
            let key = json!({"appId": app_id, "oneTimeToken": token, "region": "eu"});
            format!("{PORTAL}#key={}", STANDARD.encode(key.to_string()))
        }
    }
}
