//! What a command says while the screen stands: heard, not written.

use super::super::held::Line;
use super::super::stream::Content;
use super::super::{Options, Ui};
use super::text::Plain;
use crate::secret::mask_text;

impl Ui {
    /// One whose lines are only heard, and who asks nobody: for a wish that is carried out behind the screen.
    pub fn aside(&self) -> Self {
        let options = Options { quiet: true, no_input: true, ..Options::default() };
        let ui = Self::new(options, || false, || {});
        ui.output.overhear();
        ui
    }

    /// What was said since, as one line.
    pub fn overheard(&self) -> Plain {
        let lines = self.output.overheard();
        let text = lines.into_iter().filter_map(|line| match line {
            Line::Stdout(Content::Lines(text)) | Line::Stderr(Content::Lines(text)) => {
                Some(anstream::adapter::strip_str(text.as_str()).to_string())
            }
            _ => None,
        });
        let words = text.collect::<Vec<_>>().join(" ");
        Plain::of(&mask_text(&words.split_whitespace().collect::<Vec<_>>().join(" ")))
    }
}
