//! The flags of `status`.

use std::time::Duration;

use clap::Args;

use super::commands::duration;
use crate::commands::status;
use crate::config::Upstream;

#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Only the set-up for this app
    upstream: Option<Upstream>,
    /// Wait so long for one that is ready; exit 6 when none is
    #[arg(long, value_name = "TIME", value_parser = duration)]
    wait: Option<Duration>,
    /// Exit 6 when none is ready
    #[arg(long)]
    exit_code: bool,
    /// Ask Clerk and Svix for the endpoint too
    #[arg(long)]
    remote: bool,
}

impl StatusArgs {
    /// The command's options.
    pub fn into_options(self) -> status::Options {
        status::Options { upstream: self.upstream, remote: self.remote, wait: self.wait, exit_code: self.exit_code }
    }
}
