//! What a router might read a path as, by the strictest reading: whatever could be taken for the webhook path is.

/// More layers of percent signs than this are a trick.
const LAYERS: usize = 8;

/// Whether some router could take `path` for the webhook path, for one below it or for one that ends in it.
///
/// Routers differ in what they decode, resolve, collapse and cut, and in which order. All of that only takes segments
/// out of the wholly decoded path, so one that does not hold the webhook path's segments in their order is safe with
/// each of them. A path with nothing to decode or resolve is read in one way alone, and then they must be neighbours.
pub fn could_mean(path: &str, webhook_path: &str) -> bool {
    let Some(wanted) = decoded(webhook_path).map(|path| segments(&path)) else { return true };
    let Some(whole) = decoded(path) else { return true };
    let found = segments(&whole);
    let is = |(found, wanted): (&String, &String)| {
        found.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    // Every path begins with the root.
    if wanted.is_empty() {
        return true;
    }
    if is_plain(path) {
        return found.windows(wanted.len()).any(|window| window.iter().zip(&wanted).all(is));
    }
    let mut rest = found.iter();
    wanted.iter().all(|wanted| rest.any(|found| is((found, wanted))))
}

/// The path without percent signs; none where one stands for nothing, or what is left holds control characters or is
/// no text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..LAYERS {
        let next = decoded_once(&bytes);
        if next == bytes {
            let text = String::from_utf8(bytes).ok()?;
            return (!text.contains('%') && !text.chars().any(char::is_control)).then_some(text);
        }
        bytes = next;
    }
    None
}

fn decoded_once(bytes: &[u8]) -> Vec<u8> {
    let digit =
        |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16)).and_then(|d| u8::try_from(d).ok());
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        match (byte, digit(bytes.get(at + 1)), digit(bytes.get(at + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(high * 16 + low);
                at += 3;
            }
            _ => {
                out.push(byte);
                at += 1;
            }
        }
    }
    out
}

/// The segments with their case folded and their parameters cut; dots and empty ones are left out.
fn segments(decoded: &str) -> Vec<String> {
    let folded = decoded.to_uppercase().to_lowercase();
    let cut = |segment: &str| segment.split(';').next().unwrap_or_default().trim().to_owned();
    let segments = folded.split(['/', '\\', '?', '#']).map(cut);
    segments.filter(|segment| !["", ".", ".."].contains(&segment.as_str())).collect()
}

/// Paths that every router reads as they are written, for [RE2](https://github.com/google/re2/wiki/Syntax). `[` and `]`
/// are what browsers write as `%5B` and `%5D`, and which stand for nothing else.
pub const PLAIN: &str = r"^(/[.]?([A-Za-z0-9_~@!$&()*+,=:-]|%5[BbDd])([A-Za-z0-9_.~@!$&()*+,=:-]|%5[BbDd])*)*/?$";

/// Whether there is nothing to decode, resolve, collapse or cut in a path.
pub fn is_plain(path: &str) -> bool {
    let inner = path.strip_prefix('/').unwrap_or(path);
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let plain = |segment: &str| {
        let name = segment.strip_prefix('.').unwrap_or(segment);
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"_.~@!$&()*+,=:-".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(known)
    };
    inner.is_empty() || inner.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/api/webhooks";

    #[test]
    fn every_spelling_is_taken_for_it() {
        for path in [
            "/api/webhooks",
            "/api/webhooks/",
            "/API/WebHooks",
            "/api//webhooks",
            "//api/webhooks",
            "/./api/webhooks",
            "/x/../api/webhooks",
            "/x/%2e%2E/api/webhooks",
            "/api/%77ebhooks",
            "/api/%25%37%37ebhooks",
            "/api%2fwebhooks",
            "/api\\webhooks",
            "/api%5cwebhooks",
            "/api/webhooks;v=1",
            "/api;v=1/webhooks",
            "/api/..;/api/webhooks",
            "/api//../webhooks",
            "/api/x%2fy/../webhooks",
            "/api/webhooks.json",
            "/api/webhooks/clerk",
            "/en/api/webhooks",
            "//x.example/api/webhooks",
            "/api/webhooks%3fx",
            "/api/webhooks%23",
            "/api/web%09hooks",
            "/api/webhoo\u{212a}s",
            "/api/webhook\u{17f}",
            "/api/webhooks%20",
            "/%ff",
            "/100%25",
            "/%252525252525252525252561",
            "/api/webhooks./",
        ] {
            assert!(could_mean(path, PATH), "{path}");
        }
    }

    #[test]
    fn what_is_plainly_something_else_is_not() {
        for path in [
            "/",
            "/api",
            "/webhooks",
            "/api/webhooks2",
            "/api/users/webhooks",
            "/webhooks/api",
            "/api-webhooks",
            "/assets/.vite/deps/react.js",
            "/_next/static/%5Bid%5D/page.js",
            "/a//b",
            "/files/a%2Fb",
            "/caf%C3%A9",
            "/x/../api",
            "/@fs/C:/x",
        ] {
            assert!(!could_mean(path, PATH), "{path}");
        }
    }

    #[test]
    fn the_root_is_a_part_of_every_path() {
        assert!(could_mean("/about", "/") && could_mean("/about", "//."));
    }

    #[test]
    fn a_webhook_path_may_be_spelt_too() {
        assert!(could_mean("/caf%c3%a9/hook", "/caf\u{e9}/Hook/") && could_mean("/CAF\u{c9}/hook", "/caf%C3%A9/hook"));
    }

    #[test]
    fn the_pattern_says_the_same() {
        let pattern = regex_lite::Regex::new(PLAIN).expect("a pattern");
        let pieces =
            ["/", ".", "..", "a", "B9", "%5B", "%5d", "%2f", "%", ";", "\\", "~", "\u{e9}", " ", "\n", "#", "'"];
        for one in pieces {
            for two in pieces {
                for three in pieces {
                    let path = format!("/{one}{two}{three}");
                    let brackets = path.replace("%5B", "x").replace("%5d", "x");
                    assert_eq!(pattern.is_match(&path), is_plain(&brackets), "{path:?}");
                }
            }
        }
    }
}
