//! The flags of `secret`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::secret::{self, Deed};
use crate::steps::secret::EnvWish;

#[derive(Debug, Args)]
pub struct SecretArgs {
    #[command(subcommand)]
    deed: DeedArgs,
}

#[derive(Debug, Subcommand)]
enum DeedArgs {
    /// Print it on stdout
    Show,
    /// Make a new one; the old one signs along for 24 hours
    Rotate(FileArgs),
    /// Write it to the env file
    Write(FileArgs),
}

#[derive(Debug, Args)]
struct FileArgs {
    /// Write it to this file
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

impl SecretArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> secret::Options {
        let env = |args: FileArgs| args.env_file.map_or(EnvWish::Choose, EnvWish::File);
        match self.deed {
            DeedArgs::Show => secret::Options { deed: Deed::Show, env: EnvWish::Leave, dry_run },
            DeedArgs::Rotate(args) => secret::Options { deed: Deed::Rotate, env: env(args), dry_run },
            DeedArgs::Write(args) => secret::Options { deed: Deed::Write, env: env(args), dry_run },
        }
    }
}
