//! Forged events against the public URL, to see whether they are refused.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use svix_ksuid::{Ksuid, KsuidLike as _};
use tokio::time::{Instant, sleep};
use url::{Position, Url};

use super::Context;
use super::endpoint::webhook_url;
use super::feed::{Feed, Watch};
use super::spelling::spellings;
use super::tunnel::Tunnel;
use crate::delivery::{Delivery, Origin, Witness, header};
use crate::error::{Error, Result};
use crate::gateway::REFUSED;
use crate::http::{Certificates, Delivered, Exact, OriginForm, is_loopback};
use crate::ngrok::NO_INTERSTITIAL;
use crate::signature::{SigningSecret, headers};

/// A new URL may take a moment until the edge serves it everywhere.
const TRIES: u32 = 20;

/// How long the agent has to see the end of what was answered, and how often it is asked.
const SEEN_WITHIN: Duration = Duration::from_secs(2);
const EVERY: Duration = Duration::from_millis(20);

/// What forged events got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
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
pub async fn try_all(context: &Context, tunnel: &Tunnel, feed: &Feed, path: &str, every_path: bool) -> Result<Forged> {
    let mark = format!("msg_forged{}", Ksuid::new(None::<std::time::SystemTime>, None));
    // They are ours, and no news.
    feed.expect(&mark, Origin::Check, u32::MAX);
    let marked = mark.clone();
    let watch = feed.watch(move |delivery| delivery.message_id.as_ref() == Some(&marked));
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
    let passed = reached(tunnel, feed, &watch).await?.or(passed);
    Ok(Forged { unsigned: answered[0], tampered: answered[1], passed })
}

/// The target of the first that reached the app: the plainest spelling was tried first.
async fn reached(tunnel: &Tunnel, feed: &Feed, watch: &Watch) -> Result<Option<String>> {
    let until = Instant::now() + SEEN_WITHIN;
    loop {
        feed.ask(&tunnel.api).await?;
        let mut seen = watch.seen();
        seen.retain(|delivery| delivery.witnesses.contains(&Witness::Agent));
        let over = seen.iter().all(|delivery| delivery.answer.is_some());
        if over || Instant::now() > until {
            let by_app = |delivery: &&std::sync::Arc<Delivery>| {
                let refused = delivery.answer.as_ref().and_then(|answer| header(&answer.headers, REFUSED));
                refused.is_none()
            };
            return Ok(seen.iter().find(by_app).map(|delivery| delivery.request.target.clone()));
        }
        sleep(EVERY).await;
    }
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
