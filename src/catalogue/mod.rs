//! The catalogue of Clerk's webhook events: every type, when it is sent, and an example of it for any cast of ids.

mod about;
mod build;
mod nearest;
mod renew;
#[cfg(test)]
mod shape;
#[cfg(test)]
mod story;
mod times;
mod types;

pub use about::{about, changed};
pub use build::{Recipe, Time, build, example, message_id, told_at};
pub use nearest::{nearest, nearest_of};
pub use types::{DEFAULT, describe, groups, types};
