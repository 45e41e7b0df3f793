//! Events as lines for a person.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::paint::{BAD, FAINT, GOOD, NAME, ODD, STRONG, health_mark, paint, signature_style, status_style};
use super::painted::{Painted, painted};
use super::steps::INDENT as STEP_INDENT;
use super::text::shortened;
use crate::report::{
    Check, Delivery, Endpoint, Failure, Farewell, Gap, Listing, Log, Owner, Plan, Project, Ready, Replay, Sandbox,
    Secured, Serving, Setting, Signature, Standing, Stopped, User, Waiting,
};

/// From this width on, message ids are shown whole.
const WIDE: usize = 110;

/// `13:02:11  user.updated   200   6 ms  signature valid   msg_2ce…`
pub fn delivery(delivery: &Delivery, width: Option<usize>) -> Painted {
    let method = (delivery.method != "POST").then(|| painted!("{} ", delivery.method));
    let event = delivery.event.as_deref().unwrap_or(&delivery.path);
    let status = delivery.status_code.map_or_else(|| "…".to_owned(), |status| status.to_string());
    let took = delivery.duration_ms.map(|ms| painted!("{} ms", ms));
    let style = signature_style(delivery.signature);
    let verdict = match (&delivery.reason, delivery.signature) {
        (Some(reason), Signature::Invalid) => painted!("signature invalid: {}", reason),
        _ => painted!("signature {}", delivery.signature.word()),
    };
    let id = delivery.message_id.as_deref().unwrap_or_default();
    let id = if width.is_some_and(|width| width < WIDE) { shortened(id, 10) } else { id.to_owned() };
    let line = painted!(
        "  {}  {:<18} {}  {:>7}  {}{}{}",
        paint(FAINT, local_time(&delivery.received_at)),
        painted!("{}{}", method, event),
        paint(status_style(delivery.status_code), painted!("{:>3}", status)),
        took.unwrap_or_default(),
        paint(style, painted!("{:<17}", verdict)),
        (!id.is_empty()).then(|| painted!("  {}", paint(FAINT, id))),
        delivery.replay.then(|| paint(FAINT, "  replayed")),
    );
    line.trimmed()
}

/// What is not in this output, and why.
pub fn gap(gap: &Gap) -> Painted {
    let what = if gap.missed == 1 { "delivery is" } else { "deliveries are" };
    let why = match gap.place {
        "agent" => "they came faster than the agent keeps them",
        _ => "what reads this output is too slow",
    };
    let words = painted!("{} {} not shown: {}", gap.missed, what, why);
    painted!("  {} {}", paint(ODD, "!"), words)
}

/// What the app's directory says, and below what should be mended.
pub fn project(project: &Project, width: Option<usize>) -> Painted {
    let framework = project.name.as_deref().unwrap_or("no framework that is known");
    let route = project.route.as_ref().map_or("no webhook route found", |route| route.file.as_str());
    let inner = (project.directory != ".").then_some(project.directory.as_str());
    let parts: Vec<&str> = inner.into_iter().chain([framework, route, project.env_file.as_str()]).collect();
    let line = |mark: Painted, words: &str| {
        painted!("  {} {:<9} {}", mark, "project", Painted::text(words).hang(STEP_INDENT, width))
    };
    let warnings = project.warnings.iter().map(|warning| line(paint(BAD, "!"), warning));
    Painted::join(std::iter::once(line(paint(GOOD, "✓"), &parts.join(" · "))).chain(warnings), "\n")
}

/// What a replay got.
pub fn replay(replay: &Replay) -> Painted {
    let edits = (!replay.edits.is_empty()).then(|| painted!("  edited {}", replay.edits.join(", ")));
    painted!(
        "  {}  {:>7}  {} via {}, {} signature{}",
        paint(status_style(Some(replay.status_code)), replay.status_code),
        painted!("{} ms", replay.duration_ms),
        shortened(&replay.source_id, 12),
        replay.via,
        replay.signed,
        edits,
    )
}

/// What `secure` did and saw.
pub fn secured(secured: &Secured) -> Painted {
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
    painted!("  {} secure    {} {} ({}): {}", mark, public_url, state, mechanism, seen)
}

/// What follows the steps of `up`.
/// What a set-up waits for.
pub fn waiting(waiting: &Waiting, width: Option<usize>) -> Painted {
    let Waiting { found, fix, seen, keys, .. } = waiting;
    let said = if *seen { Painted::default() } else { painted!("{}: ", found) };
    let keys = if *keys { ", or press Enter" } else { "" };
    let text = painted!("{}{}; it is tested when the app changes{}", said, fix, keys);
    painted!("  {} waiting   {}", paint(ODD, "!"), text.hang(14, width))
}

/// The line that ends the steps.
pub fn ready(_ready: &Ready) -> Painted {
    painted!("  {} Waiting for events; press Ctrl-C to stop.\n", paint(STRONG, "Ready."))
}

/// An endpoint, whose it is and where it leads.
pub fn listing(listing: &Listing) -> Painted {
    let state = if listing.disabled { "disabled" } else { "enabled" };
    let owner = match (&listing.owner, &listing.profile) {
        (Owner::Here, Some(profile)) => format!("profile {profile}{}", if listing.served { ", runs" } else { "" }),
        (Owner::Clerkhook, _) => "another clerkhook".to_owned(),
        _ => "somebody else's".to_owned(),
    };
    let day =
        |time: &Option<String>| time.as_ref().and_then(|time| time.get(..10).map(str::to_owned)).unwrap_or_default();
    let changed = day(&listing.updated_at);
    painted!("{}  {:<8} {:<18} {:<10} {:<6} {}", listing.endpoint_id, state, owner, changed, listing.kind, listing.url)
}

/// Markdown without the fences of its blocks.
pub fn plain(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("```")).collect::<Vec<_>>().join("\n")
}

/// The last line. On a terminal it covers the `^C` that was typed.
pub fn stopped(stopped: &Stopped, terminal: bool) -> Painted {
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
    let endpoint = stopped.endpoint.as_ref().map(|state| painted!(", endpoint {}", state));
    if let Some(of) = &stopped.of {
        let left = stopped.left.join(", ");
        let left = if left.is_empty() { String::new() } else { format!("; this stays behind: {left}") };
        return painted!("  Stopped {} (process {}): {}{}{}.", of.upstream, of.pid, deliveries, endpoint, left);
    }
    let cover = if terminal { painted!("\r") } else { Painted::default() };
    painted!("{}  Stopped: {}{}.", cover, deliveries, endpoint)
}

/// A user that is gone although its life was cut short.
pub fn deleted(user: &User) -> Painted {
    painted!("  User {} is deleted.", user.user_id)
}

/// The endpoint, for `register`.
pub fn endpoint(endpoint: &Endpoint) -> Painted {
    painted!("{} {} {}", endpoint.endpoint_id, endpoint.action.word(), endpoint.url)
}

/// A dry run's line.
pub fn plan(plan: &Plan, width: Option<usize>) -> Painted {
    let text = Painted::text(&plan.detail).hang(20, width);
    painted!("  {:<9} {} {}", plan.step.word(), paint(STRONG, painted!("{:<7}", plan.action)), text)
}

/// A check and, below, its fix.
pub fn check(check: &Check, width: Option<usize>) -> Painted {
    let found = Painted::text(&check.found).hang(24, width);
    let below = |fix: &String| painted!("\n{}fix: {}", Painted::space(24), Painted::text(fix).hang(29, width));
    painted!("  {} {:<14} {}{}", health_mark(check.status), check.check, found, check.fix.as_ref().map(below))
}

/// A part of the set-up.
pub fn standing(part: &Standing, width: Option<usize>) -> Painted {
    painted!("  {} {:<14} {}", health_mark(part.status), part.part, Painted::text(&part.found).hang(24, width))
}

/// A setting and its source.
pub fn setting(setting: &Setting, width: Option<usize>) -> Painted {
    let text = painted!("{}  {}", setting.value, paint(FAINT, painted!("({})", setting.source)));
    painted!("           {:<14} {}", setting.setting, text.hang(26, width))
}

/// Where the built-in app listens.
pub fn serving(serving: &Serving) -> Painted {
    let verifying = if serving.verifying { "verifying signatures" } else { "no signing secret known: not verifying" };
    painted!("  Serving {}, {}; press Ctrl-C to stop.", paint(STRONG, &serving.url), verifying)
}

/// The sandbox's addresses, as assignments that a shell takes. Its key is one of them.
pub fn sandbox(sandbox: &Sandbox) -> Painted {
    let variables = [
        ("CLERK_API_URL", &sandbox.clerk_api_url),
        ("SVIX_SERVER_URL", &sandbox.svix_server_url),
        ("CLERK_SECRET_KEY", &sandbox.clerk_secret_key),
        ("CLERKHOOK_NGROK_BIN", &sandbox.ngrok_bin),
    ];
    Painted::join(variables.map(|(name, value)| painted!("{}={}", paint(NAME, name), value)), "\n")
}

/// A question was left: what is so now, in a sentence.
pub fn declined(failure: &Failure) -> Painted {
    let mut letters = failure.message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    painted!("  {}{}.", first, letters.as_str())
}

/// Message, code, cause, and after a blank line the hint. `told`: the line above says the message, and what follows
/// stands under it.
pub fn error(failure: &Failure, width: Option<usize>, told: bool) -> Painted {
    let code = paint(FAINT, &failure.code);
    let (indent, mut lines) = if told {
        (STEP_INDENT, Vec::new())
    } else {
        let message = Painted::text(&failure.message).hang(7, width);
        (2, vec![painted!("{} {} {}", paint(BAD, "error:"), message, code)])
    };
    let cause = failure.cause.as_deref().unwrap_or_default();
    let cause = cause.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let below = |line: &str| painted!("{}{}", Painted::space(indent), Painted::text(line).hang(indent, width));
    lines.extend(cause.map(below));
    if told {
        lines.push(painted!("{}{}", Painted::space(indent), code));
    }
    let hint = Painted::text(&failure.hint).hang(4, width);
    painted!("{}\n\n  {} {}", Painted::join(lines, "\n"), paint(GOOD, "→"), hint)
}

/// A line of the log.
pub fn log(log: &Log) -> Painted {
    painted!("{:>5} {}", log.level.to_uppercase(), log.text)
}

/// What an end in haste leaves behind.
pub fn farewell(farewell: &Farewell) -> Painted {
    let when = if farewell.reason == Farewell::LATE { "Left after 5 s, as something hangs" } else { "Left at once" };
    match farewell.left.as_slice() {
        [] => painted!("\n  {}; nothing stays behind.", when),
        left => painted!("\n  {}; this stays behind: {}.", when, left.join(", ")),
    }
}

/// Hours, minutes and seconds where the person is.
pub fn local_time(rfc3339: &str) -> String {
    match rfc3339.parse::<Timestamp>() {
        Ok(timestamp) => timestamp.to_zoned_datetime(TimeZone::system()).strftime("%H:%M:%S").to_string(),
        Err(_) => "--:--:--".to_owned(),
    }
}
