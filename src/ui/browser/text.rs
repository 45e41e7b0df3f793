//! Text on the screen: what came from outside is made harmless and masked on its only way in, and measured in columns.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::secret::mask_text;
use crate::ui::text::harmless;

/// Columns of a tab stop in what was sent.
const TAB: &str = "    ";

/// One line that a terminal shows as it is, without a secret in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Plain(String);

impl Plain {
    /// Makes it so.
    pub fn of(text: &str) -> Self {
        Self(mask_text(&harmless(&text.replace('\t', TAB))))
    }

    /// The lines of a text.
    pub fn lines(text: &str) -> Vec<Self> {
        text.split('\n').map(|line| Self::of(line.trim_end_matches('\r'))).collect()
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its columns.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// As much as fits into so many columns, with `…` where it does not, and filled up to them.
    pub fn fit(&self, columns: usize) -> String {
        fit(&self.0, columns)
    }

    /// In pieces of at most so many columns, broken between words where that leaves no piece half empty.
    pub fn wrap(&self, columns: usize) -> Vec<String> {
        wrap(&self.0, columns)
    }
}

/// As much of a text as fits, with `…` where it does not, and filled with spaces.
pub fn fit(text: &str, columns: usize) -> String {
    let mut shown = cut(text, columns);
    let missing = columns.saturating_sub(shown.width());
    shown.extend(std::iter::repeat_n(' ', missing));
    shown
}

/// As much of a text as fits, with `…` where it does not.
pub fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let (mut shown, mut width) = (String::new(), 0);
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width + 1 > columns {
            break;
        }
        shown.push(c);
    }
    if columns > 0 {
        shown.push('…');
    }
    shown
}

fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let (mut pieces, mut piece, mut width) = (Vec::new(), String::new(), 0);
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if width + wide > columns && !piece.is_empty() {
            let at = piece.rfind(' ').map(|space| space + 1).filter(|at| *at > piece.len() / 2);
            let rest = piece.split_off(at.unwrap_or(piece.len()));
            pieces.push(std::mem::replace(&mut piece, rest));
            width = piece.width();
        }
        piece.push(c);
        width += wide;
    }
    pieces.push(piece);
    pieces
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::text::grouped;
    use super::*;

    #[test]
    fn columns_are_counted_not_characters() {
        assert_eq!(fit("ada", 5), "ada  ");
        assert_eq!(fit("漢字漢字", 5), "漢字…");
        assert_eq!(fit("漢字漢字", 4), "漢… ");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 3), "e\u{301}e\u{301}e\u{301}");
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("漢字漢字", 3), ["漢", "字", "漢", "字"]);
        assert_eq!(grouped(1234567), "1,234,567");
    }

    proptest! {
        #[test]
        fn nothing_harmful_or_secret_gets_in(text in any::<String>(), columns in 1usize..40) {
            let plain = Plain::of(&format!("{text} sk_test_hideHIDEhideHIDE {text}"));
            prop_assert!(!plain.as_str().chars().any(crate::payload::is_harmful));
            prop_assert!(!plain.as_str().contains("sk_test_hideHIDE"));
            prop_assert_eq!(plain.fit(columns).width(), columns);
            let pieces = plain.wrap(columns);
            prop_assert_eq!(pieces.concat(), plain.as_str());
            prop_assert!(pieces.iter().all(|piece| piece.width() <= columns.max(2)));
        }
    }
}
