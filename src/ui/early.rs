//! What is said before settings are known, or after everything else: help, usage, the log, the farewell.

use std::io::Write as _;

use serde_json::json;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Writes help or version to stdout; a closed pipe ends it quietly.
pub fn tell(text: &str) {
    let _ = write!(anstream::stdout(), "{text}");
}

/// Says that the command line is wrong.
pub fn refuse(text: &str, message: &str, json: bool) {
    let mut stderr = anstream::stderr();
    let _ = if json {
        let hint = "see `clerkhook --help`";
        let line = json!({
            "type": "error", "schema": 1, "code": "CH0005", "message": message, "hint": hint,
            "docs": "docs/errors.md#ch0005",
        });
        writeln!(stderr, "{line}")
    } else {
        write!(stderr, "{text}")
    };
}

/// Says what a second Ctrl-C leaves behind.
pub fn farewell(left: &[String]) {
    let mut stderr = anstream::stderr();
    let _ = match left {
        [] => writeln!(stderr, "\n  Left at once; nothing stays behind."),
        left => writeln!(stderr, "\n  Left at once; this stays behind: {}.", left.join(", ")),
    };
    let _ = console::Term::stderr().show_cursor();
}

/// Sends the log to stderr: `-v` calls and the like, `-vv` everything.
pub fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let format = tracing_subscriber::fmt::layer().with_writer(anstream::stderr).without_time().with_target(false);
    let filter = Targets::new().with_target("clerkhook", level);
    // A test may have installed one.
    let _ = tracing_subscriber::registry().with(format.with_filter(filter)).try_init();
}
