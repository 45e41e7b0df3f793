//! A line that a person types: a filter, a text to look for, a file's name, an event type.

use unicode_width::UnicodeWidthStr as _;

use super::keymap::Key;
use crate::delivery::Id;

/// A line that is typed is no longer than this; a paste is cut. In characters.
const LONGEST: usize = 500;

/// What the line is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// What the list admits.
    Narrow,
    /// What is looked for in the detail.
    Search,
    /// Where a delivery is saved.
    Save(Id),
    /// Which event is sent.
    Trigger,
}

impl Purpose {
    /// The words before the line.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Narrow => "filter",
            Self::Search => "search",
            Self::Save(_) => "save to",
            Self::Trigger => "send event",
        }
    }
}

/// The line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is for.
    pub purpose: Purpose,
    /// What was typed.
    text: String,
    /// Where the cursor is, in characters.
    at: usize,
    /// Why it was not taken.
    pub fault: Option<String>,
}

impl Entry {
    /// A line that begins with this text.
    pub fn of(purpose: Purpose, text: &str) -> Self {
        Self { purpose, text: text.to_owned(), at: text.chars().count(), fault: None }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands before the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.byte(self.at)]
    }

    /// The part of it that has room in so many columns, and where the cursor is in that.
    pub fn view(&self, columns: usize) -> (String, usize) {
        let mut shown = self.before();
        while shown.width() >= columns.max(1) {
            let mut rest = shown.chars();
            rest.next();
            shown = rest.as_str();
        }
        let after = &self.text[self.byte(self.at)..];
        (format!("{shown}{after}"), shown.width())
    }

    /// Takes a key that belongs to a line.
    pub fn press(&mut self, key: Key) {
        self.fault = None;
        let count = self.text.chars().count();
        match key {
            Key::Char(c) if !c.is_control() => self.insert(&c.to_string()),
            Key::Backspace if self.at > 0 => {
                self.at -= 1;
                let at = self.byte(self.at);
                self.text.remove(at);
            }
            Key::Left => self.at = self.at.saturating_sub(1),
            Key::Right => self.at = (self.at + 1).min(count),
            Key::Home | Key::Ctrl('a') => self.at = 0,
            Key::End | Key::Ctrl('e') => self.at = count,
            Key::Ctrl('u') => (self.text, self.at) = (self.text.split_off(self.byte(self.at)), 0),
            Key::Ctrl('w') => {
                let before = self.before().trim_end();
                let kept = before.rfind(' ').map_or(0, |space| space + 1);
                let rest = self.text.split_off(self.byte(self.at));
                self.text.truncate(kept);
                self.at = self.text.chars().count();
                self.text.push_str(&rest);
            }
            _ => {}
        }
    }

    /// Takes a text; of several lines the first.
    pub fn insert(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        let room = LONGEST.saturating_sub(self.text.chars().count());
        let taken: String = line.chars().filter(|c| !crate::payload::is_harmful(*c)).take(room).collect();
        let at = self.byte(self.at);
        self.text.insert_str(at, &taken);
        self.at += taken.chars().count();
    }

    fn byte(&self, at: usize) -> usize {
        self.text.char_indices().nth(at).map_or(self.text.len(), |(byte, _)| byte)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_and_taken_back() {
        let mut entry = Entry::of(Purpose::Narrow, "user.*");
        let _ = [Key::Char(' '), Key::Char('é'), Key::Char('漢'), Key::Backspace].map(|key| entry.press(key));
        assert_eq!(entry.text(), "user.* é");
        let _ =
            [Key::Home, Key::Char('x'), Key::Right, Key::Left, Key::End, Key::Ctrl('w')].map(|key| entry.press(key));
        assert_eq!((entry.text(), entry.before()), ("xuser.* ", "xuser.* "));
        entry.press(Key::Ctrl('u'));
        entry.insert("one\u{1b}[2J\ntwo");
        assert_eq!(entry.text(), "one[2J");
        entry.insert(&"y".repeat(1000));
        assert_eq!(entry.text().chars().count(), LONGEST);
        assert_eq!(entry.view(10).1, 9);
    }
}
