//! The program as its users run it: through the binary, on the sandbox.

mod fixture;
mod up;
