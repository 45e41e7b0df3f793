//! What is said before settings are known: help and usage.

use std::io;
use std::sync::Arc;

use anstream::ColorChoice;

use super::json;
use super::painted::Painted;
use super::stream::{Content, Stderr, Stdout};
use crate::error::{Error, Result};
use crate::report::{Failure, Report};

/// What helps with a wrong command line.
const SEE_HELP: &str = "see `clerkhook --help`";

/// Writes help or version to stdout; a closed pipe ends it quietly.
///
/// # Errors
/// `OutputUnwritable`.
pub fn tell(text: &str) -> Result<()> {
    let help = Content::Lines(Painted::styled_lines(text.trim_end_matches('\n')));
    match Stdout::stdout(ColorChoice::Auto, Arc::new(|| false)).write([help]) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::OutputUnwritable { cause: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Says that the command line is wrong.
pub fn refuse(text: &str, message: &str, json: bool) {
    let said = match json {
        true => json::line(&Report::Error(Failure::new("CH0005", message.to_owned(), SEE_HELP.to_owned()))),
        false => Some(Content::Lines(Painted::styled_lines(text.trim_end_matches('\n')))),
    };
    said.into_iter().for_each(say);
}

/// When stderr is closed there is nobody left to tell.
fn say(content: Content) {
    let _ = Stderr::stderr(ColorChoice::Auto, Arc::new(|| false)).write([content]);
}
