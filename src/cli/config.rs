//! The flags of `config`.

use clap::{Args, Subcommand};

use crate::commands::config::{Deed, Options};

#[derive(Debug, Args)]
#[command(
    after_help = "Settings: app, path, events, domain, key_env, key_file, key_command, clerk_api_url, svix_server_url, \
                        ngrok_bin, ngrok_config. `--profile NAME` says of which profile; `up --profile NAME` uses it."
)]
pub struct ConfigArgs {
    #[command(subcommand)]
    deed: DeedArgs,
}

#[derive(Debug, Subcommand)]
enum DeedArgs {
    /// Write a setting: `app 4000`, `key_command 'op read op://dev/clerk/key'`
    Set {
        /// Its name
        key: String,
        /// Its value
        #[arg(required = true)]
        value: Vec<String>,
    },
    /// Take a setting out
    Unset {
        /// Its name
        key: String,
    },
    /// Print a setting
    Get {
        /// Its name
        key: String,
    },
    /// Print what the profiles say
    List,
    /// Print where the file is
    Path,
}

impl ConfigArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> Options {
        let deed = match self.deed {
            DeedArgs::Set { key, value } => Deed::Set { key, values: value },
            DeedArgs::Unset { key } => Deed::Unset { key },
            DeedArgs::Get { key } => Deed::Get { key },
            DeedArgs::List => Deed::List,
            DeedArgs::Path => Deed::Path,
        };
        Options { deed, dry_run }
    }
}
