//! The list: where one stands in it, what of it is in sight, whether it follows what comes.

use std::ops::Range;

use super::text::Plain;
use crate::delivery::{Filter, Id, Origin, Signature};

/// A delivery as a line.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its id.
    pub id: Id,
    /// When it came, `15:16:03`.
    pub time: String,
    /// The event type, or method and path of what is none.
    pub event: Plain,
    /// The app's answer.
    pub status: Option<u16>,
    /// How long the app took, in milliseconds.
    pub ms: Option<u64>,
    /// Verdict on the signature.
    pub signature: Signature,
    /// Whom it concerns.
    pub about: Plain,
    /// Why it failed and what to do.
    pub why: Option<(Plain, Plain)>,
    /// Who caused it.
    pub origin: Origin,
    /// It stands under what it repeats.
    pub nested: bool,
}

/// What is admitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narrowing {
    /// As it was typed.
    pub typed: String,
    /// What it means.
    pub filter: Filter,
    /// Only what failed.
    pub failed: bool,
}

impl Narrowing {
    /// In words, for the head; nothing where all is admitted.
    pub fn words(&self) -> Option<Plain> {
        let typed = (!self.typed.is_empty()).then(|| format!("filter {}", self.typed));
        let parts: Vec<String> = typed.into_iter().chain(self.failed.then(|| "failed only".to_owned())).collect();
        (!parts.is_empty()).then(|| Plain::of(&parts.join(" · ")))
    }
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// In the list.
    pub listed: usize,
    /// Of those, that failed.
    pub failed: usize,
    /// In the history.
    pub kept: usize,
}

/// The list.
#[derive(Clone, Debug)]
pub struct List {
    /// How many there are.
    pub counts: Counts,
    /// Where one stands.
    pub selected: usize,
    /// The first in sight.
    pub first: usize,
    /// It stays with the last.
    pub following: bool,
    /// How many came since it does not follow.
    pub fresh: usize,
    /// What is admitted.
    pub narrowing: Narrowing,
    /// Those in sight, from `filled`.
    rows: Vec<Row>,
    filled: usize,
    /// Lines that are theirs.
    height: usize,
}

impl Default for List {
    fn default() -> Self {
        Self {
            counts: Counts::default(),
            selected: 0,
            first: 0,
            following: true,
            fresh: 0,
            narrowing: Narrowing::default(),
            rows: Vec::new(),
            filled: 0,
            height: 0,
        }
    }
}

impl List {
    /// Those that have to be there to be drawn, and one on each side to step to.
    pub fn window(&self) -> Range<usize> {
        self.first.saturating_sub(1)..(self.first + self.height + 1).min(self.counts.listed)
    }

    /// Takes what was read of them, beginning with the one at `first`.
    pub fn fill(&mut self, first: usize, rows: Vec<Row>) {
        (self.filled, self.rows) = (first, rows);
        self.settle();
    }

    /// The lines to draw.
    pub fn rows(&self) -> impl Iterator<Item = (usize, &Row)> {
        let skipped = self.first.saturating_sub(self.filled);
        self.rows.iter().enumerate().skip(skipped).map(|(place, row)| (self.filled + place, row))
    }

    /// The one on which one stands.
    pub fn row(&self) -> Option<&Row> {
        self.rows.get(self.selected.checked_sub(self.filled)?)
    }

    /// The history changed: how many there are now, where the one is on which one stands, and how many are new.
    pub fn changed(&mut self, counts: Counts, selected: usize, new: usize) {
        self.counts = counts;
        let last = counts.listed.saturating_sub(1);
        if self.following {
            self.selected = last;
        } else {
            self.first = (self.first + selected).saturating_sub(self.selected).min(last);
            self.selected = selected.min(last);
            self.fresh += new;
        }
        self.settle();
    }

    /// So many lines are theirs.
    pub fn resize(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// Goes so many down; up when negative.
    pub fn step(&mut self, rows: isize) {
        self.go(self.selected.saturating_add_signed(rows));
    }

    /// A page.
    pub fn page(&self) -> isize {
        isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Goes to one. By hand pauses following; the last one takes it up again.
    pub fn go(&mut self, to: usize) {
        let last = self.counts.listed.saturating_sub(1);
        self.selected = to.min(last);
        self.following = self.selected == last;
        if self.following {
            self.fresh = 0;
        }
        self.settle();
    }

    /// Lines under the one on which one stands: why it failed, what to do.
    pub fn below(&self) -> usize {
        let room = self.height.saturating_sub(3).min(2);
        self.row().and_then(|row| row.why.as_ref()).map_or(0, |_| room)
    }

    /// Keeps in sight where one stands, and leaves no line empty that one before could have.
    fn settle(&mut self) {
        let lines = self.height.saturating_sub(self.below()).max(1);
        self.first = self.first.min(self.selected).max((self.selected + 1).saturating_sub(lines));
        self.first = self.first.min(self.counts.listed.saturating_sub(lines));
    }
}
