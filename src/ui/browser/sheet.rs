//! A page of lines that is scrolled: wrapped to the width, a text found in it.

use super::text::Plain;

/// A page.
#[derive(Clone, Debug, Default)]
pub struct Sheet {
    lines: Vec<Plain>,
    /// Pieces of lines, each with the line that it is of.
    pieces: Vec<(usize, String)>,
    width: usize,
    height: usize,
    /// The first piece in sight.
    pub top: usize,
    found: Option<usize>,
}

impl Sheet {
    /// These lines.
    pub fn of(lines: Vec<Plain>) -> Self {
        Self { lines, ..Self::default() }
    }

    /// Fits it into so many columns and lines.
    pub fn resize(&mut self, width: usize, height: usize) {
        if width != self.width {
            let line = self.pieces.get(self.top).map_or(0, |(line, _)| *line);
            let wrapped = |(at, line): (usize, &Plain)| {
                line.wrap(width).into_iter().map(move |piece| (at, piece)).collect::<Vec<_>>()
            };
            self.pieces = self.lines.iter().enumerate().flat_map(wrapped).collect();
            self.top = self.piece_of(line);
        }
        (self.width, self.height) = (width, height);
        self.step(0);
    }

    /// Scrolls so many down; up when negative.
    pub fn step(&mut self, rows: isize) {
        let last = self.pieces.len().saturating_sub(self.height);
        self.top = self.top.saturating_add_signed(rows).min(last);
    }

    /// A page.
    pub fn page(&self) -> isize {
        isize::try_from(self.height.saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// What is in sight, and whether it is the line that was looked for.
    pub fn shown(&self) -> impl Iterator<Item = (&str, bool)> {
        let pieces = self.pieces.iter().skip(self.top).take(self.height);
        pieces.map(|(line, piece)| (piece.as_str(), self.found == Some(*line)))
    }

    /// How far down it is, where not all is in sight: the last line in sight, and how many there are.
    pub fn place(&self) -> Option<(usize, usize)> {
        let all = self.pieces.len();
        (all > self.height).then(|| ((self.top + self.height).min(all), all))
    }

    /// Goes to the next line with this text, or the one before; whether there is one.
    pub fn find(&mut self, text: &str, forward: bool) -> bool {
        let line = |line: &Plain| line.as_str().to_lowercase();
        let Some(found) = next(&self.lines, self.found, forward, |known| line(known).contains(&text.to_lowercase()))
        else {
            return false;
        };
        self.found = Some(found);
        self.top = self.piece_of(found).saturating_sub(self.height / 3);
        self.step(0);
        true
    }

    fn piece_of(&self, line: usize) -> usize {
        self.pieces.iter().position(|(known, _)| *known >= line).unwrap_or(0)
    }
}

/// The next of a list that fits after the last that was found, or the one before it; round the end.
pub fn next<T>(list: &[T], last: Option<usize>, forward: bool, fits: impl Fn(&T) -> bool) -> Option<usize> {
    let count = list.len();
    let start = last.map_or(if forward { count.saturating_sub(1) } else { 0 }, |last| last);
    let places = (1..=count).map(|step| if forward { (start + step) % count } else { (start + count - step) % count });
    places.into_iter().find(|place| fits(&list[*place]))
}
