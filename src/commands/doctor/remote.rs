//! The checks that ask Clerk and Svix: key, clock, endpoint, secret.

use super::Finding;
use crate::clerk::Instance;
use crate::config::Source;
use crate::error::{Error, Result};
use crate::signature::{SigningSecret, TOLERANCE};
use crate::steps::Context;
use crate::steps::endpoint::{self, Intent, Remote};
use crate::svix;

/// What Clerk and Svix said.
pub struct Asked {
    instance: Result<Instance>,
    remote: Result<Option<Remote>>,
}

/// Asks for the instance and for its endpoints.
pub async fn connect(context: &Context) -> Asked {
    let instance = async { endpoint::clerk(context, Intent::Look).await?.instance().await };
    let (instance, remote) = tokio::join!(instance, endpoint::connect(context, Intent::Look));
    Asked { instance, remote }
}

/// Judges what was said, and reads the secret.
pub async fn check(context: &Context, asked: Asked, tunnel_url: Option<&str>) -> Vec<(&'static str, Finding)> {
    let mut findings = vec![("Clerk key", key(&asked.instance))];
    if let Ok(instance) = &asked.instance {
        findings.extend(instance.clock_skew.map(|seconds| ("clock", clock(seconds))));
    }
    let remote = match asked.remote {
        // The key's line has said it.
        Err(_) if asked.instance.is_err() => return findings,
        Err(error) => {
            findings.push(("endpoint", Finding::error(&error)));
            return findings;
        }
        Ok(None) => {
            let words = "webhooks were never enabled on this instance";
            findings.push(("endpoint", Finding::warn(words, "`clerkhook up` enables them")));
            return findings;
        }
        Ok(Some(remote)) => remote,
    };
    findings.push(("endpoint", registered(context, &remote, tunnel_url)));
    if let Ok(Some(endpoint)) = endpoint::ours(context, &remote.endpoints) {
        for twin in svix::twins(&remote.endpoints, &endpoint.url, Some(&endpoint.id)) {
            findings.push(("twin", Finding::warn(endpoint::twin_words(&twin), endpoint::adopting(&twin))));
        }
        findings.push(("secret", secret(context, &remote.svix.secret(&endpoint.id).await)));
    }
    remote.svix.log_out().await;
    findings
}

fn key(instance: &Result<Instance>) -> Finding {
    match instance {
        Ok(instance) => Finding::ok(format!("opens {} ({})", instance.id, instance.environment_type)),
        Err(error) => Finding::error(error),
    }
}

fn clock(seconds: i64) -> Finding {
    if seconds.abs() > TOLERANCE {
        let words = format!("this machine is {seconds} s off Clerk's clock; signatures are refused past {TOLERANCE} s");
        return Finding::fail(words, "set the clock by network time");
    }
    Finding::ok(format!("{seconds} s off Clerk's"))
}

fn registered(context: &Context, remote: &Remote, tunnel_url: Option<&str>) -> Finding {
    let endpoint = match endpoint::ours(context, &remote.endpoints) {
        Ok(Some(endpoint)) => endpoint,
        Ok(None) => {
            let words = format!("none of this machine among {}", remote.endpoints.len());
            return Finding::warn(words, "`clerkhook register`, or all at once: `clerkhook up`");
        }
        Err(error) => return Finding::error(&error),
    };
    let found = format!("{} for {}", endpoint.id, endpoint.url);
    match tunnel_url {
        _ if endpoint.disabled => Finding::warn(format!("{found} is disabled"), "`clerkhook register` enables it"),
        Some(url) if !endpoint.url.starts_with(url) => {
            Finding::fail(format!("{found}, but the tunnel is {url}"), "`clerkhook register`")
        }
        _ => Finding::ok(found),
    }
}

fn secret(context: &Context, fetched: &Result<crate::secret::Secret>) -> Finding {
    let fetched = match fetched {
        Ok(fetched) => fetched,
        Err(error @ Error::SvixForbidden { .. }) => return Finding::warn(error.to_string(), error.hint()),
        Err(error) => return Finding::error(error),
    };
    // Beside a sandbox no env file is written unless it is named.
    let writes = if context.settings.sandbox { "clerkhook secret write --env-file FILE" } else { "clerkhook register" };
    let Some(known) = &context.settings.signing_secret else {
        return Finding::warn("the project's environment holds none", format!("`{writes}` writes it to the env file"));
    };
    let from = &known.source;
    match SigningSecret::parse(known.value.expose()) {
        Err(fault) => {
            Finding::fail(format!("{from} is malformed: {fault}"), format!("`{writes}` writes the right one"))
        }
        Ok(secret) if secret.text().expose() == fetched.expose() => Finding::ok(format!("{from} is the endpoint's")),
        Ok(_) => {
            let fix = match from {
                Source::Environment(name) => format!("unset {name} in the shell, so that the env file counts"),
                _ => format!("`{writes}` writes the right one; then restart the app"),
            };
            Finding::fail(format!("{from} is not the endpoint's"), fix)
        }
    }
}
