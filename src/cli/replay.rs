//! The flags of `replay`.

use std::path::PathBuf;

use clap::Args;
use url::Url;

use super::edit::{EditArgs, body_file, header};
use crate::commands::replay;
use crate::config::Upstream;

#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// An id of `events` or of the agent, a message id, the beginning of one, `last`, `@2` [default: pick one]
    id: Option<String>,
    #[command(flatten)]
    edits: EditArgs,
    /// Set a header; repeatable
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    set_header: Vec<(String, String)>,
    /// Another body: `@FILE`, or `@-` for stdin
    #[arg(long, value_name = "@FILE", value_parser = body_file)]
    body: Option<PathBuf>,
    /// Edit the body in $VISUAL or $EDITOR
    #[arg(long)]
    edit: bool,
    /// Sign afresh though nothing is changed
    #[arg(long, conflicts_with = "original")]
    fresh: bool,
    /// Sign afresh what did not verify: anybody may have sent it
    #[arg(long, conflicts_with = "original")]
    sign_forged: bool,
    /// A new svix-id, so that the app does not take it for a repetition
    #[arg(long, conflicts_with = "original")]
    new_id: bool,
    /// The old bytes with the old signature, to see it refused once it is five minutes old
    #[arg(long, conflicts_with_all = ["set", "unset", "body", "edit"])]
    original: bool,
    /// Send it to another address
    #[arg(long, value_name = "URL")]
    to: Option<Url>,
    /// How often to send it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    times: u32,
    /// Show how the answer differs from the one of then
    #[arg(long)]
    diff: bool,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
}

impl ReplayArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> replay::Options {
        replay::Options {
            id: self.id,
            upstream: self.upstream,
            edits: self.edits.0,
            headers: self.set_header,
            body: self.body,
            editor: self.edit,
            fresh: self.fresh,
            sign_forged: self.sign_forged,
            new_id: self.new_id,
            original: self.original,
            to: self.to,
            times: self.times,
            difference: self.diff,
            dry_run,
        }
    }
}
