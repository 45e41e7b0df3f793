//! The flags of `wait`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use super::history::ContentArgs;
use crate::commands::wait;
use crate::steps::since::Since;

#[derive(Debug, Args)]
pub struct WaitArgs {
    /// Event types, `user.created` or `user.*`; each must arrive. Any webhook when none is named
    events: Vec<String>,
    /// How many of each
    #[arg(short = 'n', long, alias = "times", value_name = "N", default_value_t = 1, value_parser = count)]
    count: usize,
    /// How long; with `--exec` from the command's end on
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// From when on: `now`, `start` of the running set-up, `10m` ago, a time, or the id of a delivery
    #[arg(long, value_name = "MOMENT", default_value = "now")]
    since: Since,
    /// Only what verified
    #[arg(long, conflicts_with = "invalid")]
    verified: bool,
    /// Run this command, and wait for what it causes; its exit code when it fails
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    #[command(flatten)]
    content: ContentArgs,
}

impl WaitArgs {
    /// The command's options.
    pub fn into_options(self) -> wait::Options {
        wait::Options {
            events: self.events,
            filter: self.content.into_filter(),
            verified: self.verified,
            count: self.count,
            timeout: self.timeout,
            since: self.since,
            exec: self.exec,
        }
    }
}

fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "expected a number from 1 on".to_owned())
}
