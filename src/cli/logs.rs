//! The flags of `logs`.

use clap::{Args, Subcommand};

use super::history::FilterArgs;
use crate::commands::logs::{self, Wish};

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LogsArgs {
    #[command(subcommand)]
    command: Option<LogsCommand>,
    #[command(flatten)]
    list: ListArgs,
}

#[derive(Debug, Subcommand)]
enum LogsCommand {
    /// A line for each message, the newest last
    List(ListArgs),
    /// Every attempt to deliver a message, with its answer
    Show {
        /// A message id, or any name of a kept delivery
        #[arg(required = true)]
        messages: Vec<String>,
        #[command(flatten)]
        endpoint: EndpointArg,
    },
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Only what has not arrived: failed, tried again, or never sent
    #[arg(long)]
    failed: bool,
    /// How many of the newest
    #[arg(short = 'n', long = "count", value_name = "N", default_value_t = 20)]
    count: usize,
    /// Go on with what comes and changes, until Ctrl-C
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    endpoint: EndpointArg,
}

#[derive(Debug, Args)]
pub struct EndpointArg {
    /// Another endpoint of the instance than this machine's
    #[arg(long, value_name = "ep_…")]
    pub endpoint: Option<String>,
}

impl LogsArgs {
    /// The command's options.
    pub fn into_options(self) -> logs::Options {
        match self.command.unwrap_or(LogsCommand::List(self.list)) {
            LogsCommand::List(ListArgs { filter, failed, count, follow, endpoint }) => {
                let wish = Wish::List { filter: filter.into_filter(), failed, count, follow };
                logs::Options { endpoint: endpoint.endpoint, wish }
            }
            LogsCommand::Show { messages, endpoint } => {
                logs::Options { endpoint: endpoint.endpoint, wish: Wish::Show { messages } }
            }
        }
    }
}
