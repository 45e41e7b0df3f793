//! The flags of `secure`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use crate::commands::secure;
use crate::config::Upstream;
use crate::running::control::SecureWish;
use crate::setup;
use crate::steps::app::Wish;
use crate::steps::secret::EnvWish;

#[derive(Debug, Args)]
pub struct SecureArgs {
    /// The app [default: the running set-up's]
    upstream: Option<Upstream>,
    /// Through the agent's API, without a restart (agent 3.30 and newer)
    #[arg(long, conflicts_with = "local")]
    in_place: bool,
    /// clerkhook verifies in front of the app: any agent, any plan
    #[arg(long)]
    local: bool,
    /// Report what does not verify, refuse nothing
    #[arg(long, conflicts_with = "off")]
    observe: bool,
    /// Let a browser through: verify only what could be taken for the webhook path
    #[arg(long, conflicts_with = "off")]
    webhook_path_only: bool,
    /// The default
    #[arg(long, hide = true, conflicts_with_all = ["off", "webhook_path_only"])]
    all_paths: bool,
    /// Turn it off again
    #[arg(long)]
    off: bool,
    /// The ngrok domain to use, where no set-up runs
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The app's route that takes events, where no set-up runs
    #[arg(long, value_name = "PATH")]
    pub path: Option<String>,
    /// Start an agent even when one already serves this app
    #[arg(long)]
    no_reuse: bool,
    /// End once it is proven, where no set-up runs
    #[arg(long)]
    once: bool,
    /// How long to wait for the proof
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
}

impl SecureArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> secure::Options {
        let wish = SecureWish {
            in_place: self.in_place,
            local: self.local,
            observe: self.observe,
            webhook_path_only: self.webhook_path_only && !self.all_paths,
            off: self.off,
        };
        secure::Options {
            wish,
            dry_run,
            setup: setup::Options {
                app: Wish { upstream: self.upstream, serve: false, awaited: false },
                once: self.once,
                no_test: false,
                events: Vec::new(),
                env: EnvWish::default(),
                on_exit: None,
                reuse: !self.no_reuse,
                adopt: None,
                timeout: self.timeout,
                secure: Some(wish),
                detached: None,
            },
        }
    }
}
