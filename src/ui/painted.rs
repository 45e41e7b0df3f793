//! Text for a person, with our styles. Whatever else is put into it becomes text that a terminal shows as it is.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use anstyle::Style;
use console::measure_text_width;

use super::text::harmless;

/// Lines for a person. Its control characters are the line ends and styles of this program's own source: all other
/// text comes in as a [`Part`], which escapes what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Painted(String);

/// What can be put into a [`Painted`].
pub trait Part {
    /// Writes it, in the width that is asked for.
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result;
}

/// A part on its way into a format string.
pub struct Shown<'a, T: ?Sized>(pub &'a T);

impl<T: Part + ?Sized> Display for Shown<'_, T> {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.0.put(formatter)
    }
}

/// `format!` for a [`Painted`]. Each argument is a [`Part`]; none can be named in the braces, where it would come in
/// as it is.
macro_rules! painted {
    ($format:literal $(, $part:expr)* $(,)?) => {
        $crate::ui::painted::Painted::assemble(format_args!(
            concat!($format) $(, $crate::ui::painted::Shown(&$part))*
        ))
    };
}
pub(super) use painted;

impl Painted {
    /// For `painted!`, which sees to it that what the format string takes is a part.
    pub(super) fn assemble(arguments: fmt::Arguments<'_>) -> Self {
        Self(arguments.to_string())
    }

    /// One line of text.
    pub fn text(text: &str) -> Self {
        Self(harmless(text).into_owned())
    }

    /// Text of several lines.
    pub fn lines(text: &str) -> Self {
        Self(text.split('\n').map(harmless).collect::<Vec<_>>().join("\n"))
    }

    /// Lines of which the styles are kept, and nothing else that a terminal would obey.
    pub fn styled_lines(text: &str) -> Self {
        let mut pieces = text.split("\u{1b}[");
        let mut painted = Self::lines(pieces.next().unwrap_or_default());
        for piece in pieces {
            let end = piece.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(piece.len());
            match piece[end..].strip_prefix('m') {
                Some(rest) => {
                    painted.0.extend(["\u{1b}[", &piece[..end], "m"]);
                    painted.0.push_str(&Self::lines(rest).0);
                }
                None => painted.0.push_str(&Self::lines(&format!("\u{1b}[{piece}")).0),
            }
        }
        painted
    }

    /// Text in a style; the stream drops the codes where no colour is wanted.
    pub fn in_style(style: Style, part: &(impl Part + ?Sized)) -> Self {
        Self(format!("{style}{}{style:#}", Shown(part)))
    }

    /// That many columns of nothing.
    pub fn space(columns: usize) -> Self {
        Self(" ".repeat(columns))
    }

    /// The parts with `separator` between them.
    pub fn join<T: Part>(parts: impl IntoIterator<Item = T>, separator: &'static str) -> Self {
        Self(parts.into_iter().map(|part| Shown(&part).to_string()).collect::<Vec<_>>().join(separator))
    }

    /// Filled with spaces up to a number of columns.
    pub fn to_width(&self, columns: usize) -> Self {
        let missing = columns.saturating_sub(self.width());
        Self(format!("{}{:missing$}", self.0, ""))
    }

    /// In columns of a terminal.
    pub fn width(&self) -> usize {
        measure_text_width(&self.0)
    }

    /// Its lines. None of its styles goes over two of them.
    pub fn split_lines(&self) -> impl Iterator<Item = Self> {
        self.0.split('\n').map(|line| Self(line.to_owned()))
    }

    /// Without the spaces at its end.
    pub fn trimmed(self) -> Self {
        Self(self.0.trim_end().to_owned())
    }

    /// Whether it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// With the codes of its styles.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without its styles.
    #[cfg(test)]
    pub fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.0).to_string()
    }

    /// Broken at spaces so that it fits `width` columns when each line but the first begins at `indent`.
    /// The first begins at `indent` too, after what stands there already.
    pub fn hang(&self, indent: usize, width: Option<usize>) -> Self {
        let Some(room) = width.map(|width| width.saturating_sub(indent)).filter(|room| *room >= 20) else {
            return self.clone();
        };
        let mut lines: Vec<String> = vec![String::new()];
        for word in self.0.split(' ') {
            let line = lines.last_mut().expect("there is always a line");
            let used = measure_text_width(line);
            if used == 0 {
                line.push_str(word);
            } else if used + 1 + measure_text_width(word) <= room {
                line.push(' ');
                line.push_str(word);
            } else {
                lines.push(word.to_owned());
            }
        }
        Self(lines.join(&format!("\n{}", " ".repeat(indent))))
    }
}

impl Part for Painted {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        let padding = formatter.width().unwrap_or_default().saturating_sub(self.width());
        match formatter.align() {
            Some(fmt::Alignment::Right) => write!(formatter, "{:padding$}{}", "", self.0),
            _ => write!(formatter, "{}{:padding$}", self.0, ""),
        }
    }
}

impl Part for str {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.pad(&harmless(self))
    }
}

impl Part for String {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.as_str().put(formatter)
    }
}

impl Part for Cow<'_, str> {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.as_ref().put(formatter)
    }
}

impl<T: Part + ?Sized> Part for &T {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        (**self).put(formatter)
    }
}

impl<T: Part> Part for Option<T> {
    fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Some(part) => part.put(formatter),
            None => formatter.pad(""),
        }
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Part for $number {
            fn put(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                Display::fmt(self, formatter)
            }
        }
    )*};
}

numbers! { u16 u32 u64 usize f64 }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ui::paint::{GOOD, paint};

    #[test]
    fn parts_are_set_in_columns_and_escaped() {
        let styled = paint(GOOD, "ok\u{1b}[2J");
        assert_eq!(painted!("{:<4}|{:>3}|{}", "a\n", 7_usize, styled).plain(), "a\\n |  7|ok\\u{1b}[2J");
        assert_eq!(painted!("{:<5}|{:>5}|", paint(GOOD, "ok"), paint(GOOD, "ok")).plain(), "ok   |   ok|");
        assert_eq!(Painted::lines("a\r\nb").as_str(), "a\\r\nb");
        assert_eq!(Painted::text("one two three four five").hang(4, Some(24)).plain(), "one two three four\n    five");
    }

    #[test]
    fn foreign_lines_keep_their_styles_only() {
        let shown = Painted::styled_lines("\u{1b}[1;31mred\u{1b}[0m\n\u{1b}[2Jx\u{1b}]0;y\u{7}\u{1b}[");
        assert_eq!(shown.as_str(), "\u{1b}[1;31mred\u{1b}[0m\n\\u{1b}[2Jx\\u{1b}]0;y\\u{7}\\u{1b}[");
    }

    proptest! {
        #[test]
        fn no_control_character_comes_in(text in any::<String>(), width in 0usize..60) {
            let painted = painted!("{}{:<5}{}\n", text, paint(GOOD, &text), Painted::text(&text).hang(2, Some(width)));
            prop_assert_eq!(painted.as_str().matches('\u{1b}').count(), 2);
            let rest = painted.plain();
            prop_assert!(!rest.chars().any(|c| c.is_control() && c != '\n'));
            for part in [Painted::styled_lines(&text), Painted::lines(&text)] {
                let plain = part.plain();
                prop_assert!(!plain.chars().any(|c| c.is_control() && c != '\n'), "{:?}", plain);
            }
        }

        #[test]
        fn no_word_is_lost(text in "[a-z ]{0,200}", indent in 0usize..20, width in 10usize..120) {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            prop_assert_eq!(words(&Painted::text(&text).hang(indent, Some(width)).plain()), words(&text));
        }
    }
}
