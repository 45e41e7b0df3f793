//! The terminal while the screen stands: taken over, drawn on, lent to others, and however it ends left as it was.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Once, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::draw::draw;
use super::keyboard::Keyboard;
use super::keymap::Input;
use super::look::Look;
use super::state::State;
use crate::ui::Ui;
use crate::ui::patient::{GivenUp, Patient};

/// More than this no terminal takes over to the clipboard, and some hang on it. In bytes.
const CLIPBOARD: usize = 75_000;

/// The screen stands on the terminal.
static STANDS: AtomicBool = AtomicBool::new(false);

/// How the terminal was set before.
#[cfg(unix)]
static BEFORE: Mutex<Option<nix::sys::termios::Termios>> = Mutex::new(None);

/// The panic hook is in its place.
static HOOKED: Once = Once::new();

type Backend = CrosstermBackend<BufWriter<Patient<Stdout>>>;

/// The screen. Dropped, it leaves the terminal as it was.
pub struct Screen {
    ui: Arc<Ui>,
    given_up: GivenUp,
    terminal: Terminal<Backend>,
    /// Columns and rows that it is drawn in.
    drawn: (u16, u16),
    keyboard: Option<Keyboard>,
    look: Look,
}

impl Screen {
    /// Takes the terminal over; what others say is held back meanwhile. `given_up` says whether a terminal that takes nothing
    /// is given up.
    ///
    /// # Errors
    /// The terminal's.
    pub fn open(ui: &Arc<Ui>, given_up: impl Fn() -> bool + Send + Sync + 'static) -> io::Result<Self> {
        HOOKED.call_once(|| {
            let told = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                told(panic);
            }));
        });
        let given_up: GivenUp = Arc::new(given_up);
        let look = Look::new(ui.coloured());
        let (terminal, drawn) = (terminal(&given_up, (0, 0))?, (0, 0));
        let mut screen = Self { ui: Arc::clone(ui), given_up, terminal, drawn, keyboard: None, look };
        screen.enter()?;
        Ok(screen)
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        crossterm::terminal::size().unwrap_or((80, 24))
    }

    /// Takes the terminal over again.
    ///
    /// # Errors
    /// The terminal's.
    pub fn enter(&mut self) -> io::Result<()> {
        remember();
        self.ui.output.hold();
        STANDS.store(true, Ordering::Release);
        execute!(self.terminal.backend_mut(), EnterAlternateScreen, EnableBracketedPaste, Hide)?;
        // Nothing of it stands there.
        self.drawn = (0, 0);
        self.keyboard = Some(Keyboard::begin()?);
        Ok(())
    }

    /// Gives the terminal back, as it was; what was held back is written now.
    pub fn leave(&mut self) {
        self.keyboard = None;
        restore();
        self.ui.output.release();
    }

    /// Gives the shell its turn, until it gives back ours.
    ///
    /// # Errors
    /// The terminal's.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        #[cfg(unix)]
        nix::sys::signal::raise(nix::sys::signal::Signal::SIGTSTP)?;
        self.enter()
    }

    /// Fits the state into the size that the terminal has now.
    pub fn fit(&self, state: &mut State) {
        let size = self.size();
        if size != state.size {
            state.update(Input::Resize(size.0, size.1));
        }
    }

    /// Draws the state.
    ///
    /// # Errors
    /// The terminal's.
    pub fn draw(&mut self, state: &State) -> io::Result<()> {
        // Somebody's panic has taken it off.
        if !STANDS.load(Ordering::Acquire) {
            self.leave();
            self.enter()?;
        }
        if self.drawn != state.size {
            // Its own way to do so asks the terminal where the cursor is, which not all answer.
            self.terminal = terminal(&self.given_up, state.size)?;
            self.drawn = state.size;
            execute!(self.terminal.backend_mut(), Clear(ClearType::All))?;
        }
        let look = self.look;
        self.terminal.draw(|frame| draw(frame, state, look))?;
        Ok(())
    }

    /// Draws all of it anew: somebody else may have written on it.
    ///
    /// # Errors
    /// The terminal's.
    pub fn refresh(&mut self) -> io::Result<()> {
        self.leave();
        self.enter()
    }

    /// The next key, or what else comes from the terminal; `None` when it is gone. Safe to cancel.
    pub async fn next(&mut self) -> Option<Input> {
        match &mut self.keyboard {
            Some(keyboard) => keyboard.next().await,
            None => None,
        }
    }

    /// Another that is there already.
    pub fn more(&mut self) -> Option<Input> {
        self.keyboard.as_mut().and_then(Keyboard::more)
    }

    /// Hands a text to the terminal's clipboard (xterm, control sequences, OSC 52); whether it is one that terminals take.
    /// None says whether it did.
    ///
    /// # Errors
    /// The terminal's.
    pub fn copy(&mut self, text: &str) -> io::Result<bool> {
        let encoded = STANDARD.encode(text);
        if encoded.len() > CLIPBOARD {
            return Ok(false);
        }
        let backend = self.terminal.backend_mut();
        write!(backend, "\u{1b}]52;c;{encoded}\u{7}")?;
        Write::flush(backend)?;
        Ok(true)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Takes the screen off the terminal, from wherever the process ends; nothing where there is none.
pub fn restore() {
    if !STANDS.swap(false, Ordering::AcqRel) {
        return;
    }
    // Who has no terminal any more needs none to be restored.
    let _ = execute!(
        Patient::new(io::stdout(), Arc::new(|| true) as GivenUp),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    );
    #[cfg(unix)]
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
        use nix::sys::termios::{SetArg, tcsetattr};
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &before);
    }
}

/// A terminal to draw on in this size.
fn terminal(given_up: &GivenUp, (width, height): (u16, u16)) -> io::Result<Terminal<Backend>> {
    let writer = BufWriter::new(Patient::new(io::stdout(), Arc::clone(given_up)));
    let viewport = Viewport::Fixed(Rect { x: 0, y: 0, width, height });
    Terminal::with_options(CrosstermBackend::new(writer), TerminalOptions { viewport })
}

fn remember() {
    #[cfg(unix)]
    {
        let mut before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner);
        if before.is_none() {
            *before = nix::sys::termios::tcgetattr(io::stdin()).ok();
        }
    }
}
