//! Where events go: straight to the app, or through the public URL of the running set-up.

use super::Delivery;
use crate::error::{Error, Result};
use crate::http::{self, Certificates};
use crate::steps::Context;
use crate::steps::target::{self, Target};

/// Where events go, and how.
#[derive(Clone, Debug)]
pub struct Destination {
    /// The address.
    pub target: Target,
    /// `direct` or `edge`.
    pub via: &'static str,
    /// Whose certificates are accepted.
    pub certificates: Certificates,
}

/// Finds it.
///
/// # Errors
/// `TunnelMissing` for the edge without a set-up, `TriggerRefused` for the edge of another address, and when
/// another machine's certificate is not to be checked.
pub fn find(context: &Context, delivery: &Delivery) -> Result<Destination> {
    let upstream = delivery.upstream.as_ref();
    if delivery.edge && delivery.to.is_some() {
        return Err(Error::TriggerRefused {
            why: "`--via edge` goes to the public URL of the running set-up, not to another address".to_owned(),
            fix: "leave out `--to`, or `--via edge`; `--upstream` says which set-up".to_owned(),
        });
    }
    let (target, via) = if delivery.edge {
        (target::public(context, upstream)?, "edge")
    } else {
        (target::local(context, delivery.to.as_ref().or(upstream.cloned().map(Into::into).as_ref())), "direct")
    };
    if delivery.insecure && !http::is_loopback(&target.url) {
        return Err(Error::TriggerRefused {
            why: format!("`--insecure-upstream` is for apps on this machine, and `{}` is not one", target.url),
            fix: "leave it out; a CA of your own is trusted through `SSL_CERT_FILE`".to_owned(),
        });
    }
    let certificates = if delivery.insecure { Certificates::Any } else { Certificates::Trusted };
    Ok(Destination { target, via, certificates })
}
