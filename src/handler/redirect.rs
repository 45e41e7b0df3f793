//! Where a redirect leads, seen from the route.

use super::Seen;

/// Its path; all of it where it has no host.
pub fn path<'a>(seen: &Seen<'a>) -> &'a str {
    let to = seen.location.unwrap_or_default();
    let path = to.split_once("://").map_or(to, |(_, rest)| rest.find('/').map_or("/", |slash| &rest[slash..]));
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Whether it leads to a page to sign in at: a word of its path, or Clerk's own host.
pub fn is_sign_in(seen: &Seen<'_>) -> bool {
    const WORDS: [&str; 6] = ["sign-in", "signin", "sign_in", "login", "log-in", "sign-up"];
    let to = seen.location.unwrap_or_default().to_ascii_lowercase();
    let place = to.split(['?', '#']).next().unwrap_or_default();
    let named = place.split('/').any(|part| WORDS.contains(&part));
    seen.protected || named || place.contains("accounts.dev")
}

/// Whether it leads to where it came from.
pub fn is_same(seen: &Seen<'_>) -> bool {
    seen.location == Some(seen.path)
}

/// Whether a language was put before the path: `/en`, `/pt-BR`.
pub fn is_language(seen: &Seen<'_>) -> bool {
    path(seen).strip_suffix(seen.path).is_some_and(|begin| {
        let Some(name) = begin.strip_prefix('/') else { return false };
        let (language, region) = name.split_once(['-', '_']).unwrap_or((name, "xx"));
        let letters = |part: &str, most: usize| {
            (2..=most).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
        };
        letters(language, 3) && letters(region, 4)
    })
}

/// Whether only scheme or host differ: `https`, or `www` before the name.
pub fn is_other_host(seen: &Seen<'_>) -> bool {
    path(seen) == seen.path
}

/// Whether the same route has another spelling or place: a slash, or a path that ends as this one does.
pub fn is_moved(seen: &Seen<'_>) -> bool {
    let plain = |path: &str| path.trim_matches('/').to_ascii_lowercase();
    let (to, from) = (plain(path(seen)), plain(seen.path));
    !to.is_empty() && (to.ends_with(&from) || from.ends_with(&to) || to.contains("webhook") || to.contains("hook"))
}
