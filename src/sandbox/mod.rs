//! The other side on loopback: what the program talks to, for people without an account and for every test.

pub mod agent;
pub mod edge;
