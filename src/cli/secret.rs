//! The flags of `secret`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::commands::secret::{self, Deed};
use crate::steps::secret::{EnvPlace, EnvWish};

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
    /// Keep a secret that is replaced as a comment above the new one
    #[arg(long)]
    keep_old: bool,
}

impl SecretArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> secret::Options {
        let env = |FileArgs { env_file, keep_old }: FileArgs| EnvWish {
            place: env_file.map_or(EnvPlace::Choose, EnvPlace::File),
            keep_old,
            app_is_told: false,
        };
        match self.deed {
            DeedArgs::Show => secret::Options { deed: Deed::Show, env: EnvWish::default(), dry_run },
            DeedArgs::Rotate(args) => secret::Options { deed: Deed::Rotate, env: env(args), dry_run },
            DeedArgs::Write(args) => secret::Options { deed: Deed::Write, env: env(args), dry_run },
        }
    }
}
