//! What the screen shows, and what a key makes of it. It draws nothing and reads nothing: whoever shows it hands rows and
//! details in, and carries wishes out.

use super::detail::Detail;
use super::entry::{Entry, Purpose};
use super::keymap::{Command, Input, Key, Place, command};
use super::layout::Layout;
use super::list::List;
use super::sheet::Sheet;
use super::text::Plain;
use super::whole::{Tab, Whole};
use super::wish::{Outcome, Wish};
use crate::delivery::{Filter, Id};

/// What runs, for the first line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// It is ready.
    pub ready: bool,
    /// The public address of the app's route.
    pub url: Plain,
    /// The app's address.
    pub upstream: Plain,
    /// Verified on the way, and by whom.
    pub secured: Option<Plain>,
}

/// What lies over list or detail, and takes the keys.
#[derive(Clone, Debug)]
pub enum Over {
    /// A line to type, at the bottom.
    Entry(Entry),
    /// The keys.
    Help(Sheet),
    /// A text to read or copy.
    Text {
        /// What it is.
        title: Plain,
        /// The text.
        sheet: Sheet,
    },
    /// What was edited, before it is sent.
    Send {
        /// What was edited.
        id: Id,
        /// The new body.
        body: Vec<u8>,
        /// What it says otherwise.
        sheet: Sheet,
    },
}

/// A line about what came of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Whether it is good news; `None` while it is under way.
    pub well: Option<bool>,
    /// The line.
    pub line: Plain,
}

/// The screen's state.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Columns, rows.
    pub size: (u16, u16),
    /// What runs.
    pub running: Option<Running>,
    /// The list.
    pub list: List,
    /// The detail that lies over it.
    pub detail: Option<Detail>,
    /// What lies over both.
    pub over: Option<Over>,
    /// What came of the last thing.
    pub message: Option<Message>,
}

impl State {
    /// The screen at its start.
    pub fn new(size: (u16, u16), filter: Filter) -> Self {
        let mut state = Self { size, ..Self::default() };
        state.list.narrowing.filter = filter;
        state.lay_out();
        state
    }

    /// What a key makes of it; what the screen cannot do itself is a wish.
    pub fn update(&mut self, input: Input) -> Option<Wish> {
        let wish = match input {
            Input::Resize(columns, rows) => {
                self.size = (columns, rows);
                None
            }
            Input::Paste(text) => {
                if let Some(Over::Entry(entry)) = &mut self.over {
                    entry.insert(&text);
                }
                None
            }
            Input::Key(key) => self.press(key),
        };
        self.lay_out();
        wish
    }

    /// Takes what came of a wish.
    pub fn outcome(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Said { well, line } => self.message = Some(Message { well: Some(well), line }),
            Outcome::Text { title, lines } => {
                self.message = None;
                self.over = Some(Over::Text { title, sheet: Sheet::of(lines) });
            }
            Outcome::Edited { id, body, changes } => {
                self.message = None;
                self.over = Some(Over::Send { id, body, sheet: Sheet::of(changes) });
            }
        }
        self.lay_out();
    }

    /// Says that something is under way.
    pub fn under_way(&mut self, line: &str) {
        self.message = Some(Message { well: None, line: Plain::of(line) });
    }

    /// The detail that is still to be read.
    pub fn wanted(&self) -> Option<&Id> {
        self.detail.as_ref().filter(|detail| detail.whole.is_none()).map(|detail| &detail.id)
    }

    /// Takes the detail that was read.
    pub fn fill_detail(&mut self, whole: Whole) {
        if let Some(detail) = self.detail.as_mut().filter(|detail| detail.id == whole.delivery.id) {
            detail.fill(whole);
        }
        self.lay_out();
    }

    /// Fits all of it into its places.
    pub fn lay_out(&mut self) {
        let layout = Layout::of(self);
        self.list.resize(layout.list.height.into());
        if let Some(detail) = &mut self.detail {
            detail.resize(layout.page.width.into(), layout.page.height.into());
        }
        if let Some(Over::Help(sheet) | Over::Text { sheet, .. } | Over::Send { sheet, .. }) = &mut self.over {
            sheet.resize(layout.over.width.into(), layout.over.height.into());
        }
    }

    /// Where keys count now.
    pub fn place(&self) -> Place {
        if self.detail.is_some() { Place::Detail } else { Place::List }
    }

    /// The delivery that is meant.
    fn meant(&self) -> Option<Id> {
        let listed = || self.list.row().map(|row| row.id.clone());
        self.detail.as_ref().map(|detail| detail.id.clone()).or_else(listed)
    }

    fn press(&mut self, key: Key) -> Option<Wish> {
        if key == Key::Ctrl('z') {
            return Some(Wish::Suspend);
        }
        if key == Key::Ctrl('c') && self.over.is_none() {
            return Some(Wish::Leave);
        }
        match self.over.take() {
            Some(Over::Entry(entry)) => self.type_in(entry, key),
            Some(over) => self.look_over(over, key),
            None => {
                self.message = self.message.take().filter(|message| message.well.is_none());
                self.carry_out(command(self.place(), key)?)
            }
        }
    }

    /// A key for a line that is typed.
    fn type_in(&mut self, mut entry: Entry, key: Key) -> Option<Wish> {
        match key {
            Key::Escape | Key::Ctrl('c') => None,
            Key::Enter => self.take(entry),
            key => {
                entry.press(key);
                self.over = Some(Over::Entry(entry));
                None
            }
        }
    }

    /// A line that was typed to its end.
    fn take(&mut self, mut entry: Entry) -> Option<Wish> {
        let text = entry.text().trim().to_owned();
        match entry.purpose.clone() {
            Purpose::Narrow => match Filter::phrase(&text) {
                Ok(filter) => {
                    let narrowing = &mut self.list.narrowing;
                    (narrowing.typed, narrowing.filter) = (text, filter);
                    None
                }
                Err(fault) => {
                    entry.fault = Some(fault.to_string());
                    self.over = Some(Over::Entry(entry));
                    None
                }
            },
            Purpose::Search => {
                if let Some(detail) = &mut self.detail {
                    detail.sought = Some(text);
                }
                self.seek(true);
                None
            }
            Purpose::Save(id) => (!text.is_empty()).then_some(Wish::Save { id, path: text }),
            Purpose::Trigger => (!text.is_empty()).then_some(Wish::Trigger(text)),
        }
    }

    /// A key for a text that is only looked at, or agreed to.
    fn look_over(&mut self, over: Over, key: Key) -> Option<Wish> {
        let (mut over, command) = (over, command(Place::List, key));
        let (Over::Help(sheet) | Over::Text { sheet, .. } | Over::Send { sheet, .. }) = &mut over else { return None };
        let page = sheet.page();
        match (key, command) {
            (Key::Enter, _) => {
                return match over {
                    Over::Send { id, body, .. } => Some(Wish::Send { id, body }),
                    _ => None,
                };
            }
            (Key::Escape | Key::Ctrl('c'), _) | (_, Some(Command::Back | Command::Help)) => return None,
            (_, Some(Command::Up)) => sheet.step(-1),
            (_, Some(Command::Down)) => sheet.step(1),
            (_, Some(Command::PageUp)) => sheet.step(-page),
            (_, Some(Command::PageDown)) => sheet.step(page),
            _ => {}
        }
        self.over = Some(over);
        None
    }

    fn carry_out(&mut self, command: Command) -> Option<Wish> {
        match command {
            Command::Leave => return Some(Wish::Leave),
            Command::Back => return self.back(),
            Command::Open => self.open(),
            Command::Narrow => self.ask(Purpose::Narrow, &self.list.narrowing.typed.clone()),
            Command::FailedOnly => self.list.narrowing.failed = !self.list.narrowing.failed,
            Command::Help => self.over = Some(Over::Help(Sheet::of(super::help::lines()))),
            Command::Search => self.ask(Purpose::Search, ""),
            Command::NextFound => self.seek(true),
            Command::PreviousFound => self.seek(false),
            Command::Earlier => self.neighbour(-1),
            Command::Later => self.neighbour(1),
            Command::NextTab | Command::PreviousTab => {
                if let Some(detail) = &mut self.detail {
                    detail.turn(command == Command::NextTab);
                }
            }
            Command::Trigger => self.ask(Purpose::Trigger, &self.trigger()),
            Command::Save => {
                if let Some(id) = self.meant() {
                    self.ask(Purpose::Save(id.clone()), &format!("{}.json", id.short()));
                }
            }
            Command::Replay => return self.meant().map(Wish::Replay),
            Command::Edit => return self.meant().map(Wish::Edit),
            Command::Curl => return self.meant().map(Wish::Curl),
            Command::CopyId => return self.meant().map(Wish::CopyId),
            Command::Suspend => return Some(Wish::Suspend),
            Command::Redraw => {}
            moving => self.go(moving),
        }
        None
    }

    fn go(&mut self, command: Command) {
        if let Some(detail) = &mut self.detail {
            return detail.carry_out(command);
        }
        let list = &mut self.list;
        match command {
            Command::Up => list.step(-1),
            Command::Down => list.step(1),
            Command::PageUp => list.step(-list.page()),
            Command::PageDown => list.step(list.page()),
            Command::First => list.go(0),
            Command::Last => list.go(usize::MAX),
            _ => {}
        }
    }

    /// One step out: from the detail to the list, from a filter to all, from all to the shell.
    fn back(&mut self) -> Option<Wish> {
        if self.detail.take().is_some() {
            return None;
        }
        let narrowing = &mut self.list.narrowing;
        if narrowing.words().is_none() {
            return Some(Wish::Leave);
        }
        *narrowing = super::list::Narrowing::default();
        None
    }

    fn open(&mut self) {
        if let Some(row) = self.list.row() {
            self.detail = Some(Detail::of(row.id.clone(), Tab::Body));
            // Who comes back finds the list as it was left.
            self.list.following = false;
        }
    }

    /// To the delivery before or after, on the same page. It is read as soon as the list has it in sight.
    fn neighbour(&mut self, step: isize) {
        let Some(detail) = &self.detail else { return };
        let (tab, sought) = (detail.tab, detail.sought.clone());
        self.list.step(step);
        if let Some(row) = self.list.row() {
            let mut detail = Detail::of(row.id.clone(), tab);
            detail.sought = sought;
            self.detail = Some(detail);
        }
    }

    fn ask(&mut self, purpose: Purpose, text: &str) {
        self.over = Some(Over::Entry(Entry::of(purpose, text)));
    }

    /// The event that is most likely meant.
    fn trigger(&self) -> String {
        let event = self.list.row().map(|row| row.event.as_str()).filter(|event| !event.contains(['/', ' ']));
        event.unwrap_or("user.created").to_owned()
    }

    fn seek(&mut self, forward: bool) {
        let Some(detail) = &mut self.detail else { return };
        if !detail.find(forward) {
            let text = detail.sought.clone().unwrap_or_default();
            self.message =
                Some(Message { well: Some(false), line: Plain::of(&format!("`{text}` is not on this page")) });
        }
    }
}
