//! The flags of `down`.

use clap::Args;

use crate::commands::down;
use crate::config::Upstream;

#[derive(Debug, Args)]
pub struct DownArgs {
    /// The set-up for this app [default: the one that other commands mean]
    #[arg(conflicts_with = "all")]
    upstream: Option<Upstream>,
    /// Delete its endpoint too
    #[arg(long)]
    delete: bool,
    /// Each that runs
    #[arg(long)]
    all: bool,
}

impl DownArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> down::Options {
        down::Options { upstream: self.upstream, delete: self.delete, all: self.all, dry_run }
    }
}
