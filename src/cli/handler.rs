//! The flags of `handler`.

use clap::Args;

use crate::commands::handler;
use crate::config::Flags;
use crate::handler::Framework;

#[derive(Debug, Args)]
pub struct HandlerArgs {
    /// The framework, such as `next` or `fastapi` [default: what the project's files name]
    #[arg(long, value_name = "NAME")]
    framework: Option<Framework>,
    /// List the frameworks, and where each has its handler
    #[arg(long, conflicts_with_all = ["framework", "write"])]
    list: bool,
    /// Create the file; one that is there is never touched
    #[arg(long)]
    write: bool,
    /// The route that takes events [default: /api/webhooks]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
}

impl HandlerArgs {
    /// The settings among them.
    pub fn flags(&self, flags: &mut Flags) {
        flags.path = self.path.clone();
    }

    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> handler::Options {
        handler::Options { framework: self.framework, list: self.list, write: self.write, dry_run }
    }
}
