//! The flags of `recover`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use super::logs::EndpointArg;
use crate::commands::recover;
use crate::delivery::Bound;

#[derive(Debug, Args)]
pub struct RecoverArgs {
    /// These messages, failed or not; when none is named, all that failed or were never sent
    messages: Vec<String>,
    /// From when on: `8h` ago, a time, or a delivery's id; Svix goes back 14 days [default: 24h]
    #[arg(long, value_name = "MOMENT")]
    since: Option<Bound>,
    /// How long the next of them may take to arrive
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    #[command(flatten)]
    endpoint: EndpointArg,
}

impl RecoverArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> recover::Options {
        recover::Options {
            messages: self.messages,
            since: self.since,
            endpoint: self.endpoint.endpoint,
            timeout: self.timeout,
            dry_run,
        }
    }
}
