//! Output while a question stands on the terminal: it waits, so that nothing is written over the question, and whoever
//! writes does not wait for the person.

use super::stream::Content;

/// The lines that wait, and the terminal as it was before the question.
#[derive(Debug, Default)]
pub struct Held {
    /// In their order.
    pub lines: Vec<Line>,
    #[cfg(unix)]
    terminal: Option<nix::sys::termios::Termios>,
}

/// What waits and where it goes.
#[derive(Debug)]
pub enum Line {
    /// Data.
    Stdout(Content),
    /// Talk.
    Stderr(Content),
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
