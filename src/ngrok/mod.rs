//! The ngrok agent: finds it, starts it, reads it, stops it.

pub mod codes;
