//! A yes-or-no question: one key answers it.

use std::io;

use dialoguer::theme::{SimpleTheme, Theme as _};

use super::Question;
use super::keys::{Keys, Press};
use crate::secret::mask_text;
use crate::ui::painted::Painted;

/// Columns before the words.
const INDENT: usize = 2;

/// Asks until a key means something; `None` when the question is left.
pub fn confirm(question: &Question, keys: &Keys) -> io::Result<Option<bool>> {
    let mut words = String::new();
    SimpleTheme
        .format_confirm_prompt(&mut words, &question.text(), Some(question.default()))
        .map_err(io::Error::other)?;
    write(keys, words.trim_end())?;
    let answer = loop {
        match keys.next()? {
            Press::Letter('y' | 'Y') => break Some(true),
            Press::Letter('n' | 'N') => break Some(false),
            Press::Enter => break Some(question.default()),
            Press::Leave => break None,
            _ => {}
        }
    };
    keys.term.write_line(match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "",
    })?;
    Ok(answer)
}

/// Words that wait for an answer behind them, broken where the terminal ends.
pub fn write(keys: &Keys, words: &str) -> io::Result<()> {
    let columns = usize::from(keys.term.size().1);
    // One column is for the blank in front of the answer, three for the answer.
    // A prompt draws itself, so its text does not pass through the stream.
    let text = Painted::text(&mask_text(words)).hang(INDENT, Some(columns.saturating_sub(4)));
    keys.term.write_str(&format!("{:INDENT$}{} ", "", text.as_str()))
}
