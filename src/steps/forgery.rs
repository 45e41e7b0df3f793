//! Forged events against the public URL, to see whether they are refused.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use svix_ksuid::{Ksuid, KsuidLike as _};
use tokio::time::sleep;
use url::{Position, Url};

use super::Context;
use super::endpoint::webhook_url;
use super::spelling::spellings;
use super::tunnel::Tunnel;
use crate::error::{Error, Result};
use crate::http::{Certificates, Delivered, Exact, OriginForm, is_loopback};
use crate::ngrok::NO_INTERSTITIAL;
use crate::ngrok::capture::Capture;
use crate::sample::REFUSED;
use crate::signature::{SigningSecret, headers};

/// How many captures are looked through.
const MANY: u16 = 100;

/// A new URL may take a moment until the edge serves it everywhere.
const TRIES: u32 = 20;

/// What forged events got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// The message id that all of them carried.
    pub mark: String,
    /// The status for one without a signature.
    pub unsigned: u16,
    /// The status for one that another key signed.
    pub tampered: u16,
    /// The target of one that reached the app.
    pub passed: Option<String>,
}

/// Posts an unsigned and a wrongly signed event to the webhook path, and unsigned ones to its other spellings, all
/// marked so that they are found at the agent; with `every_path` one to a path that the app has not, too.
///
/// # Errors
/// `NotSecured` when the public URL cannot be reached; `AgentApi`.
pub async fn try_all(context: &Context, tunnel: &Tunnel, path: &str, every_path: bool) -> Result<Forged> {
    let mark = format!("msg_forged{}", Ksuid::new(None::<std::time::SystemTime>, None));
    let body =
        format!(r#"{{"data":{{"id":"user_clerkhookforged"}},"object":"event","type":"user.created","mark":"{mark}"}}"#);
    let now = Timestamp::now().as_second();
    let other_key = SigningSecret::from_key(mark.as_bytes());
    let tampered = headers(std::slice::from_ref(&other_key), &mark, now, body.as_bytes()).to_vec();
    let unsigned = vec![tampered[0].clone()];
    let url = webhook_url(tunnel.public_url(), path);
    let answered = [post(context, &url, unsigned.clone(), &body).await?, post(context, &url, tampered, &body).await?];
    let other = every_path.then(|| format!("/{mark}"));
    let mut passed = None;
    for target in spellings(path).into_iter().chain(other) {
        let status = post_spelt(context, tunnel.public_url(), &target, unsigned.clone(), &body).await;
        if status.is_some_and(|status| status.is_success()) {
            passed.get_or_insert(target);
        }
    }
    let captures = tunnel.api.captures(MANY).await?;
    let by_app = |capture: &&Capture| {
        let refused = capture.response.as_ref().is_some_and(|response| response.header(REFUSED).is_some());
        capture.message_id() == Some(&mark) && !refused
    };
    // The newest comes first, and the plainest spelling was tried first.
    let reached = captures.iter().rfind(by_app);
    let passed = reached.map(|capture| capture.request.uri.clone()).or(passed);
    Ok(Forged { mark, unsigned: answered[0], tampered: answered[1], passed })
}

/// The answer to an event whose target goes as it is spelt; none where it got none, or where only a proxy that tidies
/// it leads there.
async fn post_spelt(
    context: &Context,
    public_url: &str,
    target: &str,
    mut headers: Vec<(String, String)>,
    body: &str,
) -> Option<StatusCode> {
    let base = Url::parse(public_url).ok()?;
    let target: OriginForm = target.parse().ok()?;
    headers.extend(plain_headers());
    let body = body.as_bytes().to_vec();
    let url = target.at(&base);
    let answer = if url[Position::BeforePath..] == *target.as_str() {
        let (method, within, certificates) = ("POST", None, Certificates::Trusted);
        context.http.deliver(Delivered { method, url: &url, headers: &headers, body, within, certificates }).await
    } else if is_loopback(&base) || context.settings.proxies.is_empty() {
        context.http.post_exactly(Exact { base: &base, target: &target, headers: &headers, body }).await
    } else {
        return None;
    };
    answer.ok().map(|answer| answer.status)
}

/// Beside the signature's.
fn plain_headers() -> [(String, String); 2] {
    [("content-type", "application/json"), (NO_INTERSTITIAL, "1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

async fn post(context: &Context, url: &str, mut headers: Vec<(String, String)>, body: &str) -> Result<u16> {
    let unreachable = |cause: String| Error::NotSecured {
        found: format!("{url} cannot be reached from here ({cause})"),
        fix: "check the network, then `clerkhook secure` again".to_owned(),
    };
    let parsed = Url::parse(url).map_err(|error| unreachable(error.to_string()))?;
    headers.extend(plain_headers());
    for _ in 1..TRIES {
        let delivered = Delivered {
            method: "POST",
            url: &parsed,
            headers: &headers,
            body: body.as_bytes().to_vec(),
            within: None,
            certificates: Certificates::Trusted,
        };
        let answer = context.http.deliver(delivered).await.map_err(|error| unreachable(error.to_string()))?;
        if answer.header("ngrok-error-code") != Some("ERR_NGROK_3200") {
            return Ok(answer.status.as_u16());
        }
        sleep(Duration::from_millis(250)).await;
    }
    Err(unreachable("ERR_NGROK_3200".to_owned()))
}
