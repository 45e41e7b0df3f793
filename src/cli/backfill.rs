//! The flags of `backfill`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::commands::duration;
use crate::clerk::existing::Kind;
use crate::commands::backfill;
use crate::config::Flags;
use crate::delivery::Bound;
use crate::steps::target::To;

#[derive(Debug, Args)]
pub struct BackfillArgs {
    /// Whom: `users` or `organizations`
    kind: KindArg,
    /// Where to: `3000`, `localhost:3000/hook`, or an endpoint's URL, with its secret [default: the running set-up's app]
    #[arg(long, value_name = "URL")]
    to: Option<To>,
    /// The app's route that takes events [default: the running set-up's, else /api/webhooks]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    /// Only those that were made since: `30d` ago, or a time
    #[arg(long, value_name = "MOMENT")]
    since: Option<Bound>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// At most so many a second [default: one after the other]
    #[arg(long, value_name = "R", value_parser = rate)]
    rate: Option<f64>,
    /// How long the app may take
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    timeout: Duration,
    /// Begin anew, though an earlier run was interrupted
    #[arg(long)]
    restart: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KindArg {
    Users,
    Organizations,
}

impl BackfillArgs {
    /// Sets the settings that it has flags for.
    pub fn settings(&self, flags: &mut Flags) {
        flags.path.clone_from(&self.path);
    }

    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> backfill::Options {
        backfill::Options {
            kind: match self.kind {
                KindArg::Users => Kind::Users,
                KindArg::Organizations => Kind::Organizations,
            },
            to: self.to,
            since: self.since,
            limit: self.limit,
            rate: self.rate,
            timeout: self.timeout,
            restart: self.restart,
            dry_run,
        }
    }
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate: &f64| rate.is_finite() && *rate >= 0.01 && *rate <= 10_000.0);
    rate.ok_or_else(|| "expected a number of events a second, from 0.01 to 10000".to_owned())
}
