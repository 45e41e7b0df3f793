//! A User object: made from what a caller gives, changed, and compared. Members as in Clerk's specification.

use serde_json::{Map, Value, json};

use super::refusal::Refusal;
use crate::sandbox::identifier::{identifier, now};

/// Every member that Clerk documents as always there, and the usual others.
const BLANK: &str = include_str!("user.json");

/// Members that POST `/users` takes; every other one is an error.
const CREATABLE: [&str; 30] = [
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "email_address",
    "email_address_identification_status",
    "phone_number",
    "phone_number_identification_status",
    "web3_wallet",
    "username",
    "password",
    "password_digest",
    "password_hasher",
    "skip_password_checks",
    "skip_password_requirement",
    "totp_secret",
    "backup_codes",
    "public_metadata",
    "private_metadata",
    "unsafe_metadata",
    "delete_self_enabled",
    "legal_accepted_at",
    "skip_legal_checks",
    "skip_user_requirement",
    "create_organization_enabled",
    "create_organizations_limit",
    "created_at",
    "bypass_client_trust",
    "banned",
    "locked",
];

/// Members that PATCH `/users/{id}` takes; metadata is not among them since 2026-05-12.
const CHANGEABLE: [&str; 15] = [
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "username",
    "password",
    "skip_password_checks",
    "sign_out_of_other_sessions",
    "primary_email_address_id",
    "notify_primary_email_address_changed",
    "delete_self_enabled",
    "create_organization_enabled",
    "create_organizations_limit",
    "legal_accepted_at",
    "skip_legal_checks",
];

/// The three kinds of metadata.
const METADATA: [&str; 3] = ["public_metadata", "private_metadata", "unsafe_metadata"];

/// Members that are copied as they come, in both calls.
const COPIED: [&str; 10] = [
    "external_id",
    "first_name",
    "last_name",
    "locale",
    "username",
    "delete_self_enabled",
    "create_organization_enabled",
    "create_organizations_limit",
    "legal_accepted_at",
    "primary_email_address_id",
];

/// A new User, as POST `/users` makes it. Emails count as verified by an administrator.
pub fn created(body: &Map<String, Value>) -> Result<Value, Refusal> {
    only(body, &CREATABLE)?;
    let emails = emails(body)?;
    let flagged = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
    if emails.is_empty() && !flagged("skip_user_requirement") {
        return Err(Refusal::missing("email_address"));
    }
    if !body.contains_key("password") && !flagged("skip_password_requirement") {
        return Err(Refusal::missing("password"));
    }
    let mut user = blank();
    user["primary_email_address_id"] = emails.first().map_or(Value::Null, |email| email["id"].clone());
    user["email_addresses"] = emails.into();
    user["password_enabled"] = body.contains_key("password").into();
    for name in METADATA {
        if let Some(value) = body.get(name) {
            let metadata = value.as_object().ok_or_else(|| Refusal::format(name, "an object"))?;
            user[name] = metadata.clone().into();
        }
    }
    copy(&mut user, body)?;
    Ok(user)
}

/// Changes what PATCH `/users/{id}` names.
pub fn change(user: &mut Value, body: &Map<String, Value>) -> Result<(), Refusal> {
    only(body, &CHANGEABLE)?;
    copy(user, body)?;
    if body.contains_key("password") {
        user["password_enabled"] = true.into();
    }
    touch(user);
    Ok(())
}

/// Merges what PATCH `/users/{id}/metadata` names: deeply, and null takes a member away.
pub fn change_metadata(user: &mut Value, body: &Map<String, Value>) -> Result<(), Refusal> {
    only(body, &METADATA)?;
    for (name, value) in body {
        let members = value.as_object().ok_or_else(|| Refusal::format(name, "an object"))?;
        merge(&mut user[name.as_str()], members);
    }
    touch(user);
    Ok(())
}

/// What is left to say of a deleted user.
pub fn deleted(user: &Value) -> Value {
    let mut object = json!({"deleted": true, "id": user["id"], "object": "user"});
    if !user["external_id"].is_null() {
        object["external_id"] = user["external_id"].clone();
    }
    object
}

/// Its email addresses.
pub fn addresses(user: &Value) -> impl Iterator<Item = &str> {
    user["email_addresses"].as_array().into_iter().flatten().filter_map(|email| email["email_address"].as_str())
}

/// A user of whom nothing is known yet.
fn blank() -> Value {
    let mut user: Value = serde_json::from_str(BLANK).expect("`user.json` is JSON");
    let now = now().as_millisecond();
    user["id"] = identifier("user").into();
    user["created_at"] = now.into();
    user["updated_at"] = now.into();
    user
}

fn emails(body: &Map<String, Value>) -> Result<Vec<Value>, Refusal> {
    let refused = || Refusal::format("email_address", "an array of email addresses");
    let Some(given) = body.get("email_address") else { return Ok(Vec::new()) };
    let now = now().as_millisecond();
    let email = |value: &Value| {
        let address = value.as_str().filter(|text| {
            text.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
            })
        });
        Ok(json!({
            "created_at": now,
            "email_address": address.ok_or_else(refused)?,
            "id": identifier("idn"),
            "linked_to": [],
            "matches_sso_connection": false,
            "object": "email_address",
            "reserved": false,
            "updated_at": now,
            "verification": {
                "attempts": null,
                "expire_at": null,
                "object": "verification_admin",
                "status": "verified",
                "strategy": "admin",
            },
        }))
    };
    given.as_array().ok_or_else(refused)?.iter().map(email).collect()
}

fn only(body: &Map<String, Value>, known: &[&str]) -> Result<(), Refusal> {
    match body.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(Refusal::unknown(key)),
        None => Ok(()),
    }
}

fn copy(user: &mut Value, body: &Map<String, Value>) -> Result<(), Refusal> {
    for name in COPIED {
        let Some(value) = body.get(name) else { continue };
        let fits = match name {
            "delete_self_enabled" | "create_organization_enabled" => value.is_boolean(),
            "create_organizations_limit" => value.is_null() || value.is_i64(),
            _ => value.is_null() || value.is_string(),
        };
        if !fits {
            return Err(Refusal::format(name, "of its documented type"));
        }
        user[name] = value.clone();
    }
    Ok(())
}

fn merge(target: &mut Value, members: &Map<String, Value>) {
    if !target.is_object() {
        *target = json!({});
    }
    let Some(target) = target.as_object_mut() else { return };
    for (name, value) in members {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => merge(target.entry(name.clone()).or_insert(Value::Null), inner),
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

fn touch(user: &mut Value) {
    user["updated_at"] = now().as_millisecond().into();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_merged_deeply_and_null_takes_away() {
        let mut user = blank();
        user["public_metadata"] = json!({"plan": {"name": "free", "seats": 1}, "beta": true});
        let body = json!({"public_metadata": {"plan": {"name": "team"}, "beta": null, "theme": {"dark": true}}});
        change_metadata(&mut user, body.as_object().expect("an object")).expect("metadata");
        assert_eq!(user["public_metadata"], json!({"plan": {"name": "team", "seats": 1}, "theme": {"dark": true}}));
    }
}
