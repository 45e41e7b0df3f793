//! The program as its users run it: through the binary, on the sandbox.

mod account;
mod agent_kinds;
mod agent_start;
mod app;
mod clerk;
mod doctor;
mod env_file;
mod fixture;
mod interrupt;
mod key;
mod live;
mod people;
mod register;
mod secrecy;
mod send_test;
mod serve;
mod svix;
mod tunnel;
mod up;
mod usage;
mod wire;
