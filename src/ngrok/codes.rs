//! What ngrok's error codes mean and what to do about them (ngrok docs, errors/err_ngrok_N).

use std::borrow::Cow;

use crate::delivery::{Answer, header};

/// On the page that agents 2.x show in place of an app that they cannot reach; it names no code (seen on 2.3.41).
const UNREACHED: &str = "Failed to complete tunnel connection";

/// An error code in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// Reads well after "ngrok refused: ".
    pub meaning: Cow<'static, str>,
    /// What to type or do.
    pub fix: Cow<'static, str>,
}

/// Codes that mean the same, their meaning, the fix.
type Row = (&'static [u32], &'static str, &'static str);

/// Who may use ngrok: the token, the account, the agent's version.
const ACCESS: &[Row] = &[
    (
        &[4018, 6022],
        "it has no authtoken",
        "copy it from https://dashboard.ngrok.com/get-started/your-authtoken, then `ngrok config add-authtoken TOKEN`",
    ),
    (
        &[105],
        "the authtoken is malformed",
        "it may be cut, quoted or an API key: copy it again from \
         https://dashboard.ngrok.com/get-started/your-authtoken, then `ngrok config add-authtoken TOKEN`",
    ),
    (
        &[106],
        "the authtoken is of the old kind that it no longer takes",
        "copy a new one from https://dashboard.ngrok.com/get-started/your-authtoken, then \
         `ngrok config add-authtoken TOKEN`",
    ),
    (
        &[107, 300],
        "the authtoken was reset, revoked, or its owner left the team",
        "copy the present one from https://dashboard.ngrok.com/get-started/your-authtoken, then \
         `ngrok config add-authtoken TOKEN`",
    ),
    (
        &[102],
        "the account is suspended over a payment",
        "settle it at https://dashboard.ngrok.com/billing, or use another account's authtoken",
    ),
    (&[103, 3208], "the account is suspended", "write to support@ngrok.com, or use another account's authtoken"),
    (
        &[123],
        "the account's email address is not verified",
        "open the link in ngrok's mail, or have it sent again at https://dashboard.ngrok.com/user/settings",
    ),
    (
        &[115, 116],
        "the account does not let an agent start from this address",
        "use another network, or change the IP restrictions at https://dashboard.ngrok.com/ip-restrictions",
    ),
    (
        &[308, 316],
        "the authtoken's access rules forbid this address",
        "run it without `--domain`, or change the rules at https://dashboard.ngrok.com/authtokens",
    ),
    (
        &[119, 120, 121],
        "this agent is too old",
        "run `ngrok update`; if a package manager installed it, update it there, for example `brew upgrade ngrok`",
    ),
    (
        &[122],
        "the account may not use a connect address of its own",
        "remove `connect_url` (or `server_addr`) from the ngrok config; `ngrok config check` prints where it is",
    ),
    (
        &[8014, 9040],
        "its policy blocks this agent or this address",
        "use another network; if it stays, write to support@ngrok.com",
    ),
];

/// Which public URL may be used.
const ADDRESS: &[Row] = &[
    (
        &[313, 314],
        "a name of one's own needs a paid plan",
        "run it without `--domain`; the account's dev domain is used then",
    ),
    (
        &[319, 15002],
        "the domain is not reserved",
        "reserve it at https://dashboard.ngrok.com/domains, or run it without `--domain`",
    ),
    (
        &[320],
        "the domain belongs to another account",
        "use that account's authtoken (`NGROK_AUTHTOKEN`), or run it without `--domain`",
    ),
    (
        &[15013],
        "this dev domain does not exist",
        "see the account's own at https://dashboard.ngrok.com/domains, or run it without `--domain`",
    ),
    (
        &[334, 6025],
        "another agent already serves this URL",
        "stop the other agent (https://dashboard.ngrok.com/agents) and run it again; a URL is free again some seconds \
         after its agent stopped",
    ),
    (
        &[6030],
        "several agents serve this URL and not all of them pool it",
        "stop the other agents (https://dashboard.ngrok.com/agents) and run it again",
    ),
    (&[9034], "the domain is malformed", "give the bare name, for example `--domain quiet-owl.ngrok-free.dev`"),
    (&[9035], "the domain's port cannot be used", "leave the port out of `--domain`"),
    (&[9036], "the domain's scheme cannot be used", "leave the scheme out of `--domain`, or use `https://`"),
    (&[9037], "the domain has a part that cannot be used", "leave path, query and fragment out of `--domain`"),
    (&[9038], "the domain ends with a slash", "leave the slash out of `--domain`"),
    (&[8013], "TCP addresses need a payment card on file", "use an HTTP upstream, for example `clerkhook tunnel 3000`"),
];

/// How much may be used.
const QUOTA: &[Row] = &[
    (
        &[108, 348],
        "the account has its full number of agents online",
        "stop another agent (https://dashboard.ngrok.com/agents); one that runs on this machine is used when it \
         serves the same app",
    ),
    (
        &[324, 350],
        "the agent has its full number of endpoints",
        "stop one of them, or remove it from the ngrok config; `ngrok config check` prints where that is",
    ),
    (&[349, 351], "endpoints were started too often", "wait a minute and run it again"),
    (
        &[702, 703, 714, 717, 734],
        "too many connections or requests came within a minute",
        "wait a minute; the limit is per minute",
    ),
    (
        &[725],
        "the account's bandwidth of this month is used up",
        "wait for the next month, or upgrade at https://dashboard.ngrok.com/billing",
    ),
    (
        &[726, 728],
        "the account's connections of this month are used up",
        "wait for the next month, or upgrade at https://dashboard.ngrok.com/billing",
    ),
    (
        &[727],
        "the account's requests of this month are used up",
        "wait for the next month, or upgrade at https://dashboard.ngrok.com/billing",
    ),
    (
        &[732, 733, 735, 736, 737, 738, 739, 740],
        "the account's traffic policy use of this month is used up",
        "have clerkhook verify instead of the edge: `clerkhook secure --local`",
    ),
];

/// What the edge says of a traffic policy.
const POLICY: &[Row] = &[
    (
        &[6032, 7031, 9016],
        "the account may not have the edge verify webhooks",
        "have clerkhook verify instead: `clerkhook secure --local`",
    ),
    (
        &[2200, 2201, 2202, 2203, 2204, 2205, 2206, 7027, 7030],
        "the edge does not take the traffic policy",
        "have clerkhook verify instead: `clerkhook secure --local`",
    ),
];

/// What stands in the way of a request.
const TRAFFIC: &[Row] = &[
    (
        &[3004],
        "the app did not answer with HTTP",
        "if it serves TLS, name it so: `clerkhook up https://localhost:3000`",
    ),
    (
        &[3200],
        "nobody serves this URL",
        "start the tunnel (`clerkhook tunnel 3000`) and register its URL (`clerkhook register`)",
    ),
    (
        &[3204],
        "the webhook's signature is not valid at the edge",
        "the edge's policy holds another signing secret: put the endpoint's present one there and start the tunnel again",
    ),
    (&[3209, 3210], "the edge lost its agent", "run the command again, so that the agent starts anew"),
    (
        &[6024],
        "its warning page for browsers stands in between",
        "send the header `ngrok-skip-browser-warning: 1`; webhooks never see the page",
    ),
    (
        &[8000, 8001, 8002, 8003, 8007, 8008, 8009, 8011],
        "the agent cannot connect to ngrok",
        "run `ngrok diagnose`; a firewall, DNS or a program that intercepts TLS may stand in between",
    ),
    (
        &[8005, 8006],
        "the agent cannot get through the proxy",
        "`unset http_proxy https_proxy`, and remove `proxy_url` from the ngrok config",
    ),
    (
        &[9009],
        "the agent's proxy needs a paid plan",
        "`unset http_proxy https_proxy`, and remove `proxy_url` from the ngrok config",
    ),
    (
        &[8012],
        "the agent got no connection to the app",
        "start the app and check its port; if it listens on one of `127.0.0.1` and `::1` only, name that one: \
         `clerkhook up http://127.0.0.1:3000`",
    ),
];

const ALL: [&[Row]; 5] = [ACCESS, ADDRESS, QUOTA, POLICY, TRAFFIC];

/// The meaning of `ERR_NGROK_<number>`.
pub fn explain(number: u32) -> Meaning {
    let row = ALL.into_iter().flatten().find(|(numbers, ..)| numbers.contains(&number));
    match row {
        Some((_, meaning, fix)) => Meaning { meaning: Cow::Borrowed(meaning), fix: Cow::Borrowed(fix) },
        None => Meaning {
            meaning: Cow::Borrowed("it gives a code that clerkhook does not know"),
            fix: Cow::Owned(format!("read https://ngrok.com/docs/errors/err_ngrok_{number}")),
        },
    }
}

/// The number of `ERR_NGROK_…` when the agent answered in the app's place.
pub fn of_answer(answer: &Answer) -> Option<u32> {
    let text = String::from_utf8_lossy(&answer.body);
    let code = header(&answer.headers, "ngrok-error-code").and_then(find).or_else(|| find(&text));
    code.or_else(|| (answer.status == 502 && text.contains(UNREACHED)).then_some(8012))
}

/// The first `ERR_NGROK_<number>` in a text.
pub fn find(text: &str) -> Option<u32> {
    text.split("ERR_NGROK_").skip(1).find_map(|after| {
        let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        after[..end].parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn rows() -> impl Iterator<Item = &'static Row> {
        ALL.into_iter().flatten()
    }

    #[test]
    fn an_answer_of_the_agents_own_has_a_code() {
        let code = |status: u16, header: &str, body: &str| {
            let headers = vec![("Ngrok-Error-Code".to_owned(), header.to_owned())];
            of_answer(&Answer { status, headers, body: body.into(), truncated: false })
        };
        assert_eq!(code(502, "ERR_NGROK_3004", ""), Some(3004));
        assert_eq!(code(502, "", "no app\r\n\r\nERR_NGROK_8012"), Some(8012));
        assert_eq!(code(502, "", "<h2>Failed to complete tunnel connection</h2>"), Some(8012));
        assert_eq!(
            (code(500, "", "<h2>Failed to complete tunnel connection</h2>"), code(502, "", "mine")),
            (None, None)
        );
    }

    #[test]
    fn the_codes_that_developers_meet_are_known() {
        let known: BTreeSet<u32> = rows().flat_map(|(numbers, ..)| *numbers).copied().collect();
        let met = [
            102, 103, 105, 106, 107, 108, 115, 116, 119, 120, 121, 122, 123, 300, 308, 313, 314, 316, 319, 320, 324,
            334, 348, 349, 350, 351, 702, 703, 714, 717, 725, 726, 727, 728, 732, 733, 734, 735, 736, 737, 738, 739,
            740, 2200, 2201, 2202, 2203, 2204, 2205, 2206, 3004, 3200, 3204, 3208, 3209, 3210, 4018, 6022, 6024, 6025,
            6030, 6032, 7027, 7030, 7031, 8000, 8001, 8002, 8003, 8005, 8006, 8007, 8008, 8009, 8011, 8012, 8013, 8014,
            9009, 9016, 9034, 9035, 9036, 9037, 9038, 9040, 15002, 15013,
        ];
        assert_eq!(known, BTreeSet::from(met));
    }

    #[test]
    fn no_code_has_two_meanings() {
        let count = rows().map(|(numbers, ..)| numbers.len()).sum::<usize>();
        let distinct: BTreeSet<u32> = rows().flat_map(|(numbers, ..)| *numbers).copied().collect();
        assert_eq!(count, distinct.len());
    }

    #[test]
    fn meanings_and_fixes_fit_into_a_sentence() {
        for (numbers, meaning, fix) in rows() {
            for text in [meaning, fix] {
                assert!(!text.is_empty() && !text.ends_with('.') && !text.contains("  "), "{numbers:?}: {text}");
                assert!(text.matches('`').count().is_multiple_of(2), "{numbers:?}: {text}");
            }
            let first = meaning.chars().next().expect("not empty");
            assert!(first.is_lowercase() || meaning.starts_with("TCP"), "{numbers:?}: {meaning}");
        }
    }

    #[test]
    fn an_unknown_code_points_at_its_page() {
        let unknown = explain(99_999);
        assert_eq!(unknown.fix, "read https://ngrok.com/docs/errors/err_ngrok_99999");
        assert_eq!(explain(4018).meaning, "it has no authtoken");
    }

    #[test]
    fn the_first_code_of_a_text_is_found() {
        for (text, number) in [
            ("ERROR:  authentication failed\r\n\r\nERR_NGROK_4018\r\n", Some(4018)),
            ("https://ngrok.com/docs/errors/err_ngrok_4018", None),
            ("ERR_NGROK_ then ERR_NGROK_108, ERR_NGROK_105", Some(108)),
            ("ERR_NGROK_99999999999 is no number, ERR_NGROK_3200 is", Some(3200)),
            ("ümläute before ERR_NGROK_8012é", Some(8012)),
            ("4018 is no code without its prefix", None),
            ("nothing", None),
        ] {
            assert_eq!(find(text), number, "{text:?}");
        }
    }
}
