//! Someone else's app: whether it listens, what it answers to a delivery, and what that means.

mod answer;
pub mod conformance;
mod diagnosis;
mod listening;

pub use answer::{Answer, CLERK_HEADERS, deliver, deliver_slowly};
pub use diagnosis::{Diagnosis, Seen, diagnose, is_page};
pub use listening::listens;
