//! Where an endpoint's URL leads: a host of its own, a tunnel, a relay, or nowhere.

use url::{Host, Url};

use crate::config::Upstream;
use crate::handler::listens;
use crate::http::is_loopback;
use crate::report::Place;

/// Hosts of tunnels, as their providers document them.
const TUNNELS: [&str; 19] = [
    "ngrok-free.app",
    "ngrok-free.dev",
    "ngrok.app",
    "ngrok.dev",
    "ngrok.io",
    "trycloudflare.com",
    "cfargotunnel.com",
    "loca.lt",
    "localhost.run",
    "lhr.life",
    "serveo.net",
    "devtunnels.ms",
    "app.github.dev",
    "gitpod.io",
    "ts.net",
    "zrok.io",
    "tunnelto.dev",
    "pinggy.link",
    "localxpose.io",
];

/// Hosts that take events and show them, or hand them on to whoever listens.
const RELAYS: [&str; 8] = [
    "play.svix.com",
    "relay.svix.com",
    "webhooks.clerk.com",
    "hkdk.events",
    "hookdeck.com",
    "smee.io",
    "webhook.site",
    "requestbin.com",
];

/// Where it leads, and with `knock` why nothing answers there. It is only connected to; nothing is sent.
pub async fn of(text: &str, knock: bool) -> (Place, Option<String>) {
    let Ok(url) = Url::parse(text) else { return (Place::Dead, Some("it is no URL".to_owned())) };
    let place = by_name(&url);
    if !knock || place == Place::Relay {
        return (place, None);
    }
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    let Ok(upstream) = origin.as_str().parse::<Upstream>() else { return (place, None) };
    match listens(&upstream).await {
        Ok(()) => (place, None),
        Err(error) => (Place::Dead, Some(format!("{} ({error})", url.host_str().unwrap_or_default()))),
    }
}

fn by_name(url: &Url) -> Place {
    let under =
        |domain: &&str| url.host_str().is_some_and(|host| host == *domain || host.ends_with(&format!(".{domain}")));
    let is_private = match url.host() {
        Some(Host::Ipv4(address)) => address.is_private() || address.is_link_local() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_unique_local() || address.is_unicast_link_local(),
        Some(Host::Domain(name)) => name.ends_with(".local") || name.ends_with(".internal"),
        None => true,
    };
    match () {
        () if RELAYS.iter().any(&under) => Place::Relay,
        () if TUNNELS.iter().any(under) => Place::Tunnel,
        () if is_private || is_loopback(url) => Place::Local,
        () => Place::Public,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_tells_where_it_leads() {
        for (url, place) in [
            ("https://quiet-owl.ngrok-free.dev/api/webhooks", Place::Tunnel),
            ("https://abc.trycloudflare.com", Place::Tunnel),
            ("https://play.svix.com/in/e_abc/", Place::Relay),
            ("https://webhooks.clerk.com/in/c_abc/", Place::Relay),
            ("https://app.example.com/api/webhooks", Place::Public),
            ("https://notngrok.dev/x", Place::Public),
            ("http://127.0.0.1:4000/", Place::Local),
            ("http://10.0.0.7/", Place::Local),
            ("http://printer.local/", Place::Local),
        ] {
            assert_eq!(by_name(&url.parse().expect(url)), place, "{url}");
        }
    }
}
