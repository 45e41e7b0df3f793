//! Colour, which is never the only carrier of a meaning.

use anstyle::{AnsiColor, Style};

use super::painted::{Painted, Part};
use crate::report::{Health, Signature, Status};

/// Green: done, valid, 2xx.
pub const GOOD: Style = AnsiColor::Green.on_default();
/// Yellow: works, but look.
pub const ODD: Style = AnsiColor::Yellow.on_default();
/// Red: failed, invalid, 4xx and 5xx.
pub const BAD: Style = AnsiColor::Red.on_default();
/// Dimmed: less important.
pub const FAINT: Style = Style::new().dimmed();
/// Bold: what the eye should find.
pub const STRONG: Style = Style::new().bold();
/// Cyan: names in a payload.
pub const NAME: Style = AnsiColor::Cyan.on_default();

/// `text` between the codes of a style; the stream drops the codes where no colour is wanted.
pub fn paint(style: Style, text: impl Part) -> Painted {
    Painted::in_style(style, &text)
}

/// The mark at the beginning of a step's line.
pub fn step_mark(status: Status) -> Painted {
    match status {
        Status::Start => paint(FAINT, "·"),
        Status::Ok => paint(GOOD, "✓"),
        Status::Skip => paint(FAINT, "-"),
        Status::Warn => paint(ODD, "!"),
        Status::Fail => paint(BAD, "✗"),
    }
}

/// The mark and the word of a check.
pub fn health_mark(health: Health) -> Painted {
    match health {
        Health::Ok => paint(GOOD, "✓ ok  "),
        Health::Warn => paint(ODD, "! warn"),
        Health::Fail => paint(BAD, "✗ fail"),
        Health::Skip => paint(FAINT, "- skip"),
    }
}

/// The colour of a verdict.
pub fn signature_style(signature: Signature) -> Style {
    match signature {
        Signature::Valid => GOOD,
        Signature::Invalid => BAD,
        Signature::Unchecked => FAINT,
    }
}

/// The colour of an HTTP status.
pub fn status_style(status: Option<u16>) -> Style {
    match status {
        Some(200..=299) => GOOD,
        Some(300..=399) => ODD,
        Some(_) => BAD,
        None => FAINT,
    }
}
