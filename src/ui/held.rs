//! Output while a question stands on the terminal: it waits, so that nothing is written over the question, and whoever
//! writes does not wait for the person.

use super::Ui;

/// The lines that wait, and the terminal as it was before the question.
#[derive(Debug, Default)]
pub struct Held {
    /// In their order.
    pub lines: Vec<Line>,
    #[cfg(unix)]
    terminal: Option<nix::sys::termios::Termios>,
}

/// A line and where it goes.
#[derive(Debug)]
pub enum Line {
    /// Data.
    Stdout(String),
    /// Talk.
    Stderr(String),
}

impl Held {
    /// Remembers how the terminal is set, and has it hand over key by key from now on: nothing is shown by itself, and
    /// what was typed before the question was seen is no answer to it.
    pub fn begin() -> Self {
        Self {
            lines: Vec::new(),
            #[cfg(unix)]
            terminal: by_key(),
        }
    }

    /// Sets the terminal as it was.
    pub fn end(self) -> Vec<Line> {
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            use nix::sys::termios::{SetArg, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, terminal);
        }
        self.lines
    }
}

/// Sets the terminal to hand over key by key, for the whole question: between two keys of a pasted secret it would
/// show what comes. Gives how it was.
#[cfg(unix)]
fn by_key() -> Option<nix::sys::termios::Termios> {
    use nix::sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr};
    let before = tcgetattr(std::io::stdin()).ok()?;
    let mut raw = before.clone();
    cfmakeraw(&mut raw);
    // Lines still end where they ended before.
    raw.output_flags = before.output_flags;
    let _ = tcsetattr(std::io::stdin(), SetArg::TCSAFLUSH, &raw);
    Some(before)
}

impl Ui {
    /// Holds every line back while a question stands.
    pub fn hold(&self) {
        let mut streams = self.streams();
        streams.steps.hide();
        streams.held = Some(Held::begin());
    }

    /// Writes what was held back.
    pub fn release(&self) {
        let mut streams = self.streams();
        let Some(held) = streams.held.take() else { return };
        streams.steps.show();
        drop(streams);
        for line in held.end() {
            match line {
                Line::Stdout(text) => self.stdout(&text),
                Line::Stderr(text) => self.stderr(&text),
            }
        }
    }
}
