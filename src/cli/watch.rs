//! The flags of `watch`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use crate::commands::watch::{self, Limits};

#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Endpoints by id, uid or URL; all of the instance when none is named
    endpoints: Vec<String>,
    /// Look once; exit 7 when one is in trouble
    #[arg(long)]
    once: bool,
    /// How often to look
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration, conflicts_with = "once")]
    every: Duration,
    /// The time whose messages are counted
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration)]
    window: Duration,
    /// How many of a hundred messages may fail
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0, value_parser = percent)]
    max_errors: f64,
    /// Run this command when one gets into trouble; `CLERKHOOK_ENDPOINT`, `CLERKHOOK_TROUBLE` tell it which and why
    #[arg(long, value_name = "COMMAND")]
    on_trouble: Option<String>,
    /// Enable those that are disabled; asks first
    #[arg(long, requires = "endpoints")]
    enable: bool,
}

impl WatchArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> watch::Options {
        watch::Options {
            endpoints: self.endpoints,
            once: self.once,
            every: self.every,
            limits: Limits { window: self.window, errors: self.max_errors },
            on_trouble: self.on_trouble,
            enable: self.enable,
            dry_run,
        }
    }
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.trim_end_matches('%').parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "expected a number from 0 to 100".to_owned())
}
