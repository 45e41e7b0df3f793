//! A JSON body as a tree: its tokens as they were sent, what holds others folded and unfolded, a text found in it.

use std::collections::BTreeSet;

use super::sheet;
use super::text::Plain;

/// Deeper than this is folded at first: the envelope and the fields of `data` are in sight.
const OPEN: usize = 1;

/// A line of indented JSON.
#[derive(Clone, Debug)]
struct Line {
    depth: usize,
    text: Plain,
    /// The line that closes what this one opens.
    closed_by: Option<usize>,
}

/// The tree.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    lines: Vec<Line>,
    folded: BTreeSet<usize>,
    /// Lines that are not inside of something folded.
    visible: Vec<usize>,
    /// Where one stands, among those.
    cursor: usize,
    top: usize,
    height: usize,
    found: Option<usize>,
}

/// A line to draw.
pub struct Shown<'a> {
    /// Levels from the outside.
    pub depth: usize,
    /// Its text.
    pub text: &'a Plain,
    /// It is folded, and hides so many lines.
    pub hides: Option<usize>,
    /// It can be folded.
    pub opens: bool,
    /// One stands here.
    pub marked: bool,
    /// It was looked for.
    pub found: bool,
}

impl Tree {
    /// Of JSON that was indented with two spaces a level.
    pub fn of(indented: &str) -> Self {
        let mut lines: Vec<Line> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        for text in indented.lines() {
            let trimmed = text.trim_start_matches(' ');
            if trimmed.starts_with(['}', ']'])
                && let Some(opened) = open.pop()
            {
                lines[opened].closed_by = Some(lines.len());
            }
            lines.push(Line { depth: open.len(), text: Plain::of(trimmed), closed_by: None });
            if trimmed.ends_with(['{', '[']) {
                open.push(lines.len() - 1);
            }
        }
        let mut tree = Self { lines, ..Self::default() };
        tree.fold_from(OPEN + 1);
        tree
    }

    /// So many lines are in sight.
    pub fn resize(&mut self, height: usize) {
        self.height = height;
        self.settle();
    }

    /// Goes so many down; up when negative.
    pub fn step(&mut self, rows: isize) {
        self.cursor = self.cursor.saturating_add_signed(rows).min(self.visible.len().saturating_sub(1));
        self.settle();
    }

    /// A page.
    pub fn page(&self) -> isize {
        isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Folds what is open here, unfolds what is folded.
    pub fn toggle(&mut self) {
        let Some(line) = self.here().filter(|line| self.lines[*line].closed_by.is_some()) else { return };
        if !self.folded.remove(&line) {
            self.folded.insert(line);
        }
        self.lay_out(line);
    }

    /// Folds here; where nothing is open goes to what holds this line.
    pub fn fold(&mut self) {
        let Some(here) = self.here() else { return };
        if self.lines[here].closed_by.is_some() && self.folded.insert(here) {
            return self.lay_out(here);
        }
        let depth = self.lines[here].depth;
        let holder = (0..here).rev().find(|line| self.lines[*line].depth < depth);
        self.lay_out(holder.unwrap_or(here));
    }

    /// Unfolds here.
    pub fn unfold(&mut self) {
        let Some(here) = self.here() else { return };
        self.folded.remove(&here);
        self.lay_out(here);
    }

    /// Folds all but the outermost.
    pub fn fold_all(&mut self) {
        self.fold_from(1);
    }

    /// Unfolds all.
    pub fn unfold_all(&mut self) {
        let here = self.here().unwrap_or(0);
        self.folded.clear();
        self.lay_out(here);
    }

    /// Goes to the next line with this text, or the one before, and unfolds what hides it; whether there is one.
    pub fn find(&mut self, text: &str, forward: bool) -> bool {
        let text = text.to_lowercase();
        let last = self.found.or_else(|| self.here());
        let holds = |line: &Line| line.text.as_str().to_lowercase().contains(&text);
        let Some(found) = sheet::next(&self.lines, last, forward, holds) else { return false };
        self.found = Some(found);
        let hides = |line: usize| self.lines[line].closed_by.is_some_and(|end| line < found && found < end);
        let hiding: Vec<usize> = self.folded.iter().copied().filter(|line| hides(*line)).collect();
        hiding.iter().for_each(|line| {
            self.folded.remove(line);
        });
        self.lay_out(found);
        true
    }

    /// What is in sight.
    pub fn shown(&self) -> impl Iterator<Item = Shown<'_>> {
        self.visible.iter().enumerate().skip(self.top).take(self.height).map(|(place, number)| {
            let line = &self.lines[*number];
            let hides = line.closed_by.filter(|_| self.folded.contains(number)).map(|end| end - number - 1);
            Shown {
                depth: line.depth,
                text: &line.text,
                hides,
                opens: line.closed_by.is_some(),
                marked: place == self.cursor,
                found: self.found == Some(*number),
            }
        })
    }

    /// How far down it is, where not all is in sight.
    pub fn place(&self) -> Option<(usize, usize)> {
        let all = self.visible.len();
        (all > self.height).then(|| ((self.top + self.height).min(all), all))
    }

    fn here(&self) -> Option<usize> {
        self.visible.get(self.cursor).copied()
    }

    fn fold_from(&mut self, depth: usize) {
        let here = self.here().unwrap_or(0);
        let folds = |(at, line): (usize, &Line)| (line.depth >= depth && line.closed_by.is_some()).then_some(at);
        self.folded = self.lines.iter().enumerate().filter_map(folds).collect();
        self.lay_out(here);
    }

    /// Which lines are visible now, with the cursor on this one, or on what hides it.
    fn lay_out(&mut self, here: usize) {
        self.visible.clear();
        let mut number = 0;
        while number < self.lines.len() {
            self.visible.push(number);
            number = match self.lines[number].closed_by {
                Some(end) if self.folded.contains(&number) => end + 1,
                _ => number + 1,
            };
        }
        self.cursor = self.visible.partition_point(|line| *line <= here).saturating_sub(1);
        self.settle();
    }

    fn settle(&mut self) {
        let height = self.height.max(1);
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.visible.len().saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::indent;

    fn tree() -> Tree {
        let body = r#"{"type":"user.created","data":{"id":"u","n":1.50,"list":[{"a":{"deep":"x"}},[]],"o":{}}}"#;
        let mut tree = Tree::of(&indent(body).expect("JSON"));
        tree.resize(40);
        tree
    }

    fn seen(tree: &Tree) -> Vec<String> {
        let line = |shown: Shown<'_>| {
            let mark = if shown.marked { ">" } else { " " };
            let hides = shown.hides.map(|lines| format!(" +{lines}")).unwrap_or_default();
            format!("{mark}{}{}{hides}", " ".repeat(shown.depth), shown.text.as_str())
        };
        tree.shown().map(line).collect()
    }

    #[test]
    fn what_holds_others_folds_and_tokens_stay() {
        let mut tree = tree();
        let first = [">{", "  \"type\": \"user.created\",", "  \"data\": {", "   \"id\": \"u\",", "   \"n\": 1.50,"];
        assert_eq!(seen(&tree)[..5], first);
        assert_eq!(seen(&tree)[5..], ["   \"list\": [ +6", "   \"o\": {}", "  }", " }"]);
        tree.step(5);
        tree.unfold();
        assert_eq!(seen(&tree)[5..8], [">  \"list\": [", "    { +3", "    []"]);
        tree.step(1);
        tree.fold();
        assert!(seen(&tree)[5].starts_with('>'), "{:?}", seen(&tree));
        tree.fold_all();
        assert_eq!(
            seen(&tree),
            [" {", "  \"type\": \"user.created\",", ">  \"data\": { +11", " }"].map(|line| line.replace(">  ", "> "))
        );
        tree.unfold_all();
        assert_eq!(seen(&tree).len(), 16);
        tree.toggle();
        tree.toggle();
        assert_eq!(seen(&tree).len(), 16);
    }

    #[test]
    fn a_text_is_found_where_it_is_folded_away() {
        let mut tree = tree();
        assert!(
            tree.find("DEEP", true) && seen(&tree).iter().any(|line| line.starts_with('>') && line.contains("deep"))
        );
        assert!(!tree.find("nowhere", true));
        assert!(tree.find("type", true) && tree.find("deep", false));
        tree.resize(3);
        assert_eq!(tree.shown().count(), 3);
        assert!(tree.shown().any(|shown| shown.marked));
    }
}
