//! The program as its users run it: through the binary, on the sandbox.

mod agent_start;
mod app;
mod fixture;
mod up;
mod wire;
