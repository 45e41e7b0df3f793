//! Parses, runs, turns the result into an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clerkhook::config::Environment;

fn main() -> ExitCode {
    // Clients panic without a provider; an error means that one is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let args: Vec<OsString> = std::env::args_os().collect();
    ExitCode::from(clerkhook::run(&args, &Environment::capture()))
}
