//! The full screen over the history: a state that keys change, drawn by widgets that know nothing else, on a terminal that is
//! left as it was. What it cannot do itself is a [`Wish`]; whoever shows it carries that out.

mod aside;
mod detail;
mod draw;
mod entry;
mod help;
mod keyboard;
mod keymap;
mod layout;
mod list;
mod look;
mod page;
mod rows;
mod screen;
mod sheet;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod tree;
mod whole;
mod wish;

pub use keymap::{Input, KEYMAP, Key};
pub use list::{Counts, Narrowing, Row};
pub use screen::{Screen, restore};
pub use state::{Running, State};
pub use text::Plain;
pub use whole::{Compared, Whole, changes};
pub use wish::{Outcome, Wish};
