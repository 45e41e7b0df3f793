//! The route before the cases: whether a handler answers at all, and if not, what stands in its place.

use std::time::Duration;

use super::judge::{Came, silence};
use crate::handler::vocabulary::vocabulary;
use crate::handler::{Answer, Diagnosis, Finding, Framework, Seen, diagnose, filled, quoted, shown};
use crate::http::Obstacle;

/// Why the cases are not worth sending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing listens; the system's reason.
    Down(String),
    /// Something else than a handler with this secret answers.
    Wrong(Diagnosis),
}

/// Routes at which Clerk's guide and public projects put their handler.
pub const USUAL_PATHS: [&str; 8] = [
    "/api/webhooks",
    "/api/webhooks/clerk",
    "/api/webhook/clerk",
    "/webhooks/clerk",
    "/webhooks",
    "/api/webhooks/user",
    "/clerk-users-webhook",
    "/",
];

/// What is known of the place.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The route.
    pub path: &'a str,
    /// The app.
    pub upstream: &'a str,
    /// What it is made with.
    pub framework: Option<Framework>,
    /// How long an answer may take.
    pub within: Duration,
    /// The secret's source and mask.
    pub secret: &'a str,
}

/// What the answer to a validly signed event asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The cases.
    Cases,
    /// The end.
    Stop(Fault),
    /// Whether something else answers in the handler's place.
    StandIn,
    /// Which other path takes POST.
    OtherPaths(Diagnosis),
    /// Whether the whole app is behind the same wall.
    Neighbour,
    /// How a forged event is answered, and a broken one.
    Signature,
}

/// Reads the answer to a validly signed event.
pub fn first(came: &Came, place: Place<'_>) -> Next {
    let answer = match came {
        Ok(answer) => answer,
        Err(unreachable) => return Next::Stop(no_answer(unreachable, place)),
    };
    match shown(&seen(answer, place)) {
        _ if answer.is_success() => Next::StandIn,
        Finding::NoRoute => Next::OtherPaths(diagnosed(answer, place)),
        Finding::Unauthorized | Finding::Refused => Next::Neighbour,
        Finding::Signature | Finding::Unverified | Finding::Time | Finding::Crashed | Finding::Other => Next::Signature,
        // What names itself needs no comparison.
        _ => Next::Stop(Fault::Wrong(diagnosed(answer, place))),
    }
}

fn seen<'a>(answer: &'a Answer, place: Place<'a>) -> Seen<'a> {
    answer.seen(place.path, place.upstream).of(place.framework)
}

fn diagnosed(answer: &Answer, place: Place<'_>) -> Diagnosis {
    diagnose(&seen(answer, place))
}

fn no_answer(unreachable: &crate::http::Unreachable, place: Place<'_>) -> Fault {
    let (found, fix) = match unreachable.kind {
        Obstacle::Plain => (
            "it speaks no TLS".to_owned(),
            format!("`clerkhook check {}`", place.upstream.replacen("https://", "http://", 1)),
        ),
        Obstacle::NoConnection => return Fault::Down(unreachable.cause.clone()),
        Obstacle::Certificate => (
            format!("its certificate is not trusted: {unreachable}"),
            "if the app signed its own, add `--insecure-upstream`".to_owned(),
        ),
        Obstacle::Broken => {
            let fix = "look at the app's log; if it serves TLS, name it so: `clerkhook check https://localhost:PORT`";
            (silence(unreachable, place.within).0, fix.to_owned())
        }
        Obstacle::Time => silence(unreachable, place.within),
    };
    Fault::Wrong(Diagnosis { found, fix })
}

/// Reads the answer of a path that does not exist, after the route itself was answered 401 or 403: middleware guards
/// both, a handler answers for itself alone.
pub fn neighbour(answer: &Answer, other: &Came, place: Place<'_>) -> Next {
    match other {
        Ok(other) if other.status == answer.status => {
            let Diagnosis { found, fix } = diagnosed(answer, place);
            // A server of a single handler answers so too.
            let fix = format!(
                "{fix}. If the handler itself takes every path, compare its secret with the one from {}",
                place.secret
            );
            Next::Stop(Fault::Wrong(Diagnosis {
                found: format!("{found}, as it does at a path that does not exist"),
                fix,
            }))
        }
        _ => Next::Signature,
    }
}

/// Compares how a validly signed event, a forged one and broken JSON with a forged signature were answered.
pub fn signature(valid: &Answer, forged: &Came, broken: &Came, place: Place<'_>) -> Next {
    let (Ok(forged), Ok(broken)) = (forged, broken) else { return Next::Cases };
    if forged.is_success() || forged.status >= 500 && valid.status < 500 {
        return Next::Cases;
    }
    let status = valid.status;
    let alike = if forged.status == status { "like a forged one" } else { "as it does a forged one" };
    let raw = vocabulary(place.framework.or(valid.framework)).raw;
    let other_secret = format!("compare the app's secret with the one from {}, and restart the app", place.secret);
    let (found, fix) = match status {
        500.. if forged.status < 500 => return Next::Cases,
        500.. if parses_first(forged, broken) => (parsed(status, alike), format!("{raw}. Else {other_secret}")),
        500.. => {
            let words = quoted(&valid.body);
            (
                format!("the handler answers {status} to a validly signed event and to a forged one alike{words}"),
                diagnosed(valid, place).fix,
            )
        }
        _ if parses_first(forged, broken) => (parsed(status, alike), format!("{raw}. Else {other_secret}")),
        _ if !matches!(status, 400 | 401 | 403 | 422) => (
            format!("the handler answers {status} to a validly signed event and to a forged one alike"),
            format!("look into the app's log for what answers so. Else {other_secret}"),
        ),
        _ => (
            format!("the handler refuses a validly signed event ({status}) {alike}: most likely it has another secret"),
            format!("{other_secret}. If they are the same, {raw}"),
        ),
    };
    Next::Stop(Fault::Wrong(Diagnosis { found, fix }))
}

fn parsed(status: u16, alike: &str) -> String {
    format!(
        "the handler refuses a validly signed event ({status}) {alike}, and a body parser stands in front of it: broken \
         JSON is answered before any signature is looked at"
    )
}

/// Whether broken JSON is told from an event before the signature is looked at.
fn parses_first(forged: &Answer, broken: &Answer) -> bool {
    let words = |answer: &Answer| {
        let body = answer.body.to_ascii_lowercase();
        ["json", "unexpected token", "unexpected end", "syntaxerror", "parse"].iter().any(|word| body.contains(word))
    };
    forged.status != broken.status || words(broken) && !words(forged)
}

/// What it means when the route answers 404 to POST, and names other methods (Express).
pub fn takes_others(came: &Came, place: Place<'_>) -> Option<Diagnosis> {
    let answer = came.as_ref().ok().filter(|answer| answer.status != 404)?;
    let allow = answer.allow.as_deref().filter(|allow| !allow.is_empty())?;
    let words = vocabulary(place.framework.or(answer.framework));
    (!takes_post(came)).then(|| Diagnosis {
        found: format!("the app answered 404: the route takes no POST (it takes {allow})"),
        fix: filled(words.post, &seen(answer, place)),
    })
}

/// Whether an answer to `OPTIONS` says that the path takes POST.
pub fn takes_post(came: &Came) -> bool {
    came.as_ref().is_ok_and(|answer| {
        let allow = answer.allow.as_deref().unwrap_or_default();
        answer.status != 404 && allow.split(',').any(|method| method.trim().eq_ignore_ascii_case("POST"))
    })
}

/// The fix for a path without a handler, when others have one.
pub fn suggest(diagnosis: Diagnosis, paths: &[&str]) -> Diagnosis {
    let Some((first, rest)) = paths.split_first() else { return diagnosis };
    let others = rest.iter().map(|path| format!(", or `--path {path}`")).collect::<String>();
    let fix = format!("something takes POST at another path: `--path {first}`{others}");
    Diagnosis { fix, ..diagnosis }
}

/// Reads the answer to a request with a tunnel's host name: what stands in its way, if something does.
pub fn tunnel_host(came: &Came, place: Place<'_>) -> Option<Diagnosis> {
    let answer = came.as_ref().ok()?;
    let refused = shown(&seen(answer, place)) == Finding::ForeignHost || (300..400).contains(&answer.status);
    refused.then(|| diagnosed(answer, place))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Unreachable;

    const PLACE: Place<'static> = Place {
        path: "/api/webhooks",
        upstream: "https://localhost:3000",
        framework: None,
        within: Duration::from_secs(15),
        secret: "`X` in `.env` (whsec_…abcd)",
    };

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.to_owned(), ..Answer::default() }
    }

    fn found(next: Next) -> String {
        match next {
            Next::Stop(Fault::Wrong(diagnosis)) => format!("{} → {}", diagnosis.found, diagnosis.fix),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn what_stands_in_the_handlers_place_is_named() {
        let clerk = |status| Answer { protected: true, ..answer(status, "") };
        let to = |status, place: &str| Answer { location: Some(place.to_owned()), ..answer(status, "") };
        for (came, words) in [
            (answer(200, "ok"), "StandIn"),
            (clerk(404), "Clerk's middleware"),
            (answer(404, ""), "OtherPaths"),
            (answer(401, ""), "Neighbour"),
            (answer(401, "Invalid signature"), "Signature"),
            (answer(403, "Blocked request. This host (\"x\") is not allowed."), "allowedHosts"),
            (to(308, "/api/webhooks/"), "--path /api/webhooks/"),
            (to(307, "/sign-in"), "sign-in page"),
            (answer(405, ""), "no POST"),
            (answer(400, ""), "Signature"),
            (answer(500, ""), "Signature"),
        ] {
            let next = found(first(&Ok(came.clone()), PLACE));
            assert!(next.contains(words), "{came:?}: {next}");
        }
    }

    #[test]
    fn no_answer_has_its_reason() {
        for (kind, cause, words) in [
            (Obstacle::NoConnection, "Connection refused", "Down(\"Connection refused\")"),
            (Obstacle::Plain, "received corrupt message of type InvalidContentType", "check http://localhost"),
            (Obstacle::Certificate, "invalid peer certificate", "--insecure-upstream"),
            (Obstacle::Time, "no answer in time", "within 15 s"),
            (Obstacle::Broken, "connection closed", "https://localhost:PORT"),
        ] {
            let next = found(first(&Err(Unreachable { cause: cause.into(), kind }), PLACE));
            assert!(next.contains(words), "{next}");
        }
    }

    #[test]
    fn middleware_guards_its_neighbours_too() {
        let refused = answer(401, "");
        assert!(found(neighbour(&refused, &Ok(answer(401, "")), PLACE)).contains("auth middleware"));
        assert_eq!(neighbour(&refused, &Ok(answer(404, "")), PLACE), Next::Signature);
    }

    #[test]
    fn another_secret_is_told_from_a_body_parser() {
        let read = |valid: u16, forged: Answer, broken: Answer| {
            found(signature(&answer(valid, ""), &Ok(forged), &Ok(broken), PLACE))
        };
        let same = read(400, answer(400, "bad"), answer(400, "bad"));
        assert!(same.contains("another secret → compare the app's secret with the one from `X` in `.env`"), "{same}");
        let parser = read(400, answer(400, "bad"), answer(400, "SyntaxError: Unexpected token"));
        assert!(parser.contains("a body parser") && parser.contains("express.raw"), "{parser}");
        assert!(read(400, answer(400, ""), answer(500, "")).contains("a body parser"));
        assert!(read(500, answer(500, ""), answer(500, "")).contains("look into the app's log"));
        assert!(read(500, answer(500, ""), answer(400, "invalid JSON")).contains("a body parser"));
        // The cases say it better.
        assert_eq!(read(400, answer(200, ""), answer(200, "")), "Cases");
        assert_eq!(read(500, answer(400, ""), answer(400, "")), "Cases");
        assert_eq!(read(400, answer(500, ""), answer(500, "")), "Cases");
    }

    #[test]
    fn other_paths_are_suggested_when_they_take_post() {
        let allow = |allow: &str| Ok(Answer { allow: Some(allow.to_owned()), ..answer(204, "") });
        assert!(
            takes_post(&allow("GET, HEAD, POST")) && !takes_post(&allow("GET")) && !takes_post(&Ok(answer(204, "")))
        );
        let diagnosis = Diagnosis { found: "no".into(), fix: "check".into() };
        assert_eq!(suggest(diagnosis.clone(), &[]), diagnosis);
        assert!(suggest(diagnosis, &["/a", "/b"]).fix.ends_with("`--path /a`, or `--path /b`"));
    }

    #[test]
    fn a_tunnels_host_may_be_refused() {
        let blocked = tunnel_host(&Ok(answer(403, "Blocked request. This host (\"x\") is not allowed.")), PLACE);
        assert!(blocked.is_some_and(|diagnosis| diagnosis.fix.contains("allowedHosts")));
        assert_eq!(tunnel_host(&Ok(answer(400, "no signature")), PLACE), None);
    }
}
