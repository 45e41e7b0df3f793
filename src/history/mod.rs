//! The deliveries that are kept on this machine: SQLite in WAL mode, written by every set-up, read by every command.

mod join;
mod keeper;
mod origin;
mod reference;
mod row;
mod store;
mod window;

pub use keeper::Keeper;
pub use reference::{Found, Reference};
pub use store::{Limits, Store, StoreFault, begin_anew};
pub use window::Outline;

/// The file's name in the state directory.
pub const FILE: &str = "history.sqlite";

#[cfg(test)]
mod tests;
