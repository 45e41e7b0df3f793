//! The settings as they were settled, secrets masked.

use std::fmt::Display;

use crate::config::{Source, Sourced, Upstream};
use crate::report::{Report, Setting};
use crate::steps::Context;
use crate::steps::app::PORT;

/// Shows each setting with its source.
pub fn show(context: &Context) {
    let settings = &context.settings;
    let line = |setting, value: String, source: &Source| {
        context.ui.emit(&Report::Setting(Setting { setting, value, source: source.to_string() }));
    };
    let secret = |setting, secret: &Option<Sourced<crate::secret::Secret>>, otherwise: &str| match secret {
        Some(secret) => line(setting, secret.value.masked(), &secret.source),
        None => line(setting, otherwise.to_owned(), &Source::Default),
    };
    fn or<T>(found: &Option<Sourced<T>>, shown: impl Fn(&T) -> String, otherwise: impl Display) -> (String, Source) {
        match found {
            Some(found) => (shown(&found.value), found.source.clone()),
            None => (otherwise.to_string(), Source::Default),
        }
    }
    secret("Clerk key", &settings.clerk_secret_key, "none");
    line("Clerk API", settings.clerk_api_url.value.to_string(), &settings.clerk_api_url.source);
    let (value, source) = or(&settings.svix_server_url, ToString::to_string, "by the portal's region");
    line("Svix API", value, &source);
    let (value, source) = or(&settings.ngrok_bin, |path| path.display().to_string(), "`ngrok` on PATH");
    line("ngrok agent", value, &source);
    secret("authtoken", &settings.ngrok_authtoken, "from the agent's config");
    let (value, source) = or(&settings.domain, Clone::clone, "as the agent picks it");
    line("domain", value, &source);
    let (value, source) = or(&settings.app, ToString::to_string, Upstream::local(PORT));
    line("app", value, &source);
    let (value, source) = or(&settings.path, Clone::clone, crate::steps::WEBHOOK_PATH);
    line("webhook path", value, &source);
    let (value, source) = or(&settings.events, |events| events.join(", "), crate::catalogue::DEFAULT.join(", "));
    line("events", value, &source);
    secret("signing secret", &settings.signing_secret, "fetched from the endpoint");
    line("profile", settings.profile.value.clone(), &settings.profile.source);
    line("config", settings.config_dir.value.display().to_string(), &settings.config_dir.source);
    if let Some(found) = &settings.env_file {
        line("env file", found.value.display().to_string(), &found.source);
    }
    if let Some(found) = &settings.secret_variable {
        line("variable", found.value.clone(), &found.source);
    }
    line("state", settings.state_dir.value.display().to_string(), &settings.state_dir.source);
}
