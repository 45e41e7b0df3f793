//! clerkhook: from a Clerk key to a proven webhook. `docs/architecture.md` explains the floors of this map.

pub mod clerk;
pub mod config;
pub mod dotenv;
pub mod error;
pub mod event;
pub mod events;
pub mod http;
pub mod ngrok;
pub mod process;
pub mod receiver;
pub mod sandbox;
pub mod secret;
pub mod serve;
pub mod session;
pub mod shutdown;
pub mod signature;
pub mod svix;
pub mod ui;
