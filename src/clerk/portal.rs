//! The undocumented exchange that leads from a Clerk key to a Svix session: portal URL, one-time token, token.
//! It is known here and nowhere else; when it changes, the errors say how to go on by hand.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::Clerk;
use crate::error::{Error, Result};
use crate::http::{Answer, Call, Http};
use crate::secret::Secret;

/// Where Clerk's Svix apps are, when the portal key does not say (observed).
const DEFAULT_REGION: &str = "eu";

/// Standard base64 whose padding may be missing.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A session with the instance's Svix app.
#[derive(Clone, Debug)]
pub struct Grant {
    /// `app_…`.
    pub app_id: String,
    /// Bearer token, valid for this app only.
    pub token: Secret,
    /// Svix's base URL.
    pub server_url: Url,
}

/// What the fragment of a portal URL holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PortalKey {
    app_id: String,
    one_time_token: String,
    region: Option<String>,
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

/// Opens a session; `None` where webhooks were never enabled on the instance.
///
/// A one-time token that was lost on the way is spent, so the second try begins with a new portal URL.
///
/// # Errors
/// Those of Clerk's API, `PortalUrl` and `PortalExchange` when the exchange is not as known.
pub async fn open(http: &Http, clerk: &Clerk, server_url: Option<&Url>) -> Result<Option<Grant>> {
    match attempt(http, clerk, server_url).await {
        Err(Error::PortalExchange { .. } | Error::SvixUnreachable { .. } | Error::SvixFailed { .. }) => {
            attempt(http, clerk, server_url).await
        }
        result => result,
    }
}

async fn attempt(http: &Http, clerk: &Clerk, server_url: Option<&Url>) -> Result<Option<Grant>> {
    let Some(portal_url) = clerk.portal_url().await? else { return Ok(None) };
    let key = read(portal_url.expose()).map_err(|why| Error::PortalUrl { why })?;
    let server_url = match server_url {
        Some(url) => url.clone(),
        None => regional(key.region.as_deref().unwrap_or(DEFAULT_REGION)).map_err(|why| Error::PortalUrl { why })?,
    };
    let token = exchange(http, &server_url, &key.one_time_token).await?;
    Ok(Some(Grant { app_id: key.app_id, token, server_url }))
}

async fn exchange(http: &Http, server_url: &Url, one_time_token: &str) -> Result<Secret> {
    let mut url = server_url.clone();
    url.set_path(&format!("{}/api/v1/auth/one-time-token/", server_url.path().trim_end_matches('/')));
    let call = Call { json: Some(json!({ "oneTimeToken": one_time_token })), ..Call::post(url.clone()) };
    let answer = http.send(&call).await.map_err(|unreachable| Error::SvixUnreachable {
        url: server_url.to_string(),
        cause: unreachable.to_string(),
    })?;
    if !answer.status.is_success() {
        return Err(refusal(&answer));
    }
    let token: Token = serde_json::from_slice(&answer.body).map_err(|error| Error::SvixNotUnderstood {
        url: url.to_string(),
        // The body of a success may hold the token in an unknown shape, so it is not shown.
        cause: format!("{error}; it answered {}", answer.status),
    })?;
    Ok(Secret::new(token.token))
}

/// Trouble at Svix passes; only a refusal means that the exchange is not as known.
fn refusal(answer: &Answer) -> Error {
    let (status, words) = (answer.status.as_u16(), answer.excerpt());
    match answer.status {
        StatusCode::TOO_MANY_REQUESTS => Error::SvixRateLimited { words, wait: answer.retry_after() },
        _ if answer.status.is_server_error() => Error::SvixFailed { what: "open a session", status, words },
        _ => Error::PortalExchange { status, words },
    }
}

/// Reads the key of `https://…/login?…#key=…`.
fn read(portal_url: &str) -> Result<PortalKey, &'static str> {
    let (_, fragment) = portal_url.split_once('#').ok_or("it has no part behind `#`")?;
    let mut pairs = fragment.split('&').filter_map(|pair| pair.split_once('='));
    let key = pairs.find(|(name, _)| *name == "key").map(|(_, value)| value);
    let key = key.filter(|key| !key.is_empty()).ok_or("it has no `key`")?;
    // Percent-encoding and the URL alphabet both occur; `+` is data here, not a space.
    let key = key.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let key = key.replace("%2b", "+").replace("%2f", "/").replace("%3d", "=").replace('-', "+").replace('_', "/");
    let bytes = FORGIVING.decode(key.as_bytes()).map_err(|_| "its `key` is not base64")?;
    serde_json::from_slice(&bytes).map_err(|_| "its `key` holds no app id and one-time token")
}

fn regional(region: &str) -> Result<Url, &'static str> {
    // The region becomes part of a host name that a token is sent to.
    if region.is_empty() || region.len() > 20 || !region.chars().all(|c| c.is_ascii_alphanumeric()) {
        return Err("its `key` names a region that is none");
    }
    Url::parse(&format!("https://api.{region}.svix.com")).map_err(|_| "its `key` names a region that is none")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose;

    use super::*;

    fn portal(key: &str) -> String {
        format!("https://app.svix.com/login?primaryColor=6c47ff&fontFamily=Inter#key={key}")
    }

    #[test]
    fn every_known_spelling_of_the_key_is_read() {
        let json = r#"{"appId":"app_2a?>~ÿ","oneTimeToken":"ott_1","region":"us"}"#;
        let padded = general_purpose::STANDARD.encode(json);
        let url_safe = general_purpose::URL_SAFE_NO_PAD.encode(json);
        assert!(padded.contains(['+', '/']), "the sample must use the two letters that differ: {padded}");
        let escaped = padded.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D");
        for key in [padded.clone(), padded.trim_end_matches('=').to_owned(), url_safe, escaped] {
            let read = read(&portal(&key)).expect("readable");
            assert_eq!((read.one_time_token.as_str(), read.region.as_deref()), ("ott_1", Some("us")));
        }
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let no_token = general_purpose::STANDARD.encode(r#"{"appId":"app_1"}"#);
        for (url, why) in [
            ("https://app.svix.com/login?a=b".to_owned(), "it has no part behind `#`"),
            ("https://app.svix.com/login#theme=dark".to_owned(), "it has no `key`"),
            (portal(""), "it has no `key`"),
            (portal("%%%"), "its `key` is not base64"),
            (portal(&no_token), "its `key` holds no app id and one-time token"),
        ] {
            assert_eq!(read(&url).err(), Some(why), "{url}");
        }
    }

    #[test]
    fn a_region_names_a_host_and_nothing_else() {
        assert_eq!(regional("us").expect("a region").as_str(), "https://api.us.svix.com/");
        for bad in ["", "evil.com/", "eu.svix.com@x", "../x"] {
            assert!(regional(bad).is_err(), "{bad}");
        }
    }
}
