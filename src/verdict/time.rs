//! The timestamp header: what it says, and how far from now that is.

use super::{Cause, Terms};

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Unix seconds.
    Seconds(i64),
    /// Unix milliseconds, from 2001 on.
    Milliseconds(i64),
    /// Something else.
    Other,
}

/// In seconds this is the year 33658; in milliseconds 2001.
const MILLISECONDS: i64 = 1_000_000_000_000;

impl Time {
    /// Reads the header as Svix's libraries do: a number, not before 1970.
    pub fn read(text: &str) -> Self {
        match text.parse::<i64>() {
            Ok(number) if number >= MILLISECONDS => Self::Milliseconds(number),
            Ok(number) if number >= 0 => Self::Seconds(number),
            _ => Self::Other,
        }
    }

    /// In seconds.
    pub fn seconds(self) -> Option<i64> {
        match self {
            Self::Seconds(seconds) => Some(seconds),
            Self::Milliseconds(milliseconds) => Some(milliseconds / 1000),
            Self::Other => None,
        }
    }

    /// Why no verifier takes it.
    pub fn fault(self) -> Option<Cause> {
        match self {
            Self::Seconds(_) => None,
            Self::Milliseconds(_) => Some(Cause::TimestampMilliseconds),
            Self::Other => Some(Cause::TimestampNotSeconds),
        }
    }

    /// The texts over which it may be signed.
    pub fn spellings(self, text: &str) -> Vec<String> {
        match self {
            // `007` is signed as `7`, as by Svix's libraries.
            Self::Seconds(seconds) => vec![seconds.to_string()],
            Self::Milliseconds(milliseconds) => vec![milliseconds.to_string(), (milliseconds / 1000).to_string()],
            Self::Other => vec![text.to_owned()],
        }
    }
}

/// Why an age is refused: too old, too new, or a clock that is wrong by as much.
pub fn judge(age: i64, terms: &Terms) -> Option<Cause> {
    let allowed = terms.tolerance?;
    let refused = |age: i64| age > allowed || age < -allowed;
    if !refused(age) {
        return None;
    }
    if let Some(off) = terms.clock_ahead
        && !refused(age.saturating_sub(off))
    {
        return Some(Cause::ClockSkew { off: off.saturating_abs(), ahead: off > 0 });
    }
    let ahead = age.saturating_neg();
    Some(if age > 0 { Cause::TimestampTooOld { age, allowed } } else { Cause::TimestampTooNew { ahead, allowed } })
}
