//! The commands, their flags and the exit codes as values, from clap's own tree.

use clap::{Arg, ArgAction, Command, CommandFactory as _};

use super::Cli;
use crate::error::Exit;
use crate::report::{self, Argument, ExitCode, Flag, Report};

/// A line for each command, and one for each exit code.
pub fn reference() -> Vec<Report> {
    let mut tree = Cli::command();
    // So that each command knows the flags that clap adds.
    tree.build();
    let mut lines = Vec::new();
    describe(&tree, tree.get_name(), true, &mut lines);
    lines.extend(Exit::all().map(|(exit, means)| Report::Exit(ExitCode { exit, means })));
    lines
}

fn describe(command: &Command, name: &str, top: bool, lines: &mut Vec<Report>) {
    let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
    let (positional, named): (Vec<&Arg>, Vec<&Arg>) = shown.partition(|argument| argument.is_positional());
    lines.push(Report::Command(report::Command {
        command: name.to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        arguments: positional.into_iter().map(argument).collect(),
        flags: named.into_iter().filter(|argument| top || !argument.is_global_set()).filter_map(flag).collect(),
    }));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help" || top) {
        describe(below, &format!("{name} {}", below.get_name()), false, lines);
    }
}

fn argument(argument: &Arg) -> Argument {
    Argument {
        name: argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default(),
        help: help(argument),
        required: argument.is_required_set(),
        repeatable: repeatable(argument),
        values: values(argument),
    }
}

fn flag(argument: &Arg) -> Option<Flag> {
    let takes = argument.get_action().takes_values();
    let named = argument.get_value_names().filter(|_| takes).and_then(|names| names.first());
    let default: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    Some(Flag {
        flag: format!("--{}", argument.get_long()?),
        short: argument.get_short().map(|short| format!("-{short}")),
        value: named.map(ToString::to_string),
        help: help(argument),
        default: (takes && !default.is_empty()).then(|| default.join(",")),
        repeatable: repeatable(argument),
        values: if takes { values(argument) } else { Vec::new() },
    })
}

fn help(argument: &Arg) -> String {
    argument.get_help().map(ToString::to_string).unwrap_or_default()
}

fn repeatable(argument: &Arg) -> bool {
    let several = argument.get_num_args().is_some_and(|count| count.max_values() > 1);
    several || matches!(argument.get_action(), ArgAction::Append | ArgAction::Count)
}

fn values(argument: &Arg) -> Vec<String> {
    argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect()
}
