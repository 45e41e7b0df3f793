//! A list to pick from: it fits the terminal, and narrows as one types.

use std::io;

use console::{measure_text_width, truncate_str};
use dialoguer::theme::{SimpleTheme, Theme as _};

use super::keys::{Keys, Press};
use super::row::tail;
use super::{Offer, Question};

/// Rows that are not the list: the help and the question; and one that stays free.
const OTHER_ROWS: usize = 3;

/// The list, what was typed, and where the mark stands.
struct Picker<'a> {
    title: String,
    offers: &'a [Offer],
    filter: String,
    matching: Vec<usize>,
    marked: usize,
    /// The widths of the lines on the screen.
    drawn: Vec<usize>,
}

/// Has one picked; gives its index, or `None` when the question is left.
pub fn pick(question: &Question, offers: &[Offer], keys: &Keys) -> io::Result<Option<usize>> {
    let mut picker = Picker {
        title: question.text(),
        offers,
        filter: String::new(),
        matching: (0..offers.len()).collect(),
        marked: 0,
        drawn: Vec::new(),
    };
    let picked = loop {
        picker.draw(keys)?;
        match keys.next()? {
            Press::Enter => match picker.matching.get(picker.marked) {
                Some(index) => break Some(*index),
                None => continue,
            },
            Press::Leave => break None,
            Press::Move(rows) => picker.step(rows),
            Press::Letter(letter) => picker.narrow(|filter| filter.push(letter)),
            Press::Back => picker.narrow(|filter| {
                filter.pop();
            }),
            Press::Clear => picker.narrow(String::clear),
            Press::Other => {}
        }
    };
    picker.erase(keys)?;
    let room = room(keys).saturating_sub(picker.title.len() + 1);
    let told = picked.and_then(|index| offers.get(index)).map(|offer| offer.row(room)).unwrap_or_default();
    keys.term.write_line(format!("  {} {told}", picker.title).trim_end())?;
    Ok(picked)
}

/// Columns of a row: two stand before it, and the last one stays free, so that no terminal wraps.
fn room(keys: &Keys) -> usize {
    usize::from(keys.term.size().1).saturating_sub(3)
}

impl Picker<'_> {
    fn step(&mut self, rows: isize) {
        let last = self.matching.len().saturating_sub(1);
        self.marked = self.marked.saturating_add_signed(rows).min(last);
    }

    /// Changes the filter; the mark stays on its delivery as long as that is in the list.
    fn narrow(&mut self, change: impl FnOnce(&mut String)) {
        let before = self.matching.get(self.marked).copied();
        change(&mut self.filter);
        let matches = |(index, offer): (usize, &Offer)| offer.matches(&self.filter).then_some(index);
        self.matching = self.offers.iter().enumerate().filter_map(matches).collect();
        self.marked = self.matching.iter().position(|index| Some(*index) == before).unwrap_or(0);
    }

    fn draw(&mut self, keys: &Keys) -> io::Result<()> {
        self.erase(keys)?;
        let (room, height) = (room(keys), usize::from(keys.term.size().0));
        let rows = height.saturating_sub(OTHER_ROWS).max(1);
        // The mark moves to the middle, then the list moves under it.
        let first = self.marked.saturating_sub(rows / 2).min(self.matching.len().saturating_sub(rows));
        let shown = self.matching.iter().enumerate().skip(first).take(rows);
        let mut lines: Vec<String> = shown
            .map(|(place, index)| {
                let mut line = String::new();
                let row = self.offers[*index].row(room);
                SimpleTheme.format_select_prompt_item(&mut line, &row, place == self.marked).map(|()| line)
            })
            .collect::<Result<_, _>>()
            .map_err(io::Error::other)?;
        lines.push(format!("  {}", truncate_str(&self.help(), room, "…")));
        lines.push(format!("  {} {}", self.title, tail(&self.filter, room.saturating_sub(self.title.len() + 2))));
        self.drawn = lines.iter().map(|line| measure_text_width(line)).collect();
        keys.term.write_str(&lines.join("\n"))
    }

    fn help(&self) -> String {
        match self.matching.len() {
            0 => "nothing matches; Backspace takes back".to_owned(),
            count => format!("{} of {count}; type to filter; Enter takes it, Esc leaves", self.marked + 1),
        }
    }

    /// Takes the list off the screen. A terminal that was made narrower has wrapped its lines meanwhile.
    fn erase(&mut self, keys: &Keys) -> io::Result<()> {
        let Some((_, above)) = self.drawn.split_last() else { return Ok(()) };
        let columns = usize::from(keys.term.size().1).max(1);
        let rows = above.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        self.drawn = Vec::new();
        keys.term.clear_line()?;
        keys.term.move_cursor_up(rows)?;
        keys.term.clear_to_end_of_screen()
    }
}
