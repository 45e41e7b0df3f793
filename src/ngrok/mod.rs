//! The ngrok agent: found, started, read, stopped; its API; the meaning of its error codes.

mod agent;
pub mod api;
pub mod capture;
pub mod codes;
mod launch;
mod locate;
mod log;
pub mod policy;
mod pulse;
mod running;
pub mod version;

pub use agent::{Agent, News, start};
pub use launch::Launch;
pub use locate::locate;
pub use running::{Found, NO_INTERSTITIAL, ONLINE_CHECK, find, offline_code};
