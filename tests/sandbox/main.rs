//! The sandbox as its callers see it: real HTTP, documented answers.

mod deliveries;
mod faults;
mod fixture;
mod services;
mod state;
