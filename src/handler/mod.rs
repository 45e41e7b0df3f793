//! Someone else's app: whether it listens, and what its answers to a delivery mean.

mod diagnosis;
mod listening;

pub use diagnosis::{Diagnosis, Seen, diagnose};
pub use listening::listens;
