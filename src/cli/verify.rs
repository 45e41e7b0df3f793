//! The flags of `verify`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;

use super::commands::duration;
use super::edit::header;
use crate::commands::verify::{self, Input};

#[derive(Debug, Args)]
#[command(
    after_help = "Secrets come from the environment, an env file, --secret-file or stdin, never from an argument."
)]
pub struct VerifyArgs {
    /// The saved delivery: JSON lines or raw HTTP; `-` is stdin; or a kept one: `last`, `@2`, an id of `events`
    #[arg(default_value = "-", conflicts_with_all = ["body", "headers", "header"])]
    file: PathBuf,
    /// The body alone, byte for byte; needs its headers
    #[arg(long, value_name = "FILE")]
    body: Option<PathBuf>,
    /// The headers of `--body`: lines `NAME: VALUE`, or JSON
    #[arg(long, value_name = "FILE", requires = "body")]
    headers: Option<PathBuf>,
    /// A header of `--body`
    #[arg(long, value_name = "NAME: VALUE", requires = "body", value_parser = header)]
    header: Vec<(String, String)>,
    /// A file with a secret that may fit, in place of the project's; repeatable
    #[arg(long, value_name = "FILE")]
    secret_file: Vec<PathBuf>,
    /// Read the secret from stdin
    #[arg(long)]
    secret_stdin: bool,
    /// Try the secret of each endpoint of the instance too, and compare the clocks
    #[arg(long)]
    remote: bool,
    /// Judge the timestamp as of then: RFC 3339, or Unix seconds
    #[arg(long, value_name = "TIME", value_parser = moment, conflicts_with = "ignore_time")]
    at: Option<i64>,
    /// How far the timestamp may lie from now
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, conflicts_with = "ignore_time")]
    tolerance: Duration,
    /// Judge the signature alone
    #[arg(long)]
    ignore_time: bool,
}

impl VerifyArgs {
    /// The command's options.
    pub fn into_options(self) -> verify::Options {
        let input = match self.body {
            Some(body) => Input::Apart { body, headers_file: self.headers, headers: self.header },
            None => Input::Whole(self.file),
        };
        let tolerance = i64::try_from(self.tolerance.as_secs()).unwrap_or(i64::MAX);
        verify::Options {
            input,
            secret_files: self.secret_file,
            secret_stdin: self.secret_stdin,
            remote: self.remote,
            at: self.at,
            tolerance: (!self.ignore_time).then_some(tolerance),
        }
    }
}

/// In Unix seconds.
fn moment(text: &str) -> Result<i64, String> {
    let text = text.trim();
    let timestamp = text.parse::<Timestamp>().map(Timestamp::as_second);
    text.parse().or(timestamp).map_err(|_| "expected a time such as `2026-01-31T12:00:00Z` or `1769860800`".to_owned())
}
