//! What an app's answer to a delivery means, and what to change (Clerk docs, webhooks/debugging; Svix docs, receiving).

use super::words::{self, Named, quoted};

/// How the app gets to know a new secret.
const RESTART: &str = "restart the app so that it loads the signing secret";

/// What a verifier must be given.
const RAW: &str =
    "verify the raw body (in Express `express.raw({type: \"application/json\"})` before `express.json()`)";

/// The app's answer, as it was seen at the agent or by Svix.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// HTTP status; `None` when no answer came in time.
    pub status: Option<u16>,
    /// `Location`.
    pub location: Option<&'a str>,
    /// `ngrok-error-code`, when the agent or the edge answered in the app's place.
    pub ngrok_code: Option<u32>,
    /// Clerk's middleware says that it protects the route.
    pub protected: bool,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Allow`.
    pub allow: Option<&'a str>,
    /// The body.
    pub body: &'a str,
    /// Where the delivery went.
    pub path: &'a str,
    /// The app's address.
    pub upstream: &'a str,
}

/// What was found, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// A clause that follows "was not delivered:".
    pub found: String,
    /// Something to type or change.
    pub fix: String,
}

/// Names the likely cause of an answer other than 2xx.
pub fn diagnose(seen: &Seen<'_>) -> Diagnosis {
    let Some(status) = seen.status else { return silence() };
    if let Some(found) = from_ngrok(seen) {
        return found;
    }
    let public = format!(
        "make `{}(.*)` a public route in `clerkMiddleware` (`proxy.ts` from Next.js 16 on, `middleware.ts` before)",
        seen.path
    );
    if let Some(named) = words::named(status, seen.body) {
        return from_words(status, named, seen);
    }
    let (found, fix) = match status {
        401 => ("the app answered 401: its auth middleware protects the route".to_owned(), public),
        300..=399 if is_sign_in(seen) => (
            format!("the app answered {status}, a redirect to its sign-in page: auth middleware protects the route"),
            public,
        ),
        300..=399 => redirect(status, seen),
        _ if is_foreign_host(seen.body) => (
            format!("the app answered {status}: its dev server does not accept this host name"),
            "add the tunnel's host to `server.allowedHosts` in `vite.config` (elsewhere: to the allowed hosts of the \
             dev server)"
                .to_owned(),
        ),
        403 => ("the app answered 403: something in front of the handler refuses".to_owned(), public),
        404 if seen.protected => {
            ("the app answered 404 from Clerk's middleware: the route is protected".to_owned(), public)
        }
        404 => (
            format!("the app answered 404: no handler at `{}`", seen.path),
            "give the path of the app's handler with `--path PATH`, or check the name of its route file".to_owned(),
        ),
        405 => (
            match seen.allow.filter(|allow| !allow.is_empty()) {
                Some(allow) => format!("the app answered 405: the route takes no POST (it takes {allow})"),
                None => "the app answered 405: the route takes no POST".to_owned(),
            },
            "export a `POST` handler from the route".to_owned(),
        ),
        400 => (
            format!("the app answered 400: most often it could not verify the signature{}", quoted(seen.body)),
            format!("{RESTART}, and {RAW}"),
        ),
        413 => (
            "the app answered 413: its body limit is too small".to_owned(),
            "raise the limit of the body parser for this route".to_owned(),
        ),
        429 => (
            "the app answered 429: a rate limiter stands in front of the handler".to_owned(),
            "take this route out of the rate limit; Clerk sends many events at once".to_owned(),
        ),
        500..=599 => (
            format!("the app answered {status}{}", quoted(seen.body)),
            "look into the app's log for what failed there".to_owned(),
        ),
        _ => {
            (format!("the app answered {status}{}", quoted(seen.body)), "answer 2xx once the event is taken".to_owned())
        }
    };
    Diagnosis { found, fix }
}

fn silence() -> Diagnosis {
    Diagnosis {
        found: "the app gave no answer in time".to_owned(),
        fix: "answer first, and do the work afterwards; Svix gives up after 15 s".to_owned(),
    }
}

/// What the app itself names as the cause.
fn from_words(status: u16, named: Named, seen: &Seen<'_>) -> Diagnosis {
    let (cause, fix) = match named {
        Named::NoSecret => (
            "the app has no signing secret",
            "write it with `clerkhook secret write`, then start the app again so that it loads it".to_owned(),
        ),
        Named::NoKey => (
            "the app lacks a Clerk key",
            "set the key that it names in the app's env file (Clerk dashboard, API keys), then start it again"
                .to_owned(),
        ),
        Named::Parsed => ("its verifier was given a parsed body, not the bytes that were signed", RAW.to_owned()),
        Named::Signature => ("it could not verify the signature", format!("{RESTART}, and {RAW}")),
        Named::Time => (
            "the signature's time is too far from the app's",
            "sign it afresh (`clerkhook replay` with `--fresh`); else set the clock of the app's machine".to_owned(),
        ),
        Named::Csrf => (
            "its protection against forged forms refuses",
            "take this route out of it (in Django `@csrf_exempt` on the view)".to_owned(),
        ),
        Named::Slash => (
            "it wants a slash at the end",
            format!("register the final path: `--path {}/`", seen.path.trim_end_matches('/')),
        ),
        Named::Backend => (
            "a proxy stands at this address, and nothing behind it answers",
            "start what the proxy leads to, or name that address in its place: `clerkhook up PORT`".to_owned(),
        ),
    };
    Diagnosis { found: format!("the app answered {status}: {cause}{}", quoted(seen.body)), fix }
}

fn from_ngrok(seen: &Seen<'_>) -> Option<Diagnosis> {
    let (found, fix) = match seen.ngrok_code? {
        8012 => (
            format!("the agent reached no app at `{}` (ERR_NGROK_8012)", seen.upstream),
            "start the app; if it listens on another port, name it: `clerkhook up PORT`".to_owned(),
        ),
        3004 => (
            "the app gave no HTTP answer: it closed the connection, or serves TLS (ERR_NGROK_3004)".to_owned(),
            "look at the app's log; if it serves TLS, name it so: `clerkhook up https://localhost:PORT`".to_owned(),
        ),
        _ => return None,
    };
    Some(Diagnosis { found, fix })
}

/// Whether a redirect leads to a page to sign in at: a word of its path, or Clerk's own host.
fn is_sign_in(seen: &Seen<'_>) -> bool {
    const WORDS: [&str; 6] = ["sign-in", "signin", "sign_in", "login", "log-in", "sign-up"];
    let to = seen.location.unwrap_or_default().to_ascii_lowercase();
    let place = to.split(['?', '#']).next().unwrap_or_default();
    let named = place.split('/').any(|part| WORDS.contains(&part));
    seen.protected || named || place.contains("accounts.dev")
}

/// Whether a body is a dev server's or framework's refusal of the `Host` (Vite, webpack, Rails, Django).
fn is_foreign_host(body: &str) -> bool {
    const MARKS: [&str; 5] =
        ["Blocked request. This host", "allowedHosts", "Invalid Host header", "Blocked hosts", "Invalid HTTP_HOST"];
    MARKS.iter().any(|mark| body.contains(mark))
}

fn redirect(status: u16, seen: &Seen<'_>) -> (String, String) {
    let to = seen.location.unwrap_or("an unnamed place");
    let found = format!("the app answered {status}, a redirect to `{to}`, and Svix follows none");
    if to == seen.path {
        let fix = "leave this route out of the middleware that redirects, for example one for sessions or languages";
        return (
            format!("the app answered {status}, a redirect to the same path, and Svix follows none"),
            fix.to_owned(),
        );
    }
    let path = to.split_once("://").map_or(to, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    if path.strip_suffix(seen.path).is_some_and(is_locale) {
        let fix = "leave this route out of the middleware that puts the language before every path";
        return (format!("{found}: a language was put before the path"), fix.to_owned());
    }
    if path == seen.path {
        // Only scheme or host differ: `https`, or `www` before the name.
        return (found, format!("give the final address: `{to}`"));
    }
    (found, format!("register the final path: `--path {path}`"))
}

/// Whether a path is a language: `/en`, `/pt-BR`.
fn is_locale(path: &str) -> bool {
    let Some(name) = path.strip_prefix('/') else { return false };
    let (language, region) = name.split_once(['-', '_']).unwrap_or((name, "xx"));
    let letters =
        |part: &str, most: usize| (2..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric());
    letters(language, 3) && letters(region, 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_has_its_cause() {
        let seen = |status: u16| Seen {
            status: Some(status),
            path: "/api/webhooks",
            upstream: "http://localhost:3000",
            ..Seen::default()
        };
        for (seen, found, fix) in [
            (Seen::default(), "no answer in time", "answer first"),
            (
                Seen { ngrok_code: Some(8012), ..seen(502) },
                "reached no app at `http://localhost:3000`",
                "start the app",
            ),
            (Seen { ngrok_code: Some(3004), ..seen(502) }, "closed the connection", "https://localhost"),
            (seen(401), "auth middleware", "`/api/webhooks(.*)` a public route"),
            (Seen { location: Some("/sign-in?next=x"), ..seen(307) }, "sign-in page", "public route"),
            (
                Seen { location: Some("https://a.example/api/webhooks/"), ..seen(308) },
                "follows none",
                "--path /api/webhooks/",
            ),
            (Seen { location: Some("/api/webhooks/"), ..seen(308) }, "follows none", "--path /api/webhooks/"),
            (
                Seen { location: Some("https://www.a.example/api/webhooks"), ..seen(301) },
                "follows none",
                "final address: `https://www.a.example/api/webhooks`",
            ),
            (Seen { allow: Some("GET, HEAD"), ..seen(405) }, "it takes GET, HEAD", "export a `POST`"),
            (Seen { body: "Invalid Host header", ..seen(403) }, "host name", "allowed hosts"),
            (
                Seen { body: "Blocked request. This host (\"x\") is not allowed.", ..seen(403) },
                "host name",
                "allowedHosts",
            ),
            (seen(403), "in front of the handler", "public route"),
            (Seen { protected: true, ..seen(404) }, "Clerk's middleware", "public route"),
            (Seen { location: Some("https://x.accounts.dev/?a=b"), ..seen(302) }, "sign-in page", "public route"),
            (Seen { location: Some("/en/api/webhooks"), ..seen(307) }, "a language was put before", "language"),
            (Seen { location: Some("/home?next=/sign-in"), ..seen(307) }, "redirect to `/home", "--path"),
            (Seen { body: "Error: Missing webhook signing secret", ..seen(500) }, "no signing secret", "secret write"),
            (Seen { body: "Missing publishableKey", ..seen(500) }, "said `Missing publishableKey`", "API keys"),
            (Seen { body: "No matching signature found", ..seen(401) }, "could not verify", "raw body"),
            (Seen { body: "CSRF verification failed", ..seen(403) }, "forged forms", "csrf_exempt"),
            (Seen { body: "database is locked", ..seen(500) }, "said `database is locked`", "log"),
            (seen(404), "no handler at `/api/webhooks`", "--path"),
            (seen(405), "no POST", "export a `POST`"),
            (seen(400), "verify the signature", "raw body"),
            (seen(413), "body limit", "raise"),
            (seen(429), "rate limiter", "out of the rate limit"),
            (Seen { location: Some("/api/webhooks"), ..seen(307) }, "to the same path", "out of the middleware"),
            (seen(500), "answered 500", "log"),
            (seen(418), "answered 418", "2xx"),
        ] {
            let diagnosis = diagnose(&seen);
            assert!(diagnosis.found.contains(found), "{diagnosis:?}");
            assert!(diagnosis.fix.contains(fix), "{diagnosis:?}");
        }
    }
}
