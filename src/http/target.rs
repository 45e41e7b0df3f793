//! A request's target in origin-form, path and query: the only one that a stranger may choose, as it names no host.

use std::str::FromStr;

use hyper::Uri;
use hyper::http::uri::PathAndQuery;
use url::Url;

/// Path and query, byte for byte. It comes from text that begins with `/`, or from a request that names nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginForm(PathAndQuery);

/// Why a text is no target in origin-form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request's target begins with `/` and holds neither `#` nor spaces")]
pub struct NotOriginForm;

impl OriginForm {
    /// The target of a request; none where it names a host or no path.
    pub fn of(uri: &Uri) -> Option<Self> {
        let names_a_host = uri.scheme().is_some() || uri.authority().is_some();
        let target = uri.path_and_query().filter(|target| !names_a_host && target.as_str().starts_with('/'))?;
        Some(Self(target.clone()))
    }

    /// The whole of it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The part before the first `?`.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// As the first line of a request has it.
    pub fn uri(&self) -> Uri {
        Uri::from(self.0.clone())
    }

    /// The address of it at a base, whose path and query do not count. Only these two are set, so the host stays the
    /// base's; [`Url`] tidies dots, which [`super::connect`] does not.
    pub fn at(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(self.0.path());
        url.set_query(self.0.query());
        url.set_fragment(None);
        url
    }
}

impl FromStr for OriginForm {
    type Err = NotOriginForm;

    fn from_str(text: &str) -> Result<Self, NotOriginForm> {
        // `PathAndQuery` would cut a fragment off.
        if !text.starts_with('/') || text.contains('#') {
            return Err(NotOriginForm);
        }
        text.parse().map(Self).map_err(|_| NotOriginForm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_names_a_host() {
        for other in ["http://evil.example/x", "evil.example:80", "*", "x", "", "/a b", "/a#b", "\\evil", "?x"] {
            assert!(other.parse::<OriginForm>().is_err(), "{other}");
            let of_request = other.parse::<Uri>().ok().filter(|_| !other.contains('#'));
            assert!(of_request.and_then(|uri| OriginForm::of(&uri)).is_none(), "{other}");
        }
    }

    #[test]
    fn the_base_keeps_its_host() {
        let base: Url = "http://localhost:3000/hook?x=1#y".parse().expect("an address");
        for (target, address) in [
            ("/", "http://localhost:3000/"),
            ("/a/b?c=/d", "http://localhost:3000/a/b?c=/d"),
            ("//evil.example/steal", "http://localhost:3000//evil.example/steal"),
            ("///evil.example", "http://localhost:3000///evil.example"),
            ("/\\evil.example/steal", "http://localhost:3000//evil.example/steal"),
            ("/@evil.example", "http://localhost:3000/@evil.example"),
            ("/..//evil.example", "http://localhost:3000//evil.example"),
            ("/http://evil.example", "http://localhost:3000/http://evil.example"),
        ] {
            let parsed: OriginForm = target.parse().expect(target);
            assert_eq!((parsed.at(&base).as_str(), parsed.as_str()), (address, target));
            assert_eq!(OriginForm::of(&target.parse().expect(target)), Some(parsed));
        }
    }
}
