//! The flags of `trigger`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, ValueEnum};

use super::commands::duration;
use super::edit::{EditArgs, body_file, header};
use crate::commands::trigger::{Deed, Delivery, Form, Options, Pace, Subject};
use crate::config::{Flags, Upstream};
use crate::scenario::Expected;
use crate::signature::{HEADERS, STANDARD_HEADERS};
use crate::steps::target::To;

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").args(["event", "body", "list", "scenario"]).multiple(true).required(true))]
#[command(
    override_usage = "clerkhook trigger EVENT [OPTIONS]\n       clerkhook trigger --body @FILE | --scenario NAME|FILE | --list [OPTIONS]"
)]
pub struct TriggerArgs {
    /// Event type: `user.created`; with `--list` a group: `user`
    event: Option<String>,
    /// Where to: `3000`, `localhost:3000/hook`, a URL [default: the running set-up's app, else 3000]
    #[arg(long, value_name = "URL")]
    to: Option<To>,
    /// The app's route that takes events [default: the running set-up's, else /api/webhooks]
    #[arg(long, value_name = "PATH")]
    path: Option<String>,
    #[command(flatten)]
    edits: EditArgs,
    /// Another body than the example: `@FILE`, or `@-` for stdin
    #[arg(long, value_name = "@FILE", value_parser = body_file)]
    body: Option<PathBuf>,
    /// The same ids and times again
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// The message id, to see what the app does about a repetition
    #[arg(long, value_name = "msg_…", value_parser = message_id, conflicts_with = "count")]
    id: Option<String>,
    /// Add a header; repeatable
    #[arg(long, value_name = "NAME: VALUE", value_parser = own_header)]
    header: Vec<(String, String)>,
    /// Which answer is right: `2xx`, `4xx`, `409`; another is exit 6
    #[arg(long, value_name = "STATUS", default_value_t)]
    expect: Expected,
    /// How long the app may take; Svix gives up after 15 s
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = duration)]
    timeout: Duration,
    /// Print the signed request instead of sending it, for a shell or a program
    #[arg(long, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "curl")]
    print: Option<FormArg>,
    /// How many
    #[arg(long, alias = "times", value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000), conflicts_with = "print")]
    count: u32,
    /// How many a second, up to 50 at once [default: one after the other]
    #[arg(long, value_name = "R", value_parser = rate, requires = "count")]
    rate: Option<f64>,
    /// Straight to the app, or through the public URL of the running set-up
    #[arg(long, value_name = "WAY", default_value = "direct")]
    via: ViaArg,
    /// Which set-up, when several run
    #[arg(long, value_name = "UPSTREAM", conflicts_with = "to")]
    upstream: Option<Upstream>,
    /// A file that holds the signing secret
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Send no signature
    #[arg(long, conflicts_with_all = ["secret_file", "id"])]
    unsigned: bool,
    /// Accept any certificate of an app on this machine
    #[arg(long)]
    insecure_upstream: bool,
    /// Play a scenario: user-lifecycle, organization-onboarding, billing-trial, or a file
    #[arg(long, value_name = "NAME|FILE", conflicts_with_all = ["event", "body", "set", "unset", "id", "print", "count", "list"])]
    scenario: Option<String>,
    /// List the event types
    #[arg(long, conflicts_with_all = ["body", "set", "unset", "id", "print", "count"])]
    list: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    Curl,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ViaArg {
    Direct,
    Edge,
}

impl TriggerArgs {
    /// The settings that it has flags for.
    pub fn settings(&self, flags: &mut Flags) {
        flags.path = self.path.clone();
        flags.secret_file = self.secret_file.clone();
    }

    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> Options {
        let delivery = Delivery {
            to: self.to,
            edge: self.via == ViaArg::Edge,
            upstream: self.upstream,
            insecure: self.insecure_upstream,
            unsigned: self.unsigned,
            headers: self.header,
            timeout: self.timeout,
            expected: self.expect,
        };
        let subject =
            Subject { event: self.event.clone(), body: self.body, edits: self.edits.0, id: self.id, seed: self.seed };
        let deed = match (self.list, self.scenario, self.print) {
            (true, ..) => Deed::List(self.event),
            (false, Some(scenario), _) => Deed::Play { scenario, seed: self.seed },
            (false, None, Some(form)) => Deed::Print(subject, form.into()),
            (false, None, None) => Deed::Send(subject, Pace { count: self.count, rate: self.rate }),
        };
        Options { deed, delivery, dry_run }
    }
}

impl From<FormArg> for Form {
    fn from(form: FormArg) -> Self {
        match form {
            FormArg::Curl => Self::Curl,
            FormArg::Json => Self::Json,
        }
    }
}

fn message_id(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    if plain { Ok(text.to_owned()) } else { Err("expected an id such as `msg_1`".to_owned()) }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(rate) if (0.01..=10_000.0).contains(&rate) => Ok(rate),
        _ => Err("expected a number from 0.01 to 10000".to_owned()),
    }
}

/// Any header but those that the signature or the connection makes.
fn own_header(text: &str) -> Result<(String, String), String> {
    let (name, value) = header(text)?;
    let lower = name.to_ascii_lowercase();
    if HEADERS.contains(&lower.as_str()) || STANDARD_HEADERS.contains(&lower.as_str()) {
        return Err("the signature's headers are made anew; `--unsigned` leaves them out".to_owned());
    }
    if ["connection", "content-length", "transfer-encoding"].contains(&lower.as_str()) {
        return Err(format!("`{lower}` is the connection's own"));
    }
    if !value.chars().all(|c| c.is_ascii_graphic() || c == ' ') {
        return Err("a header's value is ASCII text".to_owned());
    }
    Ok((name, value))
}
