//! What a caller says of an endpoint, checked by the rules of `EndpointIn`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use url::Url;

use super::event_type::published;
use super::refusal::Refusal;
use crate::sandbox::store::Endpoint;
use crate::signature::SigningSecret;

/// POST and PUT need it.
pub fn required_url(body: &Map<String, Value>) -> Result<(), Refusal> {
    if body.contains_key("url") { Ok(()) } else { Err(invalid("url", "field required")) }
}

/// Sets what the body names; null clears what may be absent. Unknown members are passed over, as Svix does.
pub fn apply(endpoint: &mut Endpoint, body: &Map<String, Value>) -> Result<(), Refusal> {
    // The old name is an alias of the new one, so both together are one field twice (Svix server, v1/endpoints).
    if body.contains_key("eventTypes") && body.contains_key("filterTypes") {
        return Err(invalid("eventTypes", "duplicate field `eventTypes`"));
    }
    for (name, value) in body {
        match name.as_str() {
            "url" => endpoint.url = url(name, value)?,
            "uid" => endpoint.uid = uid(name, value)?,
            "description" => endpoint.description = typed(name, value)?,
            "disabled" => endpoint.disabled = typed(name, value)?,
            "eventTypes" | "filterTypes" => endpoint.filter = event_types(name, value)?,
            "channels" => endpoint.channels = names(name, value)?,
            "throttleRate" | "rateLimit" => endpoint.throttle_rate = typed(name, value)?,
            "metadata" => endpoint.metadata = typed(name, value)?,
            "headers" => endpoint.headers = typed::<Option<BTreeMap<_, _>>>(name, value)?.unwrap_or_default(),
            "secret" => secret(endpoint, name, value)?,
            _ => {}
        }
    }
    if !endpoint.disabled {
        endpoint.failing_since = None;
    }
    Ok(())
}

fn url(name: &str, value: &Value) -> Result<String, Refusal> {
    let text: String = typed(name, value)?;
    let parsed = Url::parse(&text).map_err(|error| invalid(name, &format!("Endpoint URL is invalid: {error}")))?;
    match parsed.scheme() {
        "http" | "https" if text.len() <= 65_536 => Ok(text),
        _ => Err(invalid(name, "Endpoint URL schema must be http or https")),
    }
}

fn uid(name: &str, value: &Value) -> Result<Option<String>, Refusal> {
    let uid: Option<String> = typed(name, value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    match uid {
        Some(uid) if uid.is_empty() || uid.len() > 256 || !uid.chars().all(allowed) => {
            Err(invalid(name, "must match [a-zA-Z0-9-_.]{1,256}"))
        }
        uid => Ok(uid),
    }
}

fn event_types(name: &str, value: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let types = names(name, value)?;
    published(name, types.iter().flatten().map(String::as_str))?;
    Ok(types)
}

fn names(name: &str, value: &Value) -> Result<Option<Vec<String>>, Refusal> {
    let Some(mut names): Option<Vec<String>> = typed(name, value)? else { return Ok(None) };
    let count = names.len();
    names.sort();
    names.dedup();
    match names.len() {
        0 => Err(invalid(name, "must have at least 1 item")),
        unique if unique < count => Err(invalid(name, "items must be unique")),
        _ => Ok(Some(names)),
    }
}

fn secret(endpoint: &mut Endpoint, name: &str, value: &Value) -> Result<(), Refusal> {
    if let Some(text) = typed::<Option<String>>(name, value)? {
        endpoint.secret = checked_secret(name, text)?;
    }
    Ok(())
}

/// `whsec_…` as a caller may choose it.
pub fn checked_secret(name: &str, text: String) -> Result<String, Refusal> {
    if text.starts_with("whsec_") && SigningSecret::parse(&text).is_ok() {
        Ok(text)
    } else {
        Err(invalid(name, "must be `whsec_` and base64"))
    }
}

/// A member of the type that its place has.
pub fn typed<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, Refusal> {
    serde_json::from_value(value.clone()).map_err(|error| invalid(name, &error.to_string()))
}

/// A member of the body that does not fit.
pub fn invalid(name: &str, message: &str) -> Refusal {
    Refusal::invalid("body", Some(name), message, "value_error")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn applied(body: Value) -> Result<Endpoint, Refusal> {
        let mut endpoint = Endpoint { uid: Some("one".to_owned()), ..Endpoint::default() };
        apply(&mut endpoint, body.as_object().expect("an object"))?;
        Ok(endpoint)
    }

    #[test]
    fn only_what_is_given_changes_and_null_clears() {
        let endpoint = applied(json!({"filterTypes": ["user.updated", "user.created"]})).expect("it fits");
        assert_eq!(endpoint.filter, Some(vec!["user.created".to_owned(), "user.updated".to_owned()]));
        assert_eq!(endpoint.uid.as_deref(), Some("one"));
        assert_eq!(applied(json!({"uid": null})).expect("it fits").uid, None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (body, name) in [
            (json!({"url": "no url"}), "url"),
            (json!({"url": "ftp://example.com"}), "url"),
            (json!({"url": null}), "url"),
            (json!({"uid": "white space"}), "uid"),
            (json!({"disabled": "yes"}), "disabled"),
            (json!({"eventTypes": []}), "eventTypes"),
            (json!({"filterTypes": ["user.created", "user.created"]}), "filterTypes"),
            (json!({"filterTypes": ["user.banned"]}), "filterTypes"),
            (json!({"eventTypes": ["user.*"]}), "eventTypes"),
            (json!({"eventTypes": ["user.created"], "filterTypes": ["user.created"]}), "eventTypes"),
            (json!({"secret": "whsec_%"}), "secret"),
            (json!({"metadata": {"a": 1}}), "metadata"),
        ] {
            let refusal = applied(body.clone()).err().unwrap_or_else(|| panic!("{body} was taken"));
            assert!(format!("{refusal:?}").contains(&format!("String({name:?})")), "{body}: {refusal:?}");
        }
    }
}
