//! A person's terminal: what stands on it, what is typed, and how it is set before and after.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use expectrl::process::Process as _;
use expectrl::process::unix::{UnixProcess, WaitStatus};
use nix::sys::termios::{LocalFlags, tcgetattr};

use crate::fixture::{Machine, PATIENCE, signal};

/// A terminal with a command on it.
pub struct Screen {
    process: UnixProcess,
    keyboard: File,
    bytes: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    all: String,
    before: LocalFlags,
}

/// How it ended.
pub struct End {
    /// All that was ever written, with its movements.
    pub all: String,
    /// What stands on the screen.
    pub seen: String,
    /// The exit code.
    pub code: i32,
}

impl Screen {
    /// The command on a terminal of this size.
    pub fn start(machine: &Machine, line: &str, (columns, rows): (u16, u16)) -> Self {
        let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
        command.env("TERM", "xterm-256color");
        Self::with(machine, command, (columns, rows))
    }

    /// A command with an environment of its own.
    pub fn with(machine: &Machine, command: std::process::Command, (columns, rows): (u16, u16)) -> Self {
        // The library sets size and echo of its own meanwhile, so the command waits until both are right.
        let words = [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy());
        let line = format!("stty echo && echo ready && read go && exec {}", words.collect::<Vec<_>>().join(" "));
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &line]).current_dir(machine.project()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let mut process = UnixProcess::spawn_command(shell).expect("a terminal");
        let keyboard = process.get_raw_handle().expect("a terminal");
        let mut reader = keyboard.try_clone().expect("a terminal");
        let (sender, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The system ends with an error what the other side has closed.
            while let Ok(count) = reader.read(&mut buffer) {
                if count == 0 || sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
        });
        process.set_window_size(columns, rows).expect("a size");
        let parser = vt100::Parser::new(rows, columns, 0);
        let mut screen = Self { process, keyboard, bytes, parser, all: String::new(), before: LocalFlags::empty() };
        screen.until("the shell is ready", |seen| seen.contents().contains("ready"));
        screen.before = screen.flags();
        screen.parser = vt100::Parser::new(rows, columns, 0);
        screen.all.clear();
        screen.press("go\n");
        screen
    }

    /// Types.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typed");
    }

    /// Gives it another size.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.parser.screen_mut().set_size(rows, columns);
        self.process.set_window_size(columns, rows).expect("a size");
    }

    /// Sends a signal to the command alone.
    pub fn signal(&self, name: &str) {
        signal(u32::try_from(self.process.pid().as_raw()).expect("a process"), name);
    }

    /// Waits until something holds for what stands on the screen.
    #[track_caller]
    pub fn until(&mut self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !holds(self.parser.screen()) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.bytes.recv_timeout(left) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("{what}: never, on\n{}\nof {:?}", self.parser.screen().contents(), self.all),
            }
        }
    }

    /// Presses a key until these words stand on it: what is typed while a screen takes the terminal over is dropped.
    #[track_caller]
    pub fn press_until_shown(&mut self, key: &str, words: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !joined(&self.parser.screen().contents()).contains(words) {
            assert!(Instant::now() < deadline, "{words}: never, on\n{}", self.parser.screen().contents());
            self.press(key);
            let soon = Instant::now() + Duration::from_secs(1);
            while let Ok(bytes) = self.bytes.recv_timeout(soon.saturating_duration_since(Instant::now())) {
                self.take(&bytes);
                if joined(&self.parser.screen().contents()).contains(words) {
                    return;
                }
            }
        }
    }

    /// Waits until these words stand on it, wherever its lines are broken.
    #[track_caller]
    pub fn until_shown(&mut self, words: &str) {
        let words = joined(words);
        self.until(&words, |seen| joined(&seen.contents()).contains(&words));
    }

    /// What stands on it.
    pub fn seen(&self) -> &vt100::Screen {
        self.parser.screen()
    }

    /// All that was written so far.
    pub fn all(&self) -> &str {
        &self.all
    }

    /// Waits for the end, after which the terminal is as it was.
    #[track_caller]
    pub fn finish(mut self) -> End {
        let deadline = Instant::now() + PATIENCE;
        while let Ok(bytes) = self.bytes.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.take(&bytes);
        }
        assert!(Instant::now() < deadline, "it does not end: {}", self.parser.screen().contents());
        let status = self.process.wait().expect("a status");
        let WaitStatus::Exited(_, code) = status else { panic!("{status:?}: {}", self.all) };
        assert_eq!(self.flags(), self.before, "the terminal stays as the question had set it: {}", self.all);
        assert!(!self.parser.screen().hide_cursor(), "the cursor is hidden: {}", self.all);
        End { seen: self.parser.screen().contents(), code, all: self.all }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.all.push_str(&String::from_utf8_lossy(bytes));
    }

    fn flags(&self) -> LocalFlags {
        tcgetattr(&self.keyboard).expect("a terminal").local_flags
    }
}

/// Text without the breaks of its lines.
fn joined(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
