//! The headers of an HTTP message that end at each hop, and those that go on.

use hyper::header::{CONNECTION, HeaderMap, HeaderName};

/// Headers that end at each hop (RFC 9110, 7.6.1), and the older ones that proxies drop by custom.
const HOP: [&str; 7] =
    ["connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"];

/// The headers without those of this hop. Order and repetitions stay.
pub fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let named: Vec<String> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let ends_here =
        |name: &HeaderName| HOP.contains(&name.as_str()) || named.iter().any(|other| name.as_str() == other);
    let kept = headers.iter().filter(|(name, _)| !ends_here(name));
    // A new map: removing from the old one would change the order.
    let mut passed = HeaderMap::with_capacity(headers.len());
    for (name, value) in kept {
        passed.append(name, value.clone());
    }
    passed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hops_own_headers_go() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("host", "a"),
            ("connection", "close, X-Mine"),
            ("x-one", "1"),
            ("x-mine", "gone"),
            ("transfer-encoding", "chunked"),
            ("x-two", "2"),
            ("x-one", "3"),
        ] {
            headers.append(name, value.parse().expect("a value"));
        }
        let passed: Vec<(String, String)> = end_to_end(&headers)
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()))
            .collect();
        let expected = [("host", "a"), ("x-one", "1"), ("x-one", "3"), ("x-two", "2")];
        assert_eq!(passed, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
