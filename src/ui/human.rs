//! Events as lines for a person.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::paint::{BAD, FAINT, GOOD, NAME, ODD, STRONG, health_mark, paint, signature_style, status_style};
use super::steps::INDENT as STEP_INDENT;
use super::text::{hang, harmless, shortened};
use crate::error::Error;
use crate::event::{
    Check, Delivery, Endpoint, Plan, Ready, Replay, Sandbox, Secured, Serving, Setting, Signature, Standing, Stopped,
    User,
};

/// From this width on, message ids are shown whole.
const WIDE: usize = 110;

/// `13:02:11  user.updated   200   6 ms  signature valid   msg_2ce…`
pub fn delivery(delivery: &Delivery, width: Option<usize>) -> String {
    let method = if delivery.method == "POST" { String::new() } else { format!("{} ", harmless(&delivery.method)) };
    let event = delivery.event.as_deref().unwrap_or(&delivery.path);
    let status = delivery.status_code.map_or_else(|| "…".to_owned(), |status| status.to_string());
    let took = delivery.duration_ms.map_or_else(String::new, |ms| format!("{ms} ms"));
    let style = signature_style(delivery.signature);
    let verdict = match (&delivery.reason, delivery.signature) {
        (Some(reason), Signature::Invalid) => format!("signature invalid: {}", harmless(reason)),
        _ => format!("signature {}", delivery.signature.word()),
    };
    let id = delivery.message_id.as_deref().map(harmless).unwrap_or_default();
    let id = if width.is_some_and(|width| width < WIDE) { shortened(&id, 10) } else { id.into_owned() };
    let line = format!(
        "  {}  {:<18} {}  {:>7}  {}{}{}",
        paint(FAINT, local_time(&delivery.received_at)),
        format!("{method}{}", harmless(event)),
        paint(status_style(delivery.status_code), format_args!("{status:>3}")),
        took,
        paint(style, format_args!("{verdict:<17}")),
        if id.is_empty() { String::new() } else { format!("  {}", paint(FAINT, id)) },
        if delivery.replay { paint(FAINT, "  replayed") } else { String::new() },
    );
    line.trim_end().to_owned()
}

/// What a replay got.
pub fn replay(replay: &Replay) -> String {
    let edits = if replay.edits.is_empty() { String::new() } else { format!("  edited {}", replay.edits.join(", ")) };
    format!(
        "  {}  {:>7}  {} via {}, {} signature{}",
        paint(status_style(Some(replay.status_code)), replay.status_code),
        format!("{} ms", replay.duration_ms),
        shortened(&replay.source_id, 12),
        replay.via,
        replay.signed,
        harmless(&edits),
    )
}

/// What `secure` did and saw.
pub fn secured(secured: &Secured) -> String {
    let seen = |what: &str, status: Option<u16>| status.map(|status| format!("{what} → {status}"));
    let seen = [seen("forged", secured.proof.forged), seen("genuine", secured.proof.genuine)];
    let seen = seen.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let (mark, state) = match (secured.on, secured.enforced) {
        (true, true) if secured.mechanism == "gateway" => (paint(GOOD, "✓"), "verified in front of the app"),
        (true, true) => (paint(GOOD, "✓"), "verified at the edge"),
        (true, false) => (paint(ODD, "!"), "observed, not refused"),
        (false, _) => (paint(ODD, "!"), "not verified"),
    };
    let Secured { mechanism, public_url, .. } = secured;
    format!("  {mark} secure    {public_url} {state} ({mechanism}): {seen}")
}

/// What follows the steps of `up`.
pub fn ready(_ready: &Ready) -> String {
    format!("  {} Waiting for events; press Ctrl-C to stop.\n", paint(STRONG, "Ready."))
}

/// The last line. On a terminal it covers the `^C` that was typed.
pub fn stopped(stopped: &Stopped, terminal: bool) -> String {
    let tested = match stopped.tested {
        0 => None,
        1 => Some("the test event".to_owned()),
        count => Some(format!("{count} test events")),
    };
    let deliveries = match (stopped.deliveries, tested) {
        (0, tested) => tested.unwrap_or_else(|| "no deliveries".to_owned()),
        (1, tested) => format!("1 delivery{}", tested.map(|tested| format!(" and {tested}")).unwrap_or_default()),
        (count, tested) => {
            format!("{count} deliveries{}", tested.map(|tested| format!(" and {tested}")).unwrap_or_default())
        }
    };
    let endpoint = stopped.endpoint.map(|state| format!(", endpoint {state}")).unwrap_or_default();
    let cover = if terminal { "\r" } else { "" };
    format!("{cover}  Stopped: {deliveries}{endpoint}.")
}

/// A user that is gone although its life was cut short.
pub fn deleted(user: &User) -> String {
    format!("  User {} is deleted.", harmless(&user.user_id))
}

/// The endpoint, for `register`.
pub fn endpoint(endpoint: &Endpoint) -> String {
    format!("{} {} {}", endpoint.endpoint_id, endpoint.action.word(), endpoint.url)
}

/// A dry run's line.
pub fn plan(plan: &Plan, width: Option<usize>) -> String {
    let text = hang(&harmless(&plan.detail), 20, width);
    format!("  {:<9} {:<7} {text}", plan.step.word(), paint(STRONG, format_args!("{:<7}", plan.action)).trim_end())
}

/// A check and, below, its fix.
pub fn check(check: &Check, width: Option<usize>) -> String {
    let found = hang(&harmless(&check.found), 24, width);
    let fix = check.fix.as_ref().map(|fix| format!("\n{:24}fix: {}", "", hang(&harmless(fix), 29, width)));
    format!("  {} {:<14} {found}{}", health_mark(check.status), check.check, fix.unwrap_or_default())
}

/// A part of the set-up.
pub fn standing(part: &Standing, width: Option<usize>) -> String {
    format!("  {} {:<14} {}", health_mark(part.status), part.part, hang(&harmless(&part.found), 24, width))
}

/// A setting and its source.
pub fn setting(setting: &Setting, width: Option<usize>) -> String {
    let text =
        format!("{}  {}", harmless(&setting.value), paint(FAINT, format_args!("({})", harmless(&setting.source))));
    format!("           {:<14} {}", setting.setting, hang(&text, 26, width))
}

/// Where the built-in app listens.
pub fn serving(serving: &Serving) -> String {
    let verifying = if serving.verifying { "verifying signatures" } else { "no signing secret known: not verifying" };
    format!("  Serving {}, {verifying}; press Ctrl-C to stop.", paint(STRONG, &serving.url))
}

/// The sandbox's addresses, as assignments that a shell takes.
pub fn sandbox(sandbox: &Sandbox) -> String {
    let variables = [
        ("CLERK_API_URL", &sandbox.clerk_api_url),
        ("SVIX_SERVER_URL", &sandbox.svix_server_url),
        ("CLERK_SECRET_KEY", &sandbox.clerk_secret_key),
        ("CLERKHOOK_NGROK_BIN", &sandbox.ngrok_bin),
    ];
    variables.map(|(name, value)| format!("{}={value}", paint(NAME, name))).join("\n")
}

/// Message, code, cause, and after a blank line the hint. `told`: the line above says the message, and what follows
/// stands under it.
pub fn error(error: &Error, width: Option<usize>, told: bool) -> String {
    let code = paint(FAINT, error.code());
    let (indent, mut lines) = if told {
        (STEP_INDENT, Vec::new())
    } else {
        let message = hang(&harmless(&error.to_string()), 7, width);
        (2, vec![format!("{} {message} {code}", paint(BAD, "error:"))])
    };
    let cause = error.cause().unwrap_or_default().lines().map(str::trim_end).filter(|line| !line.is_empty());
    lines.extend(cause.map(|line| format!("{:indent$}{}", "", hang(&harmless(line), indent, width))));
    if told {
        lines.push(format!("{:indent$}{code}", ""));
    }
    format!("{}\n\n  {} {}", lines.join("\n"), paint(GOOD, "→"), hang(&harmless(&error.hint()), 4, width))
}

fn local_time(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(timestamp) => timestamp.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}
