//! clerkhook: from a Clerk key to a proven webhook. `docs/architecture.md` explains the floors of this map.

pub mod error;
pub mod event;
pub mod http;
pub mod process;
pub mod sandbox;
pub mod secret;
pub mod serve;
pub mod shutdown;
pub mod signature;
