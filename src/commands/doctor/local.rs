//! The checks that need nobody but this machine: app, agent, tunnel.

use super::Finding;
use crate::config::Upstream;
use crate::handler::listens;
use crate::ngrok::{self, version::Version};
use crate::report::Health;
use crate::running::Setup;
use crate::steps::Context;
use crate::steps::{standing, tunnel};

/// App, agent and tunnel; also gives the tunnel's public URL.
pub async fn check(context: &Context, upstream: &Upstream) -> (Vec<(&'static str, Finding)>, Option<String>) {
    let setup = context.set_up(Some(upstream));
    let (app, agent, (tunnel, url)) = match &setup {
        Some(setup) => tokio::join!(app(upstream), running_agent(setup), set_ups_tunnel(setup)),
        None => tokio::join!(app(upstream), agent(context), any_tunnel(context, upstream)),
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

/// As `status` finds it; a gateway may stand between it and the app.
async fn set_ups_tunnel(setup: &Setup) -> (Finding, Option<String>) {
    let (health, found) = standing::tunnel(setup).await;
    let url = Some(setup.public_url.clone());
    match health {
        Health::Fail => {
            (Finding::fail(found, "wait for the agent to reconnect, or end that `up` and start it again"), url)
        }
        _ => (Finding::ok(found), url),
    }
}

/// That of any agent which serves the app.
async fn any_tunnel(context: &Context, upstream: &Upstream) -> (Finding, Option<String>) {
    match tunnel::find(context, upstream).await {
        Some(running) => {
            (Finding::ok(format!("{} for {upstream}", running.public_url())), Some(running.public_url().to_owned()))
        }
        None => (Finding::warn(format!("none is running for {upstream}"), "`clerkhook up` starts one"), None),
    }
}

/// The set-up's own agent, wherever its program lies.
async fn running_agent(setup: &Setup) -> Finding {
    let told = standing::told(setup).await;
    let process = setup.agent_pid.map(|pid| format!(" in process {pid}")).unwrap_or_default();
    let found = format!("ngrok {}{process}, of the running set-up", told.agent_version);
    match told.agent_version.parse::<Version>() {
        Ok(version) if version < Version::SUPPORTED => outdated(&found),
        _ => Finding::ok(found),
    }
}

/// One that ngrok turns away soon, or already.
fn outdated(found: &str) -> Finding {
    Finding::warn(
        format!("{found}: past its support, free accounts are refused"),
        "`ngrok update`, or install it anew from https://ngrok.com/download",
    )
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
        return outdated(&found);
    }
    Finding::ok(found)
}
