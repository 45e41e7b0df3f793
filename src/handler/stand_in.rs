//! What answers 2xx in a handler's place: a page for people, or what the app answers at a path that cannot exist.

use std::time::Duration;

use svix_ksuid::{Ksuid, KsuidLike as _};
use url::Url;

use super::words::quoted;
use super::{Answer, Diagnosis, deliver, filled};
use crate::http::{Certificates, Delivered, Http, PROBE, is_loopback};

/// How long the answer at the other path is waited for.
const WITHIN: Duration = Duration::from_secs(3);

/// Names what stands in the handler's place. An app on this machine is asked once, unsigned and marked as clerkhook's own,
/// at a path beside the route that nothing can be made for. Beside `/` there is none: who names it means the whole app.
pub async fn stand_in(http: &Http, route: &Url, certificates: Certificates, answer: &Answer) -> Option<Diagnosis> {
    if !answer.is_success() {
        return None;
    }
    if let Some(page) = page(route.path(), answer) {
        return Some(page);
    }
    if route.path() == "/" || !is_loopback(route) {
        return None;
    }
    let headers = [("content-type", "application/json"), ("accept", "*/*"), (PROBE, "1")];
    let delivered = Delivered {
        method: "POST",
        url: &beside(route),
        headers: &headers.map(|(name, value)| (name.to_owned(), value.to_owned())),
        body: b"{}".to_vec(),
        within: Some(WITHIN),
        certificates,
    };
    let elsewhere = deliver(http, delivered).await.ok()?;
    is_same(answer, &elsewhere).then(|| Diagnosis {
        found: format!(
            "no route at `{}`: the app answers {} alike at a path that cannot exist{}",
            route.path(),
            answer.status,
            quoted(&answer.body)
        ),
        fix: "give the path of the app's handler with `--path PATH`; if the app takes events at every path, `--path /`"
            .to_owned(),
    })
}

/// What a page in the handler's place means.
pub fn page(path: &str, answer: &Answer) -> Option<Diagnosis> {
    if !answer.is_success() || !is_page(answer.content_type.as_deref(), &answer.body) {
        return None;
    }
    Some(Diagnosis {
        found: format!(
            "no route at `{path}`; your catch-all page answered {} (HTML){}",
            answer.status,
            quoted(&answer.body)
        ),
        fix: filled(
            "give the path of the app's handler with `--path PATH`. If this is it, {route}, and {post}; if the page asks \
             to sign in, {public}",
            &answer.seen(path, ""),
        ),
    })
}

/// Whether an answer is a page for people: what takes webhooks answers with JSON, a word or nothing.
pub fn is_page(content_type: Option<&str>, body: &str) -> bool {
    let begin = body.trim_start().get(..200.min(body.trim_start().len())).unwrap_or(body).to_ascii_lowercase();
    let document = begin.starts_with("<!doctype html") || begin.starts_with("<html");
    // The second is how gzip begins.
    let markup = begin.starts_with('<') || begin.starts_with('\u{1f}');
    document || content_type.is_some_and(|kind| kind.starts_with("text/html")) && markup
}

fn is_same(answer: &Answer, elsewhere: &Answer) -> bool {
    answer.status == elsewhere.status && answer.content_type == elsewhere.content_type && answer.body == elsewhere.body
}

/// A path with the same parent, which no app has.
fn beside(route: &Url) -> Url {
    let mut url = route.clone();
    let slash = if route.path().ends_with('/') { "/" } else { "" };
    let parent = route.path().trim_end_matches('/').rsplit_once('/').map_or("", |(parent, _)| parent);
    let name = Ksuid::new(None::<std::time::SystemTime>, None).to_string().to_ascii_lowercase();
    url.set_path(&format!("{parent}/clerkhook-no-such-route-{name}{slash}"));
    url.set_query(None);
    url
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
            (html, "\u{1f}\u{fffd}\u{8}", true),
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
    fn the_other_path_has_the_same_parent() {
        for (route, begin, end) in [
            ("http://localhost:1/api/webhooks?a=1", "/api/clerkhook-no-such-route-", ""),
            ("http://localhost:1/hook", "/clerkhook-no-such-route-", ""),
            ("http://localhost:1/api/webhooks/", "/api/clerkhook-no-such-route-", "/"),
        ] {
            let other = beside(&route.parse().expect("a URL"));
            assert!(
                other.path().starts_with(begin) && other.path().ends_with(end) && other.query().is_none(),
                "{other}"
            );
        }
    }
}
