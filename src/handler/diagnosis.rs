//! What an app's answer to a delivery means, and what to change (Clerk docs, webhooks/debugging; Svix docs, receiving).

use super::Framework;
use super::finding::{Finding, OTHER, ROWS, Row};
use super::redirect;
use super::vocabulary::vocabulary;
use super::words::{quoted, said};

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
    /// What the app is made with, in whose words the fix is said.
    pub framework: Option<Framework>,
}

impl Seen<'_> {
    /// The same, of an app that is made with this.
    pub fn of(self, framework: Option<Framework>) -> Self {
        Self { framework: framework.or(self.framework), ..self }
    }
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
    if seen.status.is_none() {
        return Diagnosis {
            found: "the app gave no answer in time".to_owned(),
            fix: "answer first, and do the work afterwards; Svix gives up after 15 s".to_owned(),
        };
    }
    let row = find(seen);
    Diagnosis { found: filled(row.found, seen), fix: filled(row.fix, seen) }
}

/// What an answer shows.
pub fn shown(seen: &Seen<'_>) -> Finding {
    find(seen).finding
}

fn find(seen: &Seen<'_>) -> &'static Row {
    let said = said(seen.body).unwrap_or_default().to_ascii_lowercase();
    ROWS.iter().find(|row| row.holds(seen, &said)).unwrap_or(&OTHER)
}

/// A text with what is known of this answer and this app in its places.
pub fn filled(text: &str, seen: &Seen<'_>) -> String {
    let words = vocabulary(seen.framework);
    let variable = seen.framework.map_or("CLERK_WEBHOOK_SIGNING_SECRET", |framework| framework.profile().variable);
    let allow = seen.allow.filter(|allow| !allow.is_empty());
    let values: [(&str, &str); 14] = [
        // Their own places come after them.
        ("{raw}", words.raw),
        ("{public}", words.public),
        ("{post}", words.post),
        ("{route}", words.route),
        ("{limit}", words.limit),
        ("{hosts}", words.hosts),
        ("{variable}", variable),
        ("{status}", &seen.status.unwrap_or_default().to_string()),
        ("{upstream}", seen.upstream),
        ("{path}/", &format!("{}/", seen.path.trim_end_matches('/'))),
        ("{path}", seen.path),
        ("{to_path}", redirect::path(seen)),
        ("{to}", seen.location.unwrap_or("an unnamed place")),
        ("{allow}", &allow.map(|allow| format!(" (it takes {allow})")).unwrap_or_default()),
    ];
    let text = values.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
    // The last, as it may hold anything.
    text.replace("{said}", &quoted(seen.body))
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
            (seen(401), "auth middleware", "`/api/webhooks` a public route"),
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
            (Seen { allow: Some("GET, HEAD"), ..seen(405) }, "it takes GET, HEAD", "take POST"),
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
            (Seen { location: Some("/home?next=/sign-in"), ..seen(307) }, "sends visitors away", "public route"),
            (Seen { body: "Error: Missing webhook signing secret", ..seen(500) }, "no signing secret", "secret write"),
            (Seen { body: "Missing publishableKey", ..seen(500) }, "said `Missing publishableKey`", "API keys"),
            (Seen { body: "No matching signature found", ..seen(401) }, "could not verify", "raw body"),
            (Seen { body: "CSRF verification failed", ..seen(403) }, "forged forms", "csrf_exempt"),
            (Seen { body: "database is locked", ..seen(500) }, "said `database is locked`", "log"),
            (seen(404), "no handler at `/api/webhooks`", "--path"),
            (seen(405), "no POST", "take POST"),
            (seen(400), "verify the signature", "raw body"),
            (Seen { location: Some("/hooks/clerk"), ..seen(307) }, "redirect to `/hooks", "--path /hooks/clerk"),
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

    #[test]
    fn a_body_names_its_cause() {
        for (status, body, finding) in [
            (500, "Error: Missing webhook signing secret", Finding::NoSecret),
            (500, "@clerk/nextjs: Missing publishableKey. You can get your key at", Finding::NoKey),
            (400, "Expected payload to be of type string or Buffer", Finding::Parsed),
            (400, "TypeError: Body is unusable: Body has already been read", Finding::ReadBefore),
            (422, r#"{"detail":[{"type":"missing","loc":["body","email"],"msg":"Field required"}]}"#, Finding::Model),
            (500, "No matching signature found", Finding::Signature),
            (400, "Unable to verify incoming webhook", Finding::Signature),
            (403, "CSRF verification failed. Request aborted.", Finding::Csrf),
            (500, "You called this URL via POST ... APPEND_SLASH set", Finding::Slash),
            (502, "Error: connect ECONNREFUSED 127.0.0.1:8000", Finding::Backend),
            (500, "connect ECONNREFUSED 127.0.0.1:5432", Finding::Crashed),
            (500, r#"{"signature":"valid","reason":"database is locked"}"#, Finding::Crashed),
            (401, "Invalid signature", Finding::Signature),
            (401, "{\"detail\":\"Not authenticated\"}", Finding::Guarded),
            (400, "Message timestamp too old", Finding::Time),
            // Django's page of an error lists every setting; only what it says counts.
            (
                500,
                "<html><pre class=\"exception_value\">no such table</pre><td>CLERK_WEBHOOK_SIGNING_SECRET</td></html>",
                Finding::Crashed,
            ),
        ] {
            assert_eq!(shown(&Seen { status: Some(status), body, ..Seen::default() }), finding, "{body}");
        }
    }

    #[test]
    fn each_framework_is_told_in_its_own_words() {
        for profile in &crate::handler::framework::ALL {
            for status in [300, 401, 404, 405, 413, 400] {
                let seen = Seen { status: Some(status), path: "/api/webhooks", ..Seen::default() };
                let Diagnosis { found, fix } = diagnose(&seen.of(Some(profile.framework)));
                assert!(!found.contains('{') && !fix.contains("{path}") && !fix.contains("{raw}"), "{found} {fix}");
                let next = profile.name.starts_with("next");
                assert!(next || !fix.contains("proxy.ts"), "{}: {fix}", profile.name);
                assert!(profile.name == "express" || !fix.contains("express."), "{}: {fix}", profile.name);
            }
        }
    }
}
