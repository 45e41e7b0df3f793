//! The help: the keys, from their table, and what the marks mean.

use super::keymap::{Place, of};
use super::text::Plain;

/// Its lines.
pub fn lines() -> Vec<Plain> {
    let mut lines = Vec::new();
    for (title, place) in [("In the list", Place::List), ("In a delivery", Place::Detail)] {
        lines.push(Plain::of(title));
        let told = of(place).filter(|binding| binding.place == place || place == Place::List);
        lines.extend(told.map(|binding| Plain::of(&format!("  {:<8} {}", binding.shown, binding.help))));
        lines.push(Plain::default());
    }
    let marks = [
        "Marks",
        "  ✓        signed with a known secret, in time",
        "  ✗        not so; the detail says why",
        "  –        nobody knew the secret",
        "  ↳        sent again, under what it repeats",
        "",
        "The mouse is the terminal's: select and copy as ever.",
    ];
    lines.extend(marks.map(Plain::of));
    lines
}
