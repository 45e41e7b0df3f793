//! Which answers are wanted: any of a class, or one status.

use std::fmt;
use std::str::FromStr;

/// The statuses that count as right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// `2xx`: every status that begins with this digit.
    Class(u16),
    /// `409`.
    Status(u16),
}

impl Default for Expected {
    /// What Svix counts as delivered.
    fn default() -> Self {
        Self::Class(2)
    }
}

impl Expected {
    /// Whether a status is one of them.
    pub fn holds(self, status: u16) -> bool {
        match self {
            Self::Class(class) => status / 100 == class,
            Self::Status(wanted) => status == wanted,
        }
    }

    /// Whether only a delivered event is right.
    pub fn is_success(self) -> bool {
        matches!(self, Self::Class(2) | Self::Status(200..=299))
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Class(class) => write!(formatter, "{class}xx"),
            Self::Status(status) => write!(formatter, "{status}"),
        }
    }
}

impl FromStr for Expected {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
        let fault = || "expected `2xx`, `4xx` or a status such as `409`".to_owned();
        match class {
            Some(class) => match class.parse() {
                Ok(class @ 2..=5) => Ok(Self::Class(class)),
                _ => Err(fault()),
            },
            None => match text.parse() {
                Ok(status @ 200..=599) => Ok(Self::Status(status)),
                _ => Err(fault()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_and_statuses_are_read_and_hold() {
        for (text, right, wrong) in [("2xx", 204, 301), ("4xx", 400, 500), ("5XX", 503, 499), ("409", 409, 400)] {
            let expected: Expected = text.parse().expect(text);
            assert!(expected.holds(right) && !expected.holds(wrong), "{text}");
            assert_eq!(expected.to_string(), text.to_lowercase());
        }
        for text in ["", "xx", "1xx", "6xx", "20", "99", "600", "2x", "ok", "-2xx"] {
            assert!(text.parse::<Expected>().is_err(), "{text}");
        }
    }
}
