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
    /// Remembers how the terminal is set.
    pub fn begin() -> Self {
        Self {
            lines: Vec::new(),
            #[cfg(unix)]
            terminal: nix::sys::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }

    /// Sets the terminal as it was: a question that was left without an answer has switched off echo and line ends.
    pub fn end(self) -> Vec<Line> {
        // dialoguer hides the cursor while it asks and leaves it hidden on Ctrl-C.
        let _ = console::Term::stderr().show_cursor();
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            use nix::sys::termios::{SetArg, tcsetattr};
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSADRAIN, terminal);
        }
        self.lines
    }
}
