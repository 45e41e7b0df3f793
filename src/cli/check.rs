//! The flags of `check`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::commands::duration;
use crate::commands::check;
use crate::config::Flags;
use crate::events;
use crate::handler::conformance::Choice;
use crate::steps::target::To;

/// Every event type of the catalogue.
const ALL: &str = "all";

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The handler: `3000`, `localhost:3000/api/webhooks` [default: the running set-up's app, else port 3000]
    #[arg(value_name = "URL")]
    handler: Option<To>,
    /// Event types that the handler gets, or `all`
    #[arg(long, value_name = "TYPES", value_delimiter = ',', value_parser = event_type, default_values_t = events::DEFAULT.map(String::from))]
    events: Vec<String>,
    /// Only these: groups (`refuses`), names (`stale`), or both (`refuses/stale`)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// None of these
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    skip: Vec<String>,
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
        let all = self.events.iter().any(|event| event == ALL);
        let every = || events::types().iter().map(|event| (*event).to_owned()).collect();
        check::Options {
            handler: self.handler,
            events: if all { every() } else { self.events },
            choice: Choice { only: self.only, skip: self.skip },
            list: self.list,
            junit: self.junit,
            timeout: self.timeout,
            insecure_upstream: self.insecure_upstream,
            dry_run,
        }
    }
}

/// Events are made up by the catalogue, so it must know their type.
fn event_type(text: &str) -> Result<String, String> {
    let name = text.trim();
    if name == ALL || events::types().contains(&name) {
        return Ok(name.to_owned());
    }
    let meant = events::nearest(name).map(|meant| format!("; did you mean `{meant}`?"));
    Err(format!("Clerk documents no such event type{}", meant.unwrap_or_default()))
}
