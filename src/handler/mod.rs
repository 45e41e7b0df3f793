//! Someone else's app: whether it listens, what it answers to a delivery, and what that means.

mod answer;
pub mod conformance;
mod detect;
mod diagnosis;
pub mod framework;
mod listening;
pub mod sent;
mod stand_in;
mod words;

pub use answer::{Answer, deliver, deliver_slowly};
pub use detect::detect;
pub use diagnosis::{Diagnosis, Seen, diagnose};
pub use framework::Framework;
pub use listening::listens;
pub use stand_in::{is_page, page, stand_in};
pub use words::quoted;
