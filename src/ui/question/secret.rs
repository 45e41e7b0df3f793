//! A secret that is typed or pasted and never shown.

use std::io;

use super::Question;
use super::confirm::write;
use super::keys::{Keys, Press};
use crate::secret::Secret;

/// Asks until something was typed; `None` when the question is left.
pub fn secret(question: &Question, keys: &Keys) -> io::Result<Option<Secret>> {
    write(keys, &question.text())?;
    let mut text = String::new();
    let answer = loop {
        match keys.next()? {
            Press::Letter(letter) => text.push(letter),
            Press::Back => {
                text.pop();
            }
            Press::Clear => text.clear(),
            Press::Enter if !text.is_empty() => break Some(Secret::new(text)),
            Press::Leave => break None,
            Press::Enter | Press::Move(_) | Press::Other => {}
        }
    };
    keys.term.write_line("")?;
    Ok(answer)
}
