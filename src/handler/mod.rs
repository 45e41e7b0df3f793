//! Someone else's app: whether it listens, what it answers to a delivery, and what that means.

mod answer;
pub mod conformance;
mod diagnosis;
mod finding;
pub mod framework;
mod listening;
mod redirect;
pub mod sent;
mod stand_in;
pub mod template;
pub mod vocabulary;
mod words;

pub use answer::{Answer, deliver, deliver_slowly};
pub use diagnosis::{Diagnosis, Seen, diagnose, filled, shown};
pub use finding::Finding;
pub use framework::Framework;
pub use listening::listens;
pub use stand_in::{is_page, page, stand_in};
pub use words::quoted;
