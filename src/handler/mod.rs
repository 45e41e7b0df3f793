//! Someone else's app: whether it listens, what it answers to a delivery, and what that means.

mod answer;
mod diagnosis;
mod listening;

pub use answer::{Answer, CLERK_HEADERS, deliver};
pub use diagnosis::{Diagnosis, Seen, diagnose};
pub use listening::listens;
