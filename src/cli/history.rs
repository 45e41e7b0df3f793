//! The flags of `events`, and the filter that every reader of the history takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::commands::duration;
use crate::commands::events::{self, Form, Wish};
use crate::config::Upstream;
use crate::delivery::{Bound, Condition, Filter, Origin, Pattern, StatusPattern};
use crate::history::Reference;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct EventsArgs {
    #[command(subcommand)]
    command: Option<EventsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum EventsCommand {
    /// A line for each delivery, the newest last
    List(ListArgs),
    /// Request and answer of deliveries, whole
    Show {
        /// An id, a message id, the beginning of either, `last`, `@2`
        #[arg(required = true)]
        ids: Vec<Reference>,
        /// The body's bytes alone, as the app got them
        #[arg(long)]
        raw: bool,
    },
    /// Deliveries in a form that other programs read
    Export(ExportArgs),
    /// Forget what is kept
    Clear {
        /// Only what is older: `30m`, `24h`, or a plain number of seconds
        #[arg(long, value_name = "TIME", value_parser = duration)]
        older_than: Option<Duration>,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// How many of the newest
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 20)]
    count: usize,
    /// Go on with what comes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    /// The full screen: look, search, send again; it follows what comes
    #[arg(short, long, conflicts_with_all = ["follow", "count"])]
    interactive: bool,
    /// The app to which the full screen sends, when several set-ups run or none
    #[arg(long, alias = "app", value_name = "UPSTREAM", requires = "interactive")]
    upstream: Option<Upstream>,
}

#[derive(Debug, Args)]
struct ExportArgs {
    /// These; all that the filter admits when none is named
    ids: Vec<Reference>,
    /// The form
    #[arg(long, value_name = "FORM", default_value = "ndjson")]
    format: FormArg,
    /// Replace addresses, names, phone numbers, tokens and IP addresses by stable stand-ins
    #[arg(long)]
    redact: bool,
    /// Where to write; stdout when absent
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
}

/// Which deliveries are meant.
#[derive(Debug, Args)]
pub struct FilterArgs {
    /// Event types, `user.created` or `user.*`; repeatable
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// What came after: `10m`, a time, or a delivery's id
    #[arg(long, value_name = "MOMENT")]
    since: Option<Bound>,
    /// What came before: `10m`, a time, or a delivery's id
    #[arg(long, value_name = "MOMENT")]
    until: Option<Bound>,
    #[command(flatten)]
    content: ContentArgs,
}

/// What a delivery is like, whenever it came.
#[derive(Debug, Args)]
pub struct ContentArgs {
    /// Statuses of the answer, `200` or `4xx`; repeatable
    #[arg(long = "status", value_name = "STATUS", value_delimiter = ',')]
    statuses: Vec<StatusPattern>,
    /// Only what did not verify
    #[arg(long)]
    invalid: bool,
    /// Who caused it; repeatable
    #[arg(long = "origin", value_name = "ORIGIN", value_delimiter = ',', value_parser = origin)]
    origins: Vec<Origin>,
    /// What its body says: `data.id=user_1`, `data.email_addresses[*].email_address~@example.com`; repeatable
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<Condition>,
    /// A text in its target, a header or a body
    #[arg(long = "match", value_name = "TEXT")]
    text: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FormArg {
    Ndjson,
    Har,
    Curl,
}

impl FilterArgs {
    /// The filter.
    pub fn into_filter(self) -> Filter {
        Filter {
            types: self.types.iter().map(|text| Pattern::new(text)).collect(),
            since: self.since,
            until: self.until,
            ..self.content.into_filter()
        }
    }
}

impl ContentArgs {
    /// The filter.
    pub fn into_filter(self) -> Filter {
        Filter {
            statuses: self.statuses,
            invalid: self.invalid,
            origins: self.origins,
            conditions: self.conditions,
            text: self.text,
            ..Filter::default()
        }
    }
}

impl EventsArgs {
    /// The command's options.
    pub fn into_options(self, dry_run: bool) -> events::Options {
        let wish = match self.command.unwrap_or(EventsCommand::List(self.list)) {
            EventsCommand::List(list) if list.interactive => {
                Wish::Browse { filter: list.filter.into_filter(), upstream: list.upstream }
            }
            EventsCommand::List(list) => {
                Wish::List { filter: list.filter.into_filter(), count: list.count, follow: list.follow }
            }
            EventsCommand::Show { ids, raw } => Wish::Show { ids, raw },
            EventsCommand::Export(export) => Wish::Export {
                ids: export.ids,
                filter: export.filter.into_filter(),
                form: match export.format {
                    FormArg::Ndjson => Form::Ndjson,
                    FormArg::Har => Form::Har,
                    FormArg::Curl => Form::Curl,
                },
                redact: export.redact,
                output: export.output,
            },
            EventsCommand::Clear { older_than } => Wish::Clear { older_than },
        };
        events::Options { wish, dry_run }
    }
}

fn origin(text: &str) -> Result<Origin, String> {
    let words = || Origin::ALL.iter().map(|origin| origin.word()).collect::<Vec<_>>().join(", ");
    Origin::of(text).ok_or_else(|| format!("it is none of {}", words()))
}
