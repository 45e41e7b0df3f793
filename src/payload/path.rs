//! Paths into a body: `data.email_addresses[0].email_address`.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// A text that is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is no path: {why}")]
pub struct PathFault {
    /// As it was typed.
    pub path: String,
    /// What is wrong with it.
    pub why: &'static str,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A member of an object.
    Name(String),
    /// An element of an array, from 0.
    Index(usize),
}

/// A path of at least one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The steps from the outside in.
    pub parts: Vec<Part>,
}

impl Path {
    /// What stands at this path.
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.parts.iter().try_fold(value, |value, part| match part {
            Part::Name(name) => value.get(name),
            Part::Index(index) => value.get(index),
        })
    }

    /// The first `count` steps as text; the whole body is `(body)`.
    pub fn prefix(&self, count: usize) -> String {
        if count == 0 {
            return "(body)".to_owned();
        }
        Self { parts: self.parts[..count].to_vec() }.to_string()
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            match part {
                Part::Index(index) => write!(formatter, "[{index}]")?,
                Part::Name(name) if place == 0 => formatter.write_str(name)?,
                Part::Name(name) => write!(formatter, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Path {
    type Err = PathFault;

    fn from_str(text: &str) -> Result<Self, PathFault> {
        let fault = |why| PathFault { path: text.to_owned(), why };
        let mut parts = Vec::new();
        for piece in text.split('.') {
            let (name, mut rest) = piece.split_at(piece.find('[').unwrap_or(piece.len()));
            if !name.is_empty() {
                parts.push(Part::Name(name.to_owned()));
            } else if rest.is_empty() || !parts.is_empty() {
                return Err(fault("a name is missing"));
            }
            while !rest.is_empty() {
                let inner = rest.strip_prefix('[').ok_or_else(|| fault("after `]` comes `[`, `.` or nothing"))?;
                let (index, after) = inner.split_once(']').ok_or_else(|| fault("a `]` is missing"))?;
                let index = index.parse().map_err(|_| fault("between `[` and `]` stands a number from 0"))?;
                parts.push(Part::Index(index));
                rest = after;
            }
        }
        Ok(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indexes_are_read_and_written_back() {
        for text in ["data", "data.first_name", "data.email_addresses[0].email_address", "[1][2].x", "a[0][1]"] {
            assert_eq!(text.parse::<Path>().expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_path_says_why() {
        for (text, why) in [
            ("", "a name is missing"),
            ("data.", "a name is missing"),
            ("a..b", "a name is missing"),
            ("a.[0]", "a name is missing"),
            ("a[", "a `]` is missing"),
            ("a[x]", "between `[` and `]` stands a number from 0"),
            ("a[0]b", "after `]` comes `[`, `.` or nothing"),
        ] {
            assert_eq!(text.parse::<Path>(), Err(PathFault { path: text.to_owned(), why }), "{text}");
        }
    }
}
