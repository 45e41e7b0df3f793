//! What an answer can show, a row each: how it is recognised, what is said of it, what mends it.

use std::ops::RangeInclusive;

use super::Seen;
use super::redirect::{is_language, is_moved, is_other_host, is_same, is_sign_in};

/// What an answer shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the table says each in words")]
pub enum Finding {
    AppDown,
    NoHttp,
    ForeignHost,
    NoSecret,
    NoKey,
    Parsed,
    ReadBefore,
    Model,
    Slash,
    Csrf,
    Time,
    Backend,
    Signature,
    Hidden,
    Guarded,
    Unauthorized,
    SignIn,
    SamePath,
    Language,
    OtherHost,
    Moved,
    SentAway,
    Refused,
    NoRoute,
    NoPost,
    Unverified,
    TooLarge,
    Limited,
    Crashed,
    Other,
}

/// A row: `{…}` in the texts is filled in.
#[derive(Clone, Debug)]
pub struct Row {
    /// What it is.
    pub finding: Finding,
    statuses: RangeInclusive<u16>,
    sign: Sign,
    /// A clause that follows "was not delivered:".
    pub found: &'static str,
    /// Something to type or change.
    pub fix: &'static str,
}

/// What else than the status must hold.
#[derive(Clone, Copy, Debug)]
enum Sign {
    /// Nothing.
    Any,
    /// The agent or the edge answered in the app's place, with this code.
    Code(u32),
    /// One of these is among the app's words, in small letters.
    Says(&'static [&'static str]),
    /// Something about where it came from or leads to.
    Shows(fn(&Seen<'_>) -> bool),
}

const RELOAD: &str = "restart the app so that it loads the signing secret, and {raw}";

const fn row(
    finding: Finding,
    statuses: RangeInclusive<u16>,
    sign: Sign,
    found: &'static str,
    fix: &'static str,
) -> Row {
    Row { finding, statuses, sign, found, fix }
}

/// The first that holds is told (what the frameworks say: `tests/frameworks`).
pub static ROWS: [Row; 30] = [
    row(
        Finding::AppDown,
        0..=999,
        Sign::Code(8012),
        "the agent reached no app at `{upstream}` (ERR_NGROK_8012)",
        "start the app; if it listens on another port, name it: `clerkhook up PORT`",
    ),
    row(
        Finding::NoHttp,
        0..=999,
        Sign::Code(3004),
        "the app gave no HTTP answer: it closed the connection, or serves TLS (ERR_NGROK_3004)",
        "look at the app's log; if it serves TLS, name it so: `clerkhook up https://localhost:PORT`",
    ),
    row(
        Finding::ForeignHost,
        400..=599,
        Sign::Says(&[
            "blocked request. this host",
            "allowedhosts",
            "invalid host header",
            "blocked hosts",
            "invalid http_host",
            "invalid host",
        ]),
        "the app answered {status}: its dev server does not accept this host name",
        "{hosts}",
    ),
    row(
        Finding::NoSecret,
        0..=999,
        Sign::Says(&["missing webhook signing secret", "webhook_signing_secret", "secret can't be empty"]),
        "the app answered {status}: the app has no signing secret{said}",
        "it reads `{variable}`: write it with `clerkhook secret write`, then start the app again so that it loads it",
    ),
    row(
        Finding::NoKey,
        0..=999,
        Sign::Says(&[
            "missing publishablekey",
            "missing secretkey",
            "publishable key",
            "secret key is missing",
            "missing clerk secret key",
            "clerk_secret_key",
        ]),
        "the app answered {status}: the app lacks a Clerk key{said}",
        "set the key that it names in the app's env file (Clerk dashboard, API keys), then start it again",
    ),
    row(
        Finding::Parsed,
        0..=999,
        Sign::Says(&["payload to be of type string", "string or buffer", "[object object]"]),
        "the app answered {status}: its verifier was given a parsed body, not the bytes that were signed{said}",
        "{raw}",
    ),
    row(
        Finding::ReadBefore,
        400..=599,
        Sign::Says(&["body has already been read", "body is unusable", "body already read", "body used already"]),
        "the app answered {status}: something reads the body before the verifier can{said}",
        "{raw}",
    ),
    row(
        Finding::Model,
        422..=422,
        Sign::Says(&["\"loc\":[\"body\"", "field required"]),
        "the app answered 422: a model takes the body, and the event has another shape",
        "{raw}",
    ),
    row(
        Finding::Slash,
        0..=999,
        Sign::Says(&["append_slash"]),
        "the app answered {status}: it wants a slash at the end",
        "register the final path: `--path {path}/`; or take the slash out of the route",
    ),
    row(
        Finding::Csrf,
        0..=999,
        Sign::Says(&["csrf"]),
        "the app answered {status}: its protection against forged forms refuses{said}",
        "take this route out of it (in Django `@csrf_exempt` on the view)",
    ),
    row(
        Finding::Time,
        400..=999,
        Sign::Says(&["timestamp too old", "timestamp too new", "timestamp is"]),
        "the app answered {status}: the signature's time is too far from the app's{said}",
        "sign it afresh (`clerkhook replay` with `--fresh`); else set the clock of the app's machine",
    ),
    row(
        Finding::Backend,
        502..=504,
        Sign::Says(&["econnrefused", "proxy", "bad gateway", "upstream", "connect"]),
        "the app answered {status}: a proxy stands at this address, and nothing behind it answers{said}",
        "start what the proxy leads to, or name that address in its place: `clerkhook up PORT`",
    ),
    row(
        Finding::Signature,
        400..=999,
        Sign::Says(&["no matching signature", "verify incoming webhook", "webhookverificationerror"]),
        "the app answered {status}: it could not verify the signature{said}",
        RELOAD,
    ),
    row(
        Finding::Guarded,
        401..=403,
        Sign::Says(&["not authenticated", "authentication credentials", "authentication required"]),
        "the app answered {status}: its auth middleware protects the route{said}",
        "{public}",
    ),
    // A crash that only has the word in its answer may be about anything.
    row(
        Finding::Signature,
        400..=499,
        Sign::Says(&["signature", "svix", "verif"]),
        "the app answered {status}: it could not verify the signature{said}",
        RELOAD,
    ),
    row(
        Finding::Unauthorized,
        401..=401,
        Sign::Any,
        "the app answered 401: its auth middleware protects the route",
        "{public}",
    ),
    row(
        Finding::SignIn,
        300..=399,
        Sign::Shows(is_sign_in),
        "the app answered {status}, a redirect to its sign-in page: auth middleware protects the route",
        "{public}",
    ),
    row(
        Finding::SamePath,
        300..=399,
        Sign::Shows(is_same),
        "the app answered {status}, a redirect to the same path, and Svix follows none",
        "leave this route out of the middleware that redirects, for example one for sessions or languages",
    ),
    row(
        Finding::Language,
        300..=399,
        Sign::Shows(is_language),
        "the app answered {status}, a redirect to `{to}`, and Svix follows none: a language was put before the path",
        "leave this route out of the middleware that puts the language before every path",
    ),
    row(
        Finding::OtherHost,
        300..=399,
        Sign::Shows(is_other_host),
        "the app answered {status}, a redirect to `{to}`, and Svix follows none",
        "give the final address: `{to}`",
    ),
    row(
        Finding::Moved,
        300..=399,
        Sign::Shows(is_moved),
        "the app answered {status}, a redirect to `{to}`, and Svix follows none",
        "register the final path: `--path {to_path}`",
    ),
    row(
        Finding::SentAway,
        300..=399,
        Sign::Any,
        "the app answered {status}, a redirect to `{to}`: something in front of the handler sends visitors away",
        "{public}",
    ),
    row(
        Finding::Refused,
        403..=403,
        Sign::Any,
        "the app answered 403: something in front of the handler refuses{said}",
        "{public}",
    ),
    row(
        Finding::Hidden,
        404..=404,
        Sign::Shows(|seen| seen.protected),
        "the app answered 404 from Clerk's middleware: the route is protected",
        "{public}",
    ),
    row(
        Finding::NoRoute,
        404..=404,
        Sign::Any,
        "the app answered 404: no handler at `{path}`",
        "give the path of the app's handler with `--path PATH`. If this is it, {route}, and {post}",
    ),
    row(Finding::NoPost, 405..=405, Sign::Any, "the app answered 405: the route takes no POST{allow}", "{post}"),
    row(
        Finding::Unverified,
        400..=400,
        Sign::Any,
        "the app answered 400: most often it could not verify the signature{said}",
        RELOAD,
    ),
    row(Finding::TooLarge, 413..=413, Sign::Any, "the app answered 413: its body limit is too small", "{limit}"),
    row(
        Finding::Limited,
        429..=429,
        Sign::Any,
        "the app answered 429: a rate limiter stands in front of the handler",
        "take this route out of the rate limit; Clerk sends many events at once",
    ),
    row(
        Finding::Crashed,
        500..=599,
        Sign::Any,
        "the app answered {status}{said}",
        "look into the app's log for what failed there",
    ),
];

/// What is said where no row holds.
pub static OTHER: Row =
    row(Finding::Other, 0..=999, Sign::Any, "the app answered {status}{said}", "answer 2xx once the event is taken");

impl Row {
    /// Whether it is what an answer with these words shows.
    pub fn holds(&self, seen: &Seen<'_>, said: &str) -> bool {
        let status = seen.status.unwrap_or_default();
        self.statuses.contains(&status)
            && match self.sign {
                Sign::Any => true,
                Sign::Code(code) => seen.ngrok_code == Some(code),
                Sign::Says(words) => words.iter().any(|word| said.contains(word)),
                Sign::Shows(is) => is(seen),
            }
    }
}
