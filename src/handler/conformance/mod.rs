//! Whether somebody's webhook handler does what a handler must: the route first, then a case for each duty.

mod cases;
mod compose;
mod judge;
mod ledger;
mod message;
mod probe;
mod route;
mod run;

pub use cases::{Case, Choice, Group, UnknownCase, cases};
pub use judge::{OPEN, skipped, worst};
pub use probe::Probe;
pub use route::Fault;
pub use run::{Run, Subject, tunnel_host};
