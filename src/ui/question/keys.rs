//! The keys that a person presses while a question stands.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use console::{Key, Term};

/// How long a question that was given up still looks at the keyboard, in milliseconds.
#[cfg(unix)]
const LOOK: u8 = 50;

/// What Ctrl-D and Ctrl-U are in a terminal that is read key by key.
const CTRL_D: char = '\u{4}';
const CTRL_U: char = '\u{15}';

/// The keyboard, as long as the question stands.
pub struct Keys {
    /// Where the question is drawn.
    pub term: Term,
    stands: Arc<AtomicBool>,
}

/// What was pressed, as far as a question cares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Press {
    /// A character that shows.
    Letter(char),
    /// Take it.
    Enter,
    /// Leave the question: Escape, Ctrl-C, Ctrl-D.
    Leave,
    /// Take the last character back.
    Back,
    /// Take all back.
    Clear,
    /// Rows down; up when negative.
    Move(isize),
    /// Anything else.
    Other,
}

/// As far as a page or a whole list can be.
const FAR: isize = 10_000;

impl Keys {
    /// `stands` ends when nobody waits for the answer any more.
    pub fn new(stands: Arc<AtomicBool>) -> Self {
        Self { term: Term::stderr(), stands }
    }

    /// The next one. A question that was given up takes no key from whoever reads the terminal next.
    ///
    /// # Errors
    /// When the terminal is gone, or the question was given up.
    pub fn next(&self) -> io::Result<Press> {
        self.wait()?;
        Ok(match self.term.read_key_raw()? {
            Key::Escape | Key::CtrlC | Key::Char(CTRL_D) => Press::Leave,
            Key::Enter => Press::Enter,
            Key::Backspace => Press::Back,
            Key::Char(CTRL_U) => Press::Clear,
            Key::ArrowUp => Press::Move(-1),
            Key::ArrowDown | Key::Tab => Press::Move(1),
            Key::PageUp => Press::Move(-5),
            Key::PageDown => Press::Move(5),
            Key::Home => Press::Move(-FAR),
            Key::End => Press::Move(FAR),
            Key::Char(letter) if !letter.is_control() => Press::Letter(letter),
            _ => Press::Other,
        })
    }

    #[cfg(unix)]
    fn wait(&self) -> io::Result<()> {
        use std::os::fd::AsFd as _;

        use nix::poll::{PollFd, PollFlags, poll};
        let stdin = io::stdin();
        while self.stands.load(Ordering::Acquire) {
            let mut ready = [PollFd::new(stdin.as_fd(), PollFlags::POLLIN)];
            match poll(&mut ready, LOOK) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
        Err(io::ErrorKind::Interrupted.into())
    }

    #[cfg(not(unix))]
    fn wait(&self) -> io::Result<()> {
        if self.stands.load(Ordering::Acquire) { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
    }
}
