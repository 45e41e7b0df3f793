//! The set-ups that run on this machine: their records, by which later commands find them, who holds one, and the mark by
//! which this machine's endpoint is found again.

pub mod control;
mod directory;
mod ended;
mod lock;
mod mark;
mod meant;
mod orphan;
mod own;
mod policy;
mod record;
mod sandbox_secret;
mod user;

pub use directory::{StateDirectory, Untrusted};
pub use mark::Marks;
pub use meant::Wanted;
pub use orphan::Orphan;
pub use record::{SCHEMA, Setup};
