//! From what was seen of a message to the hops of its proof; pure, so that every way to break is a test.

use std::sync::Arc;

use super::answered::answered;
use super::endpoint::adopting;
use crate::delivery::{Delivery, Signature, Verdict};
use crate::handler::{Diagnosis, Framework, diagnose};
use crate::ngrok::codes;
use crate::report::{Hop, HopResult};
use crate::signature::{SigningSecret, judge as verdict};
use crate::svix::{Attempt, Outcome};

/// Everything that was seen of one message until the proof was complete or the time was up.
#[derive(Debug, Default)]
pub struct Sightings {
    /// Svix's newest word, and when it came, in milliseconds after sending.
    pub attempt: Option<(Attempt, u64)>,
    /// The delivery as the agent captured it, and when it was seen.
    pub capture: Option<(Arc<Delivery>, u64)>,
    /// Svix could not be asked.
    pub attempts_fault: Option<String>,
    /// The agent could not be asked.
    pub captures_fault: Option<String>,
}

/// What the judgement needs to know beside.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The endpoint's secret, and those of a rotation.
    pub secrets: &'a [SigningSecret],
    /// Endpoints of others with the same URL, whose deliveries have the same message id.
    pub twins: &'a [String],
    /// The app's address.
    pub upstream: &'a str,
    /// The webhook path.
    pub path: &'a str,
    /// What the project is made with.
    pub framework: Option<Framework>,
    /// What answered 2xx in the handler's place.
    pub stand_in: Option<&'a Diagnosis>,
    /// The command that tries it again.
    pub command: &'a str,
    /// Who had Svix take the message.
    pub accepted: &'a str,
    /// When sending was accepted, in milliseconds.
    pub accepted_ms: u64,
    /// How long was waited, in seconds.
    pub waited: u64,
}

/// The first hop that broke.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which hop.
    pub hop: Hop,
    /// A clause that follows "was not delivered:".
    pub found: String,
    /// Something to type or change.
    pub fix: String,
}

/// The hops in order, ending with the first that failed.
pub fn judge(seen: &Sightings, scene: &Scene<'_>) -> (Vec<HopResult>, Option<Broken>) {
    let mut hops = vec![passed(Hop::Accepted, scene.accepted, Some(scene.accepted_ms))];
    for judge in [attempt, edge, agent, app, signature] {
        match judge(seen, scene) {
            Ok(hop) => hops.push(hop),
            Err(broken) => {
                hops.push(HopResult { hop: broken.hop, ok: false, detail: broken.found.clone(), ms: None });
                return (hops, Some(broken));
            }
        }
    }
    (hops, None)
}

type Judged = Result<HopResult, Broken>;

fn passed(hop: Hop, detail: impl Into<String>, ms: Option<u64>) -> HopResult {
    HopResult { hop, ok: true, detail: detail.into(), ms }
}

fn broken(hop: Hop, found: impl Into<String>, fix: impl Into<String>) -> Judged {
    Err(Broken { hop, found: found.into(), fix: fix.into() })
}

fn attempt(seen: &Sightings, scene: &Scene<'_>) -> Judged {
    match (&seen.attempt, &seen.capture) {
        (Some((attempt, ms)), _) => {
            let detail = match attempt.outcome() {
                Outcome::Delivered => format!("succeeded, status {}", attempt.response_status_code),
                Outcome::Pending => "under way".to_owned(),
                Outcome::Failed if attempt.response_status_code == 0 => "failed without an answer".to_owned(),
                Outcome::Failed => format!("failed, status {}", attempt.response_status_code),
            };
            Ok(passed(Hop::Attempt, detail, Some(*ms)))
        }
        (None, Some((_, ms))) => Ok(passed(Hop::Attempt, "seen at the agent", Some(*ms))),
        (None, None) => {
            let found = match &seen.attempts_fault {
                // Who cannot look cannot say that there was none.
                Some(fault) => format!("no attempt was seen within {} s: {fault}", scene.waited),
                None => format!("Svix made no attempt within {} s", scene.waited),
            };
            let fix = format!(
                "wait longer with `{} --timeout 60s`, or look at the endpoint's log in the Clerk dashboard",
                scene.command
            );
            broken(Hop::Attempt, found, fix)
        }
    }
}

fn edge(seen: &Sightings, _scene: &Scene<'_>) -> Judged {
    if let Some((_, ms)) = &seen.capture {
        return Ok(passed(Hop::Edge, "let through", Some(*ms)));
    }
    let Some((attempt, ms)) = &seen.attempt else {
        return Ok(passed(Hop::Edge, "let through", None));
    };
    let status = attempt.response_status_code;
    match (codes::find(&attempt.response), attempt.outcome()) {
        (Some(3204), _) => broken(
            Hop::Edge,
            "the edge's webhook verification refused it (ERR_NGROK_3204)",
            "the edge holds another signing secret: start the tunnel again",
        ),
        (Some(code), _) => {
            let meaning = codes::explain(code);
            broken(Hop::Edge, format!("{} (ERR_NGROK_{code})", meaning.meaning), meaning.fix.to_string())
        }
        (None, Outcome::Failed) if status == 0 => broken(
            Hop::Edge,
            "Svix got no answer from the public URL",
            "check that the endpoint's URL is the tunnel's: `clerkhook register`",
        ),
        // Somebody answered; whether it was our agent is the next hop's question.
        _ => Ok(passed(Hop::Edge, format!("answered {status}"), Some(*ms))),
    }
}

fn agent(seen: &Sightings, _scene: &Scene<'_>) -> Judged {
    match (&seen.capture, &seen.captures_fault) {
        (Some((_, ms)), _) => Ok(passed(Hop::Agent, "captured", Some(*ms))),
        (None, Some(fault)) => broken(
            Hop::Agent,
            format!("the agent could not be asked: {fault}"),
            "check that the agent still runs: `clerkhook status`",
        ),
        (None, None) => broken(
            Hop::Agent,
            "the agent captured no such request: another agent serves this URL, or its inspection is off",
            "register this tunnel's URL with `clerkhook register`; start the agent without `--inspect=false`",
        ),
    }
}

fn app(seen: &Sightings, scene: &Scene<'_>) -> Judged {
    let Some((capture, _)) = &seen.capture else { return Ok(passed(Hop::App, "", None)) };
    let answer = answered(capture);
    if let Some(Diagnosis { found, fix }) = scene.stand_in {
        return broken(Hop::App, found, fix);
    }
    if answer.is_success() {
        let ms = capture.duration_ms();
        let took = ms.map(|ms| format!(" in {ms} ms")).unwrap_or_default();
        return Ok(passed(Hop::App, format!("answered {}{took}", answer.status), ms));
    }
    let Diagnosis { found, fix } = diagnose(&answer.seen(scene.path, scene.upstream).of(scene.framework));
    broken(Hop::App, found, fix)
}

fn signature(seen: &Sightings, scene: &Scene<'_>) -> Judged {
    let Some((capture, ms)) = &seen.capture else { return Ok(passed(Hop::Signature, "", None)) };
    let Verdict { signature, reason } = verdict(scene.secrets, &capture.request, capture.received_at.as_second());
    match (signature, reason) {
        (Signature::Valid, _) => Ok(passed(Hop::Signature, "valid", Some(*ms))),
        (Signature::Unchecked, _) => broken(Hop::Signature, "no signing secret is known", "run `clerkhook register`"),
        (Signature::Invalid, reason) => {
            let found = format!("its signature is invalid: {}", reason.unwrap_or_default());
            let clock = format!(
                "check this machine's clock, and that nothing on the way changes the body; then `{}`",
                scene.command
            );
            match scene.twins.first() {
                Some(twin) => broken(
                    Hop::Signature,
                    format!("{found}; it may be the delivery of `{twin}`, which has the same URL"),
                    format!("{}; else {clock}", adopting(twin)),
                ),
                None => broken(Hop::Signature, found, clock),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::signature::sign;

    fn secret() -> SigningSecret {
        SigningSecret::from_key(&[7; 24])
    }

    fn attempted(status: u8, code: u16, response: &str) -> Option<(Attempt, u64)> {
        let json = serde_json::json!({"status": status, "responseStatusCode": code, "response": response, "responseDurationMs": 3});
        Some((serde_json::from_value(json).expect("the documented shape"), 5))
    }

    fn captured(key: &SigningSecret, answer: Option<(u16, &str, &str)>) -> Option<(Arc<Delivery>, u64)> {
        let body = r#"{"type":"user.created"}"#;
        let signature = sign(std::slice::from_ref(key), "msg_1", 1_700_000_000, body.as_bytes());
        let head = format!("Svix-Id: msg_1\r\nSvix-Timestamp: 1700000000\r\nSvix-Signature: {signature}");
        let raw = STANDARD.encode(format!("POST / HTTP/1.1\r\n{head}\r\n\r\n{body}"));
        let response = answer.map(|(status, header, text)| {
            let raw = STANDARD.encode(format!("HTTP/1.1 {status} X\r\n{header}: ERR_NGROK_8012\r\n\r\n{text}"));
            serde_json::json!({"status_code": status, "headers": {header: ["ERR_NGROK_8012"]}, "raw": raw})
        });
        let json = serde_json::json!({
            "id": "airt_1", "start": "2023-11-14T22:13:20Z", "duration": 14_000_000, "response": response,
            "request": {"method": "POST", "uri": "/", "raw": raw, "headers": {
                "Svix-Id": ["msg_1"], "Svix-Timestamp": ["1700000000"], "Svix-Signature": [signature]}},
        });
        let capture: crate::ngrok::capture::Capture = serde_json::from_value(json).expect("the documented shape");
        Some((Arc::new(capture.sighting(&[])), 8))
    }

    fn judged(seen: &Sightings) -> (Vec<HopResult>, Option<Broken>) {
        let secrets = [secret()];
        let scene = Scene {
            secrets: &secrets,
            twins: &[],
            upstream: "http://localhost:3000",
            path: "/api/webhooks",
            framework: None,
            stand_in: None,
            command: "clerkhook send-test",
            accepted: "Svix took the message",
            accepted_ms: 1,
            waited: 30,
        };
        judge(seen, &scene)
    }

    fn broken_hop(seen: Sightings) -> (Hop, String) {
        let (hops, broken) = judged(&seen);
        let broken = broken.expect("something broke");
        assert!(hops.last().is_some_and(|hop| !hop.ok && hop.hop == broken.hop));
        assert!(hops[..hops.len() - 1].iter().all(|hop| hop.ok));
        (broken.hop, broken.found)
    }

    #[test]
    fn a_delivered_event_passes_six_hops() {
        let seen = Sightings {
            attempt: attempted(0, 200, "{}"),
            capture: captured(&secret(), Some((200, "x", "{}"))),
            ..Sightings::default()
        };
        let (hops, broken) = judged(&seen);
        assert_eq!((hops.len(), broken), (6, None));
        assert_eq!(hops[4].detail, "answered 200 in 14 ms");
    }

    #[test]
    fn each_way_to_break_names_its_hop() {
        let good = || captured(&secret(), Some((200, "x", "{}")));
        let forged = || captured(&SigningSecret::from_key(&[9; 24]), Some((200, "x", "{}")));
        for (attempt, capture, hop, words) in [
            (None, None, Hop::Attempt, "no attempt within 30 s"),
            (attempted(2, 404, "Tunnel not found ERR_NGROK_3200"), None, Hop::Edge, "ERR_NGROK_3200"),
            (attempted(2, 403, "ERR_NGROK_3204"), None, Hop::Edge, "verification"),
            (attempted(2, 0, ""), None, Hop::Edge, "no answer"),
            (attempted(0, 200, "{}"), None, Hop::Agent, "captured no such request"),
            (attempted(2, 500, "x"), captured(&secret(), Some((500, "x", "x"))), Hop::App, "answered 500"),
            (
                attempted(2, 502, "x"),
                captured(&secret(), Some((502, "Ngrok-Error-Code", "x"))),
                Hop::App,
                "reached no app",
            ),
            (attempted(2, 0, ""), captured(&secret(), None), Hop::App, "no answer in time"),
            (None, forged(), Hop::Signature, "does not match"),
        ] {
            let (broken, found) = broken_hop(Sightings { attempt, capture, ..Sightings::default() });
            assert_eq!(broken, hop, "{found}");
            assert!(found.contains(words), "{found}");
        }
        let fault = Some("refused".to_owned());
        assert_eq!(
            broken_hop(Sightings { attempt: attempted(0, 200, ""), captures_fault: fault, ..Sightings::default() }).0,
            Hop::Agent
        );
        assert!(judged(&Sightings { capture: good(), ..Sightings::default() }).1.is_none());
    }
}
