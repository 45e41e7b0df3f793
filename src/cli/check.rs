//! The flags of `check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::commands::duration;
use super::events::{Wished, known, listed};
use crate::catalogue;
use crate::commands::check;
use crate::config::Flags;
use crate::handler::conformance::{Choice, Probe};
use crate::steps::target::To;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The handler: `3000`, `localhost:3000/api/webhooks` [default: the running set-up's app, else port 3000]
    #[arg(value_name = "URL")]
    handler: Option<To>,
    /// Event types that the handler gets; `user.*` is a group, `all` is every one
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = known, default_values = catalogue::DEFAULT)]
    events: Vec<Wished>,
    /// Only these: groups (`refuses`), names (`stale`), or both (`refuses/stale`)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// None of these
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    skip: Vec<String>,
    /// A number or text that events change: a URL, or a command; read before and after repetitions
    #[arg(long, value_name = "URL|CMD")]
    probe: Option<Probe>,
    /// List what is checked, send nothing
    #[arg(long)]
    list: bool,
    /// Write the results to this file as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How long an answer may take; Svix gives up after 15 s
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    timeout: Duration,
    /// The app's route that takes events [default: /api/webhooks]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// A file that holds the signing secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Take any certificate of an app on this machine
    #[arg(long)]
    insecure_upstream: bool,
}

impl CheckArgs {
    /// The settings among them.
    pub fn flags(&self, flags: &mut Flags) {
        flags.path = self.path.clone();
        flags.secret_file = self.secret_file.clone();
    }

    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> check::Options {
        check::Options {
            handler: self.handler,
            events: listed(self.events),
            choice: Choice { only: self.only, skip: self.skip },
            probe: self.probe,
            list: self.list,
            junit: self.junit,
            timeout: self.timeout,
            insecure_upstream: self.insecure_upstream,
            dry_run,
        }
    }
}
