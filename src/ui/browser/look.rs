//! How things look: the roles of the terminal's own palette, so that light and dark both work; nothing but weight where no
//! colour is wanted.

use ratatui::style::{Color, Modifier, Style};

use crate::report::Signature;

/// Whether colours are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    colour: bool,
}

impl Look {
    /// With colours or without.
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn coloured(self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    /// Done, valid, 2xx.
    pub fn good(self) -> Style {
        self.coloured(Color::Green)
    }

    /// Works, but look.
    pub fn odd(self) -> Style {
        self.coloured(Color::Yellow)
    }

    /// Failed, invalid, 4xx and 5xx.
    pub fn bad(self) -> Style {
        self.coloured(Color::Red)
    }

    /// Names in a payload, keys that can be pressed.
    pub fn name(self) -> Style {
        self.coloured(Color::Cyan)
    }

    /// Less important.
    pub fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// What the eye should find.
    pub fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Where one stands.
    pub fn marked(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// An answer's.
    pub fn status(self, status: Option<u16>) -> Style {
        match status {
            Some(200..=299) => self.good(),
            Some(300..=399) => self.odd(),
            Some(_) => self.bad(),
            None => self.faint(),
        }
    }

    /// A verdict's.
    pub fn signature(self, signature: Signature) -> Style {
        match signature {
            Signature::Valid => self.good(),
            Signature::Invalid => self.bad(),
            Signature::Unchecked => self.faint(),
        }
    }
}
