//! Which running set-up a command means: by app, profile and services.

use std::path::PathBuf;

use url::Url;

use super::{Setup, StateDirectory};
use crate::config::{Settings, Source, Sourced, Upstream};

/// What is known of the set-up that is meant.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    app: Option<&'a Upstream>,
    settings: &'a Settings,
    services: Services,
}

/// Which services it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Services {
    /// Whatever they are.
    Any,
    /// Those that a flag names, and those that are followed already.
    Named,
    /// Exactly these.
    Same,
}

impl<'a> Wanted<'a> {
    /// The set-up for an app, or any. What was left to a default, or to a setting that a running set-up comes before,
    /// says nothing of it.
    pub fn of(settings: &'a Settings, app: Option<&'a Upstream>) -> Self {
        Self { app, settings, services: Services::Named }
    }

    /// Each that runs for an app, or at all, whatever its services.
    pub fn any(settings: &'a Settings, app: Option<&'a Upstream>) -> Self {
        Self { app, settings, services: Services::Any }
    }

    /// One that stands for what these settings would set up themselves.
    pub fn like(settings: &'a Settings, app: &'a Upstream) -> Self {
        Self { app: Some(app), settings, services: Services::Same }
    }

    fn takes(&self, setup: &Setup) -> bool {
        self.app.is_none_or(|app| app.is_same_app(&setup.upstream))
            && (!self.insists_on_profile() || setup.profile == self.settings.profile.value)
            && self.takes_services(setup)
    }

    fn insists_on_profile(&self) -> bool {
        match self.services {
            Services::Any => matches!(self.settings.profile.source, Source::Flag(_)),
            Services::Named => self.settings.profile.source != Source::Default,
            Services::Same => true,
        }
    }

    fn takes_services(&self, setup: &Setup) -> bool {
        let ours = self.settings.addresses();
        match self.services {
            Services::Any => return true,
            // Each sandbox has addresses of its own, and one is as good as another.
            Services::Same => {
                return setup.sandbox == self.settings.sandbox && (setup.sandbox || setup.services.are(&ours));
            }
            Services::Named => {}
        }
        let clerk = named(Some(&self.settings.clerk_api_url)).is_none_or(|url| *url == setup.services.clerk_api_url);
        let svix = self.settings.svix_server_url.as_ref();
        clerk && named(svix).is_none_or(|url| Some(url) == setup.services.svix_server_url.as_ref())
    }
}

/// An address that a running set-up does not come before.
fn named(url: Option<&Sourced<Url>>) -> Option<&Url> {
    url.filter(|url| matches!(url.source, Source::Flag(_) | Source::Sandbox | Source::Running(_))).map(|url| &url.value)
}

impl StateDirectory {
    /// The set-ups that may be meant; the first one is. One of the same profile comes first, then the newest. A bare
    /// tunnel that another set-up uses is that set-up's.
    pub fn meant(&self, wanted: &Wanted<'_>) -> Vec<(PathBuf, Setup)> {
        let mut setups: Vec<_> = self.running().into_iter().filter(|(_, setup)| wanted.takes(setup)).collect();
        let used: Vec<(String, String)> = setups
            .iter()
            .filter(|(_, setup)| setup.webhook_url.is_some())
            .map(|(_, setup)| (setup.id.clone(), setup.public_url.clone()))
            .collect();
        setups.retain(|(_, setup)| {
            setup.webhook_url.is_some() || !used.iter().any(|(id, url)| *id != setup.id && *url == setup.public_url)
        });
        setups.sort_by_key(|(_, setup)| setup.profile != wanted.settings.profile.value);
        setups
    }
}
