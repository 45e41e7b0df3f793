//! The flags of `user`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::commands::duration;
use crate::clerk::user::Names;
use crate::commands::user::{self, Deed};
use crate::config::Upstream;

#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    deed: DeedArgs,
}

#[derive(Debug, Subcommand)]
enum DeedArgs {
    /// Make a throw-away user; prints its id
    Create(ProofArgs),
    /// Give it another name
    Update(UpdateArgs),
    /// Delete it
    Delete(DeleteArgs),
    /// Make one, change it, delete it; deleted on Ctrl-C too
    Cycle(ProofArgs),
}

#[derive(Debug, Args)]
struct UpdateArgs {
    /// Which user [default: the last one that was made]
    #[arg(value_parser = user_id)]
    id: Option<String>,
    /// Its first name
    #[arg(long, value_name = "NAME")]
    first_name: Option<String>,
    /// Its last name [default: a new one, where no name is given]
    #[arg(long, value_name = "NAME")]
    last_name: Option<String>,
    #[command(flatten)]
    proof: ProofArgs,
}

#[derive(Debug, Args)]
struct DeleteArgs {
    /// Which user [default: the last one that was made]
    #[arg(value_parser = user_id)]
    id: Option<String>,
    /// Every user that clerkhook made on the instance; waits for no event
    #[arg(long, conflicts_with_all = ["id", "no_wait", "timeout", "upstream"])]
    all: bool,
    #[command(flatten)]
    proof: ProofArgs,
}

#[derive(Debug, Args)]
struct ProofArgs {
    /// Do not wait for the event: exit 0 then says nothing of its delivery
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for each proof
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// Which tunnel, when several run
    #[arg(long, value_name = "UPSTREAM")]
    upstream: Option<Upstream>,
}

impl UserArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> user::Options {
        let (deed, proof) = match self.deed {
            DeedArgs::Create(proof) => (Deed::Create, proof),
            DeedArgs::Update(args) => {
                (Deed::Update(args.id, Names { first: args.first_name, last: args.last_name }), args.proof)
            }
            DeedArgs::Delete(args) if args.all => (Deed::DeleteAll, args.proof),
            DeedArgs::Delete(args) => (Deed::Delete(args.id), args.proof),
            DeedArgs::Cycle(proof) => (Deed::Cycle, proof),
        };
        let ProofArgs { no_wait, timeout, upstream } = proof;
        user::Options { deed, upstream, wait: !no_wait, timeout, dry_run }
    }
}

/// `user_` and letters and digits: nothing else can be part of an address at Clerk.
fn user_id(text: &str) -> Result<String, String> {
    let id = text.trim();
    let rest = id.strip_prefix("user_").filter(|rest| !rest.is_empty());
    match rest.filter(|rest| rest.chars().all(|c| c.is_ascii_alphanumeric())) {
        Some(_) => Ok(id.to_owned()),
        None => Err("expected a user's id such as `user_2abc…`".to_owned()),
    }
}
