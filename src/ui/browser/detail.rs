//! The detail: a delivery whole, its pages, a text looked for in them.

use super::keymap::Command;
use super::whole::{Page, Tab, Whole};
use crate::delivery::Id;

/// The detail of one delivery.
#[derive(Clone, Debug)]
pub struct Detail {
    /// The delivery.
    pub id: Id,
    /// What is known of it, once that was read.
    pub whole: Option<Whole>,
    /// Which page is in sight.
    pub tab: Tab,
    /// What is looked for.
    pub sought: Option<String>,
    pages: Vec<Page>,
    size: (usize, usize),
}

impl Detail {
    /// Of a delivery that is still to be read.
    pub fn of(id: Id, tab: Tab) -> Self {
        Self { id, whole: None, tab, sought: None, pages: Vec::new(), size: (0, 0) }
    }

    /// Takes what was read.
    pub fn fill(&mut self, whole: Whole) {
        self.pages = whole.pages();
        self.whole = Some(whole);
        let (width, height) = self.size;
        self.resize(width, height);
    }

    /// Fits the pages into so many columns and lines.
    pub fn resize(&mut self, width: usize, height: usize) {
        self.size = (width, height);
        for page in &mut self.pages {
            match page {
                Page::Tree(tree) => tree.resize(height),
                Page::Sheet(sheet) => sheet.resize(width, height),
            }
        }
    }

    /// The page in sight.
    pub fn page(&self) -> Option<&Page> {
        self.pages.get(self.tab.place())
    }

    /// To the next page, or the one before.
    pub fn turn(&mut self, forward: bool) {
        let count = Tab::ALL.len();
        let step = if forward { 1 } else { count - 1 };
        self.tab = Tab::ALL[(self.tab.place() + step) % count];
    }

    /// Moves, folds, unfolds.
    pub fn carry_out(&mut self, command: Command) {
        const FAR: isize = isize::MAX / 2;
        let Some(page) = self.pages.get_mut(self.tab.place()) else { return };
        let by = |page: isize| match command {
            Command::Up => -1,
            Command::Down => 1,
            Command::PageUp => -page,
            Command::PageDown => page,
            Command::First => -FAR,
            Command::Last => FAR,
            _ => 0,
        };
        match (page, command) {
            (Page::Tree(tree), Command::Toggle) => tree.toggle(),
            (Page::Tree(tree), Command::Fold) => tree.fold(),
            (Page::Tree(tree), Command::Unfold) => tree.unfold(),
            (Page::Tree(tree), Command::FoldAll) => tree.fold_all(),
            (Page::Tree(tree), Command::UnfoldAll) => tree.unfold_all(),
            (Page::Tree(tree), _) => tree.step(by(tree.page())),
            (Page::Sheet(sheet), _) => sheet.step(by(sheet.page())),
        }
    }

    /// Goes to the next place of what is looked for; whether there is one.
    pub fn find(&mut self, forward: bool) -> bool {
        let Some(text) = self.sought.clone().filter(|text| !text.is_empty()) else { return true };
        match self.pages.get_mut(self.tab.place()) {
            Some(Page::Tree(tree)) => tree.find(&text, forward),
            Some(Page::Sheet(sheet)) => sheet.find(&text, forward),
            None => false,
        }
    }
}
