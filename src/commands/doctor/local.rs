//! The checks that need nobody but this machine: app, agent, tunnel.

use super::Finding;
use crate::config::Upstream;
use crate::handler::listens;
use crate::ngrok::{self, version::Version};
use crate::steps::Context;
use crate::steps::tunnel;

/// App, agent and tunnel; also gives the tunnel's public URL.
pub async fn check(context: &Context, upstream: &Upstream) -> (Vec<(&'static str, Finding)>, Option<String>) {
    let (app, agent, running) = tokio::join!(app(upstream), agent(context), tunnel::find(context, upstream));
    let url = running.as_ref().map(|running| running.public_url().to_owned());
    let tunnel = match running {
        Some(running) => Finding::ok(format!("{} for {upstream}", running.public_url())),
        None => Finding::warn(format!("none is running for {upstream}"), "`clerkhook up` starts one"),
    };
    let mut findings = vec![("app", app), ("agent", agent), ("tunnel", tunnel)];
    if !context.settings.proxies.is_empty() {
        let names = context.settings.proxies.join(", ");
        findings.push(("proxy", Finding::warn(
            format!("{names} is set; it is kept from the agent"),
            "nothing to do, unless the agent can only reach ngrok through the proxy: then set `proxy_url` in its config",
        )));
    }
    (findings, url)
}

async fn app(upstream: &Upstream) -> Finding {
    match listens(upstream).await {
        Ok(()) => Finding::ok(format!("{upstream} answers")),
        Err(error) => Finding::warn(
            format!("nothing listens at {upstream} ({error})"),
            "start the app, name its port (`clerkhook doctor 8080`), or use `clerkhook up --serve`",
        ),
    }
}

async fn agent(context: &Context) -> Finding {
    let bin = match ngrok::locate(&context.settings) {
        Ok(bin) => bin,
        Err(error) => return Finding::error(&error),
    };
    let version = match ngrok::version::ask(&bin).await {
        Ok(version) => version,
        Err(error) => return Finding::error(&error),
    };
    let found = format!("ngrok {version} at {}", bin.display());
    if version < Version::SUPPORTED {
        return Finding::warn(
            format!("{found}: past its support, free accounts are refused"),
            "`ngrok update`, or install it anew from https://ngrok.com/download",
        );
    }
    Finding::ok(found)
}
