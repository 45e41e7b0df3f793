//! The only place that writes to stdout and stderr. What leaves is one of the kinds of [`Content`], and each is made
//! safe here and nowhere else.

use std::io::{self, Write};

use anstream::stream::{IsTerminal, RawStream};
use anstream::{AutoStream, ColorChoice};

use super::json_line::JsonLine;
use super::painted::Painted;
use super::patient::{GivenUp, Patient};
use crate::payload;
use crate::secret::mask_text;

/// A longer text is written in pieces.
const PIECE: usize = 64 * 1024;

/// What can be written.
#[derive(Debug)]
pub enum Content {
    /// Lines for a person: masked.
    Lines(Painted),
    /// The sandbox's addresses: its own key opens nothing else, and is what is asked for.
    Unmasked(Painted),
    /// A line for a program: masked when it was made, where its texts are still apart.
    Json(JsonLine),
    /// What is exact or of no use: a secret that was asked for, a payload, a text for another program. Nothing is
    /// masked. A terminal gets it without control characters.
    Exact(Vec<u8>),
}

impl Content {
    /// A text for another program, and an end of line.
    pub fn text(text: &str) -> Self {
        Self::Exact(format!("{text}\n").into_bytes())
    }
}

/// One of the two streams.
#[derive(Debug)]
pub struct Stream<S> {
    inner: S,
    colour: bool,
    terminal: bool,
}

/// Where data goes.
pub type Stdout = Stream<Patient<io::Stdout>>;

/// Where talk goes.
pub type Stderr = Stream<Patient<io::Stderr>>;

impl Stdout {
    /// The process's own.
    pub fn stdout(choice: ColorChoice, given_up: GivenUp) -> Self {
        Self::new(io::stdout, choice, given_up)
    }
}

impl Stderr {
    /// The process's own.
    pub fn stderr(choice: ColorChoice, given_up: GivenUp) -> Self {
        Self::new(io::stderr, choice, given_up)
    }
}

impl<S: RawStream + IsTerminal> Stream<Patient<S>> {
    fn new(open: impl Fn() -> S, choice: ColorChoice, given_up: GivenUp) -> Self {
        // It also switches a console of Windows to colours.
        let colour = AutoStream::new(open(), choice).current_choice() == ColorChoice::AlwaysAnsi;
        let inner = open();
        Self { terminal: inner.is_terminal(), inner: Patient::new(inner, given_up), colour }
    }
}

impl<S: Write> Stream<S> {
    /// Whether a person looks at it.
    pub fn terminal(&self) -> bool {
        self.terminal
    }

    /// Whether colours are wanted.
    pub fn coloured(&self) -> bool {
        self.colour
    }

    /// Writes all of it, to the last byte.
    ///
    /// # Errors
    /// The system's: nobody reads any more, or a disk is full.
    pub fn write(&mut self, contents: impl IntoIterator<Item = Content>) -> io::Result<()> {
        let mut waiting = Vec::new();
        for content in contents {
            self.render(&content, &mut waiting);
            if waiting.len() >= PIECE {
                self.inner.write_all(&waiting)?;
                waiting.clear();
            }
        }
        self.inner.write_all(&waiting)?;
        self.inner.flush()
    }

    fn render(&self, content: &Content, into: &mut Vec<u8>) {
        match content {
            Content::Lines(lines) => self.line(&mask_text(lines.as_str()), into),
            Content::Unmasked(lines) => self.line(lines.as_str(), into),
            Content::Json(line) => {
                into.extend_from_slice(line.as_str().as_bytes());
                into.push(b'\n');
            }
            Content::Exact(bytes) if self.terminal => {
                into.extend_from_slice(Painted::lines(&payload::readable(bytes)).as_str().as_bytes());
            }
            Content::Exact(bytes) => into.extend_from_slice(bytes),
        }
    }

    fn line(&self, text: &str, into: &mut Vec<u8>) {
        match self.colour {
            true => into.extend_from_slice(text.as_bytes()),
            false => into.extend_from_slice(anstream::adapter::strip_str(text).to_string().as_bytes()),
        }
        into.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::paint::{BAD, paint};
    use crate::ui::painted::painted;

    fn written(terminal: bool, colour: bool, content: Content) -> Vec<u8> {
        let mut stream = Stream { inner: Vec::new(), colour, terminal };
        stream.write([content]).expect("a vector takes all");
        stream.inner
    }

    #[test]
    fn exact_bytes_stay_but_on_a_terminal() {
        let bytes = b"a\xff\x1b[2J\r\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX".to_vec();
        assert_eq!(written(false, false, Content::Exact(bytes.clone())), bytes);
        let shown = String::from_utf8(written(true, true, Content::Exact(bytes))).expect("text");
        assert_eq!(shown, "a\\xff\\u{1b}[2J\\r\nwhsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
    }

    proptest! {
        #[test]
        fn what_leaves_is_harmless_and_hides_secrets(text in any::<String>(), colour: bool, bytes: Vec<u8>) {
            let secret = "sk_test_hideHIDEhideHIDE";
            let hostile = format!("{text} {secret}{text}");
            let lines = painted!("{}  {}\n{}", hostile, paint(BAD, &hostile), hostile);
            let shown = String::from_utf8(written(false, colour, Content::Lines(lines))).expect("text");
            prop_assert!(!shown.contains(secret), "{}", shown);
            prop_assert_eq!(shown.matches('\u{1b}').count(), if colour { 2 } else { 0 });
            let plain = anstream::adapter::strip_str(&shown).to_string();
            prop_assert!(!plain.chars().any(|c| c.is_control() && c != '\n'));
            let terminal = String::from_utf8(written(true, colour, Content::Exact(bytes))).expect("text");
            prop_assert!(!terminal.chars().any(|c| c.is_control() && c != '\n'));
        }
    }
}
