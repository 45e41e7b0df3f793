//! Forged events against the public URL, to see whether they are refused.

use std::time::Duration;

use jiff::Timestamp;
use svix_ksuid::{Ksuid, KsuidLike as _};
use tokio::time::sleep;
use url::Url;

use super::Context;
use super::tunnel::Tunnel;
use crate::error::{Error, Result};
use crate::http::{Certificates, Delivered};
use crate::ngrok::NO_INTERSTITIAL;
use crate::receiver::REFUSED;
use crate::signature::{SigningSecret, headers};

/// How many captures are looked through.
const MANY: u16 = 100;

/// A new URL may take a moment until the edge serves it everywhere.
const TRIES: u32 = 20;

/// What forged events got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// The message id that both carried.
    pub mark: String,
    /// The status for one without a signature.
    pub unsigned: u16,
    /// The status for one that another key signed.
    pub tampered: u16,
    /// How many the app answered.
    pub reached_app: usize,
}

/// Posts an unsigned and a wrongly signed event to the webhook URL, marked so that they are found at the agent.
///
/// # Errors
/// `NotSecured` when the public URL cannot be reached; `AgentApi`.
pub async fn try_all(context: &Context, tunnel: &Tunnel, webhook_url: &str) -> Result<Forged> {
    let mark = format!("msg_forged{}", Ksuid::new(None::<std::time::SystemTime>, None));
    let body =
        format!(r#"{{"data":{{"id":"user_clerkhookforged"}},"object":"event","type":"user.created","mark":"{mark}"}}"#);
    let now = Timestamp::now().as_second();
    let other_key = SigningSecret::from_key(mark.as_bytes());
    let signed = headers(std::slice::from_ref(&other_key), &mark, now, body.as_bytes());
    let unsigned = vec![signed[0].clone()];
    let tampered = signed.to_vec();
    let unsigned = post(context, webhook_url, unsigned, &body).await?;
    let tampered = post(context, webhook_url, tampered, &body).await?;
    let captures = tunnel.api.captures(MANY).await?;
    let answered_by_app = |capture: &&crate::ngrok::capture::Capture| {
        let gateway = capture.response.as_ref().is_some_and(|response| response.header(REFUSED).is_some());
        capture.message_id() == Some(&mark) && !gateway
    };
    let reached_app = captures.iter().filter(answered_by_app).count();
    Ok(Forged { mark, unsigned, tampered, reached_app })
}

async fn post(context: &Context, url: &str, mut headers: Vec<(String, String)>, body: &str) -> Result<u16> {
    let unreachable = |cause: String| Error::NotSecured {
        found: format!("{url} cannot be reached from here ({cause})"),
        fix: "check the network, then `clerkhook secure` again".to_owned(),
    };
    let parsed = Url::parse(url).map_err(|error| unreachable(error.to_string()))?;
    headers.push(("content-type".to_owned(), "application/json".to_owned()));
    headers.push((NO_INTERSTITIAL.to_owned(), "1".to_owned()));
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
