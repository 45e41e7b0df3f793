//! Saved deliveries go both ways between clerkhook and Clerk's own CLI, the program that `CLERKHOOK_CLERK_CLI` names;
//! without it each test is ignored by name.

#[path = "../it/fixture.rs"]
#[allow(dead_code, reason = "the fixture of all tests of the binary; these need a part of it")]
mod fixture;
#[path = "../harness/mod.rs"]
mod harness;
mod lines;
#[path = "../it/wire.rs"]
#[allow(dead_code, reason = "as the fixture")]
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    let ignored = std::env::var_os("CLERKHOOK_CLERK_CLI").is_none();
    let trials = harness::named![lines::our_line_is_read_by_clerks_cli, lines::a_line_of_clerks_cli_is_read_by_us,];
    harness::run(trials, |_| ignored)
}
