//! How routers find a route, as far as it decides who takes the webhook path: Express, Next, Django, and a server that
//! reads `req.url` with the URL parser of browsers.

use url::Url;

use crate::stand::PATH;

/// Whether a router takes a target for the webhook path.
type Takes = fn(&str) -> bool;

/// The routers that take a target for the webhook path, by name.
pub fn takers(target: &str) -> Vec<&'static str> {
    let routers: [(&str, Takes); 7] = [
        ("express", express),
        ("express mounted", express_mounted),
        ("next", next),
        ("django", django),
        ("URL", whatwg),
        ("URL, then decoded", whatwg_decoded),
        ("URL, then express", whatwg_express),
    ];
    routers.into_iter().filter(|(_, takes)| takes(target)).map(|(name, _)| name).collect()
}

fn path(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

/// Without percent signs; none where one stands for nothing.
pub fn decoded(text: &str) -> Option<String> {
    let (mut out, bytes, mut at) = (Vec::new(), text.as_bytes(), 0);
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match escape.map(|digits| u8::from_str_radix(digits, 16)) {
            Some(Ok(byte)) => {
                out.push(byte);
                at += 3;
            }
            Some(Err(_)) => return None,
            None if bytes[at] == b'%' => return None,
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// `parseurl` and `path-to-regexp`: the case does not count, nor one slash at the end. Express decodes parameters alone;
/// apps that decode first are taken in.
fn express(target: &str) -> bool {
    // An absolute target is parsed as a URL.
    let path = path(target).to_owned();
    let path =
        if path.starts_with('/') { path } else { Url::parse(&path).map(|url| url.path().to_owned()).unwrap_or(path) };
    let is = |path: &str| path.strip_suffix('/').unwrap_or(path).eq_ignore_ascii_case(PATH);
    is(&path) || decoded(&path).is_some_and(|path| is(&path))
}

/// `app.use(path, …)`: everything below it as well.
fn express_mounted(target: &str) -> bool {
    let path = path(target).to_ascii_lowercase();
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || rest.starts_with('.'))
}

/// Doubled slashes and backslashes are redirected to one slash, a slash at the end to none; the path is decoded.
fn next(target: &str) -> bool {
    let mut path = path(target).replace('\\', "/");
    while path.contains("//") {
        path = path.replace("//", "/");
    }
    let ends = |path: &str| path.strip_suffix('/').unwrap_or(path) == PATH;
    ends(&path) || decoded(&path).is_some_and(|path| ends(&path))
}

/// WSGI hands the decoded path over; `APPEND_SLASH` redirects to one more.
fn django(target: &str) -> bool {
    let Some(decoded) = decoded(path(target)) else { return false };
    let decoded = format!("/{}", decoded.trim_start_matches('/'));
    decoded == PATH || decoded == format!("{PATH}/")
}

fn parsed(target: &str) -> Option<Url> {
    Url::parse("http://localhost:3000").ok()?.join(target).ok()
}

/// `new URL(req.url, base).pathname`: dots and backslashes are resolved, `%2e` too, and `//x` is a host.
fn whatwg(target: &str) -> bool {
    parsed(target).is_some_and(|url| url.path() == PATH || url.path() == format!("{PATH}/"))
}

fn whatwg_decoded(target: &str) -> bool {
    parsed(target).and_then(|url| decoded(url.path())).is_some_and(|path| path.trim_end_matches('/') == PATH)
}

fn whatwg_express(target: &str) -> bool {
    parsed(target).is_some_and(|url| express(url.path()) || next(url.path()) || express_mounted(url.path()))
}

#[test]
fn each_takes_what_it_is_known_to_take() {
    for (target, router) in [
        ("/API/webhooks/", "express"),
        ("/api/webhooks/clerk", "express mounted"),
        ("/api//webhooks", "next"),
        ("/api/%77ebhooks", "django"),
        ("/x/%2e%2e/api\\webhooks", "URL"),
        ("//evil.example/api/webhooks", "URL"),
        ("/api/x%2fy/../%77ebhooks", "URL, then decoded"),
        ("/x/../API/webhooks", "URL, then express"),
    ] {
        assert!(takers(target).contains(&router), "{target}: {:?}", takers(target));
    }
    assert!(takers("/about?x=/api/webhooks").is_empty());
}
