//! The flags that edit a body, and those that give one.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::payload::{self, Edit};

/// `--set` and `--unset`, in the order in which they were typed.
#[derive(Debug, Default)]
pub struct EditArgs(pub Vec<Edit>);

impl Args for EditArgs {
    fn augment_args(command: Command) -> Command {
        let arg = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Append);
        command
            .arg(
                arg("set")
                    .value_name("PATH=VALUE")
                    .value_parser(set)
                    .help("Set a value: `data.first_name=Ada`, `data.email_addresses[0].reserved=true`; repeatable"),
            )
            .arg(arg("unset").value_name("PATH").value_parser(unset).help("Remove a value; repeatable"))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EditArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let of = |name: &str| {
            let places = matches.indices_of(name).unwrap_or_default();
            let edits = matches.get_many::<Edit>(name).unwrap_or_default().cloned();
            places.zip(edits).collect::<Vec<_>>()
        };
        let mut placed = [of("set"), of("unset")].concat();
        placed.sort_by_key(|(place, _)| *place);
        Ok(Self(placed.into_iter().map(|(_, edit)| edit).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// `PATH=VALUE`; what is no JSON is a string, unless it was meant to be JSON: a shell takes the quotes out of
/// `data.public_metadata={"plan":"pro"}`.
fn set(text: &str) -> Result<Edit, String> {
    let (path, value) = text.split_once('=').ok_or("expected `PATH=VALUE`")?;
    let path = path.parse().map_err(|fault: payload::PathFault| fault.to_string())?;
    match serde_json::from_str(value) {
        Ok(json) => Ok(Edit::Set(path, json)),
        Err(_) if value.starts_with('{') => {
            Err("the value begins like JSON and is none; quote it for the shell: `--set 'PATH={\"a\":1}'`".to_owned())
        }
        Err(_) => Ok(Edit::Set(path, value.into())),
    }
}

/// `PATH`.
fn unset(text: &str) -> Result<Edit, String> {
    text.parse().map(Edit::Unset).map_err(|fault: payload::PathFault| fault.to_string())
}

/// `@FILE`; `@-` is stdin.
pub fn body_file(text: &str) -> Result<PathBuf, String> {
    let path = text.strip_prefix('@').ok_or("expected `@FILE`, or `@-` for stdin")?;
    Ok(path.into())
}

/// `NAME: VALUE`.
pub fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("expected `NAME: VALUE`")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err("a header's name has letters, digits and `-`".to_owned());
    }
    Ok((name.to_owned(), value.trim().to_owned()))
}
