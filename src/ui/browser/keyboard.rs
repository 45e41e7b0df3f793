//! The keyboard while the screen stands: read on a thread of its own, which ends before another program gets the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::keymap::{Input, Key};

/// How long one look at the keyboard waits.
const LOOK: Duration = Duration::from_millis(20);

/// How long the thread may take to end; on a terminal that is gone it may not.
const ENDS_WITHIN: Duration = Duration::from_millis(200);

/// Keys that wait for the screen.
const WAITING: usize = 64;

/// The keyboard.
pub struct Keyboard {
    inputs: Receiver<Input>,
    wanted: Arc<AtomicBool>,
    ended: std::sync::mpsc::Receiver<()>,
}

impl Keyboard {
    /// Begins to read.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn begin() -> io::Result<Self> {
        let (sender, inputs) = channel(WAITING);
        let (ending, ended) = std::sync::mpsc::channel();
        let wanted = Arc::new(AtomicBool::new(true));
        let reading = Arc::clone(&wanted);
        std::thread::Builder::new().name("keyboard".to_owned()).spawn(move || {
            // A terminal that is gone says nothing any more.
            let _ = read(&sender, &reading);
            let _ = ending.send(());
        })?;
        Ok(Self { inputs, wanted, ended })
    }

    /// The next one; `None` when the terminal is gone. Safe to cancel.
    pub async fn next(&mut self) -> Option<Input> {
        self.inputs.recv().await
    }

    /// Another that is there already.
    pub fn more(&mut self) -> Option<Input> {
        self.inputs.try_recv().ok()
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.wanted.store(false, Ordering::Release);
        self.inputs.close();
        let _ = self.ended.recv_timeout(ENDS_WITHIN);
    }
}

fn read(sender: &Sender<Input>, wanted: &AtomicBool) -> io::Result<()> {
    while wanted.load(Ordering::Acquire) {
        if event::poll(LOOK)?
            && let Some(input) = input(event::read()?)
            && sender.blocking_send(input).is_err()
        {
            break;
        }
    }
    Ok(())
}

fn input(event: Event) -> Option<Input> {
    match event {
        Event::Resize(columns, rows) => Some(Input::Resize(columns, rows)),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Key(pressed) if pressed.kind != KeyEventKind::Release => {
            key(pressed.code, pressed.modifiers).map(Input::Key)
        }
        _ => None,
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    Some(match code {
        KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => Key::Ctrl(c.to_ascii_lowercase()),
        // With Alt it is another key, which means nothing here.
        KeyCode::Char(_) if modifiers.contains(KeyModifiers::ALT) => return None,
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        _ => return None,
    })
}
