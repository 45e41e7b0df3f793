//! What a person wants that the screen itself cannot do. Whoever shows the screen carries it out, and hands the outcome back.

use super::text::Plain;
use crate::delivery::Id;

/// A wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Leave the screen.
    Leave,
    /// Give the shell its turn (Ctrl-Z).
    Suspend,
    /// Send a delivery again.
    Replay(Id),
    /// Have its body edited.
    Edit(Id),
    /// Send what was edited in its place, signed afresh.
    Send {
        /// What was edited.
        id: Id,
        /// The body.
        body: Vec<u8>,
    },
    /// Its request as a command for a shell.
    Curl(Id),
    /// Its id for the clipboard.
    CopyId(Id),
    /// Write it to a file.
    Save {
        /// Which.
        id: Id,
        /// Where to; the ending says in which form.
        path: String,
    },
    /// Build an event of this type, and send it to the app.
    Trigger(String),
}

/// What came of a wish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// One line.
    Said {
        /// Whether it went as wished.
        well: bool,
        /// The line.
        line: Plain,
    },
    /// A text to read or to copy by hand, with a line about it.
    Text {
        /// What it is.
        title: Plain,
        /// The text.
        lines: Vec<Plain>,
    },
    /// What an editor made of a body: shown before it is sent.
    Edited {
        /// What was edited.
        id: Id,
        /// The new body.
        body: Vec<u8>,
        /// What it says otherwise, a line each.
        changes: Vec<Plain>,
    },
}

impl Outcome {
    /// It went well.
    pub fn well(line: &str) -> Self {
        Self::Said { well: true, line: Plain::of(line) }
    }

    /// It did not.
    pub fn badly(line: &str) -> Self {
        Self::Said { well: false, line: Plain::of(line) }
    }
}
