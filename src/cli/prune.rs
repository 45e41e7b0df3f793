//! The flags of `prune`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use crate::commands::prune::Options;

/// Seconds of a day.
const DAY: u64 = 24 * 60 * 60;

#[derive(Debug, Args)]
pub struct PruneArgs {
    /// Only endpoints that were not changed for so long: `30d`, `12h`
    #[arg(long, value_name = "TIME", default_value = "30d", value_parser = age)]
    older_than: Duration,
    /// Those of other machines and users too, where Svix holds them back or their tunnel is gone
    #[arg(long)]
    all_machines: bool,
}

impl PruneArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> Options {
        Options { older_than: self.older_than, all_machines: self.all_machines, dry_run }
    }
}

/// A time, in days too.
fn age(text: &str) -> Result<Duration, String> {
    match text.trim().strip_suffix('d').map(str::parse::<u32>) {
        Some(Ok(days)) if days > 0 => Ok(Duration::from_secs(u64::from(days) * DAY)),
        Some(_) => Err("expected a time such as `30d` or `12h`".to_owned()),
        None => duration(text),
    }
}
