//! What an app's answer to a delivery means, and what to change (Clerk docs, webhooks/debugging; Svix docs, receiving).

/// The app's answer, as it was seen at the agent or by Svix.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen<'a> {
    /// HTTP status; `None` when no answer came in time.
    pub status: Option<u16>,
    /// `Location`.
    pub location: Option<&'a str>,
    /// `ngrok-error-code`, when the agent or the edge answered in the app's place.
    pub ngrok_code: Option<u32>,
    /// Any `x-clerk-auth-*` header: Clerk's middleware was at work.
    pub clerk_middleware: bool,
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
    let Some(status) = seen.status else {
        return Diagnosis {
            found: "the app gave no answer in time".to_owned(),
            fix: "answer first, and do the work afterwards; Svix gives up after 15 s".to_owned(),
        };
    };
    if let Some(found) = from_ngrok(seen) {
        return found;
    }
    let public = format!(
        "make `{}(.*)` a public route in `clerkMiddleware` (`proxy.ts` from Next.js 16 on, `middleware.ts` before)",
        seen.path
    );
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
        404 if seen.clerk_middleware => {
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
            "the app answered 400: most often it could not verify the signature".to_owned(),
            "restart the app so that it loads the signing secret, and verify the raw body (in Express \
             `express.raw({type: \"application/json\"})` before `express.json()`)"
                .to_owned(),
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
            format!("the app answered {status}"),
            "look into the app's log; often the signing secret is missing from its environment".to_owned(),
        ),
        _ => (format!("the app answered {status}"), "answer 2xx once the event is taken".to_owned()),
    };
    Diagnosis { found, fix }
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

fn is_sign_in(seen: &Seen<'_>) -> bool {
    let to = seen.location.unwrap_or_default().to_ascii_lowercase();
    seen.clerk_middleware
        || ["sign-in", "signin", "sign_in", "login", "accounts.dev"].iter().any(|word| to.contains(word))
}

/// Whether a body is a dev server's or framework's refusal of the `Host` (Vite, webpack, Rails, Django).
fn is_foreign_host(body: &str) -> bool {
    const MARKS: [&str; 5] =
        ["Blocked request. This host", "allowedHosts", "Invalid Host header", "Blocked hosts", "Invalid HTTP_HOST"];
    MARKS.iter().any(|mark| body.contains(mark))
}

/// Whether an answer is a page for people: what takes webhooks answers with JSON, a word or nothing.
pub fn is_page(content_type: Option<&str>, body: &str) -> bool {
    let begin = body.trim_start().get(..200.min(body.trim_start().len())).unwrap_or(body).to_ascii_lowercase();
    let document = begin.starts_with("<!doctype html") || begin.starts_with("<html");
    document || content_type.is_some_and(|kind| kind.starts_with("text/html")) && begin.starts_with('<')
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
    if path == seen.path {
        // Only scheme or host differ: `https`, or `www` before the name.
        return (found, format!("give the final address: `{to}`"));
    }
    (found, format!("register the final path: `--path {path}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_told_from_an_answer() {
        let html = Some("text/html; charset=utf-8");
        for (kind, body, page) in [
            (html, "\n<!DOCTYPE html><title>Sign in</title>", true),
            (html, "<div>Sign in</div>", true),
            (None, "<html lang=de>", true),
            // What Express sends for `res.send("ok")`.
            (html, "ok", false),
            (html, "", false),
            (Some("application/json"), "{}", false),
            (None, "äöü", false),
        ] {
            assert_eq!(is_page(kind, body), page, "{body}");
        }
    }

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
            (Seen { clerk_middleware: true, ..seen(404) }, "Clerk's middleware", "public route"),
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
