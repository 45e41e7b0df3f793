//! The program as its users run it: through the binary, on the sandbox.

mod account;
mod agent_start;
mod app;
mod clerk;
mod env_file;
mod fixture;
mod key;
mod register;
mod secrecy;
mod send_test;
mod svix;
mod up;
mod wire;
