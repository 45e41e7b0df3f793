//! What an endpoint's URL leads to, as far as its host tells.

use url::Url;

/// Domains of ngrok's that tunnels have (ngrok docs, domains).
const NGROK: [&str; 7] =
    ["ngrok-free.dev", "ngrok-free.app", "ngrok.dev", "ngrok.app", "ngrok.io", "ngrok.pro", "ngrok.pizza"];

/// Domains of other tunnels.
const TUNNELS: [&str; 6] = ["trycloudflare.com", "loca.lt", "localhost.run", "lhr.life", "serveo.net", "devtunnels.ms"];

/// Where Svix's own relays take deliveries.
const RELAYS: [&str; 2] = ["svix.com", "hookdeck.com"];

/// The kind of a URL, in a word.
pub fn kind(url: &str) -> &'static str {
    let Ok(url) = Url::parse(url) else { return "none" };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is = |domains: &[&str]| {
        domains
            .iter()
            .any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    };
    match host {
        _ if is(&NGROK) => "ngrok",
        _ if is(&TUNNELS) => "tunnel",
        _ if is(&RELAYS) => "relay",
        "localhost" | "::1" => "local",
        host if host.starts_with("127.") => "local",
        _ => "host",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_tell_their_kind() {
        for (url, word) in [
            ("https://quiet-owl.ngrok-free.dev/api/webhooks", "ngrok"),
            ("https://notngrok.io/x", "host"),
            ("https://a.b.trycloudflare.com/", "tunnel"),
            ("https://play.svix.com/in/c_1/", "relay"),
            ("http://127.0.0.1:4000/", "local"),
            ("http://[::1]:4000/", "local"),
            ("https://app.example.com/api/webhooks", "host"),
            ("no url", "none"),
        ] {
            assert_eq!(kind(url), word, "{url}");
        }
    }
}
