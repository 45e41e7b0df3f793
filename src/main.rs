//! Parses, runs, turns the result into an exit code.

use std::path::PathBuf;
use std::process::ExitCode;

use clerkhook::sandbox::agent;

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let name = PathBuf::from(args.next().unwrap_or_default());
    if name.file_stem().is_none_or(|stem| stem != "ngrok") {
        return ExitCode::SUCCESS;
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    let environment = |variable: &str| std::env::var(variable).ok();
    ExitCode::from(runtime.block_on(agent::run(&name, args.collect(), &environment)))
}
