//! Where deliveries of our own go: an address that was typed, the running set-up's app, or the usual one.

use std::str::FromStr;

use url::Url;

use super::app;
use super::{Context, webhook_path};
use crate::config::{Source, Upstream, UpstreamFault};
use crate::error::{Error, Result};

/// An address that was typed: `3000`, `localhost:3000/hook`, `https://app.example/api/webhooks?tenant=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct To {
    upstream: Upstream,
    query: Option<String>,
}

impl From<Upstream> for To {
    fn from(upstream: Upstream) -> Self {
        Self { upstream, query: None }
    }
}

impl FromStr for To {
    type Err = UpstreamFault;

    fn from_str(text: &str) -> Result<Self, UpstreamFault> {
        let upstream: Upstream = text.parse()?;
        let query = text.split_once('?').map(|(_, query)| query.split('#').next().unwrap_or_default().to_owned());
        Ok(Self { upstream, query })
    }
}

impl To {
    /// The app.
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }
}

/// The webhook route of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The whole address.
    pub url: Url,
    /// The app, as hints name it.
    pub upstream: String,
}

impl Target {
    /// The route without its query.
    pub fn path(&self) -> &str {
        self.url.path()
    }
}

/// The address that was typed, else the running set-up's app, else the usual one. A path that was not typed is the
/// set-up's, else the webhook path.
pub fn local(context: &Context, to: Option<&To>) -> Target {
    let named = to.map(|to| to.upstream.clone());
    let setup = context.set_up(named.as_ref());
    let upstream = named
        .or_else(|| setup.as_ref().and_then(|setup| setup.upstream.parse().ok()))
        .unwrap_or_else(|| app::usual(context));
    let registered = setup.and_then(|setup| Url::parse(&setup.webhook_url?).ok()).map(|url| url.path().to_owned());
    let is_named = upstream.path().is_some() || context.settings.named_path().is_some();
    let path = registered.filter(|_| !is_named).unwrap_or_else(|| webhook_path(context, &upstream, false));
    let mut url = upstream.join(&path);
    url.set_query(to.and_then(|to| to.query.as_deref()));
    Target { url, upstream: upstream.to_string() }
}

/// The webhook URL of the running set-up, through the edge; another route of the app where `--path` names it.
///
/// # Errors
/// `TunnelMissing` without a set-up that has registered one.
pub fn public(context: &Context, upstream: Option<&Upstream>) -> Result<Target> {
    let setup = context.set_up(upstream).ok_or(Error::TunnelMissing)?;
    let mut url = setup.webhook_url.as_deref().and_then(|url| Url::parse(url).ok()).ok_or(Error::TunnelMissing)?;
    if let Some(path) = context.settings.path.as_ref().filter(|path| matches!(path.source, Source::Flag(_))) {
        url.set_path(&path.value);
    }
    Ok(Target { url, upstream: setup.upstream })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_path_and_query() {
        for (typed, upstream, path, query) in [
            ("3000", "http://localhost:3000", None, None),
            ("4000/hooks?a=1", "http://localhost:4000", Some("/hooks"), Some("a=1")),
            ("localhost:3000/hook?a=1#x", "http://localhost:3000", Some("/hook"), Some("a=1")),
            ("https://app.example/api/webhooks", "https://app.example", Some("/api/webhooks"), None),
        ] {
            let to: To = typed.parse().expect(typed);
            assert_eq!(
                (to.upstream.to_string().as_str(), to.upstream.path(), to.query.as_deref()),
                (upstream, path, query)
            );
        }
        assert!("ftp://localhost".parse::<To>().is_err() && "abc".parse::<To>().is_err());
    }
}
