//! What is said before settings are known, or after everything else: help, usage, the log, the farewell.

use std::io;
use std::sync::Arc;

use anstream::ColorChoice;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::painted::{Painted, painted};
use super::stream::{Content, Stderr, Stdout};
use super::{human, json};
use crate::error::{Error, Result};

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
    say(match json {
        true => Content::Json(json::refusal(message)),
        false => Content::Lines(Painted::styled_lines(text.trim_end_matches('\n'))),
    });
}

/// Says what failed where nothing is known of how to talk.
pub fn fail(error: &Error) {
    say(Content::Lines(human::error(error, None, false)));
}

/// Says what is left behind by an end in haste: a second Ctrl-C, or something that hangs for too long.
pub fn farewell(late: bool, left: &[String]) {
    super::browser::restore();
    let when = if late { "Left after 5 s, as something hangs" } else { "Left at once" };
    let line = match left {
        [] => painted!("\n  {}; nothing stays behind.", when),
        left => painted!("\n  {}; this stays behind: {}.", when, left.join(", ")),
    };
    // Who does not read does not hold up the end.
    let _ = Stderr::stderr(ColorChoice::Auto, Arc::new(|| true)).write([Content::Lines(line)]);
    let _ = console::Term::stderr().show_cursor();
}

/// When stderr is closed there is nobody left to tell.
fn say(content: Content) {
    let _ = Stderr::stderr(ColorChoice::Auto, Arc::new(|| false)).write([content]);
}

/// Sends the log to stderr: `-v` calls and the like, `-vv` everything.
pub fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let format = tracing_subscriber::fmt::layer().with_writer(|| LogLine).with_ansi(false);
    let format = format.without_time().with_target(false);
    let filter = Targets::new().with_target("clerkhook", level);
    // A test may have installed one.
    let _ = tracing_subscriber::registry().with(format.with_filter(filter)).try_init();
}

/// Takes one line of the log at a time, which is how `tracing_subscriber::fmt` writes.
struct LogLine;

impl io::Write for LogLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        say(Content::Lines(Painted::text(text.trim_end_matches('\n'))));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
