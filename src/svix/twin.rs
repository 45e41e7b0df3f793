//! Twins: endpoints with the same URL, so that each message comes to it once for every one of them.

use super::Endpoint;

/// Enabled endpoints with this URL beside the one with this id: each gets every message too, with another signature.
pub fn twins(existing: &[Endpoint], url: &str, id: Option<&str>) -> Vec<String> {
    let is_twin =
        |endpoint: &&Endpoint| !endpoint.disabled && Some(endpoint.id.as_str()) != id && same_url(&endpoint.url, url);
    existing.iter().filter(is_twin).map(|endpoint| endpoint.id.clone()).collect()
}

/// Whether two spellings lead to the same place.
fn same_url(left: &str, right: &str) -> bool {
    let parsed = |url: &str| url::Url::parse(url).ok();
    left == right || parsed(left).is_some_and(|left| Some(left) == parsed(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(id: &str, url: &str) -> Endpoint {
        let (id, url) = (id.to_owned(), url.to_owned());
        Endpoint { id, url, uid: None, disabled: false, events: None, created_at: None, updated_at: None }
    }

    #[test]
    fn a_twin_is_enabled_and_has_the_same_url_however_it_is_spelt() {
        let all = [
            endpoint("ep_1", "https://a.example/x"),
            endpoint("ep_2", "https://A.example:443/x"),
            endpoint("ep_3", "https://a.example/x/"),
            Endpoint { disabled: true, ..endpoint("ep_4", "https://a.example/x") },
            endpoint("ep_5", "no URL"),
        ];
        assert_eq!(twins(&all, "https://a.example/x", Some("ep_1")), ["ep_2"]);
        assert_eq!(twins(&all, "no URL", None), ["ep_5"]);
    }
}
