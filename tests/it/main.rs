//! The program as its users run it: through the binary, on the sandbox.

mod agent_start;
mod app;
mod doctor;
mod fixture;
mod interrupt;
mod live;
mod people;
mod serve;
mod tunnel;
mod up;
mod usage;
mod wire;
