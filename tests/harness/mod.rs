//! A harness of named tests, as only one of its own can list tests as ignored by what the environment lacks.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

/// Tests by their names.
macro_rules! named {
    ($($module:ident::$test:ident,)*) => {
        vec![$((concat!(stringify!($module), "::", stringify!($test)), $module::$test as fn())),*]
    };
}
pub(crate) use named;

/// Runs them as the command line asks for.
pub fn run(tests: Vec<(&'static str, fn())>, is_ignored: impl Fn(&str) -> bool) -> ExitCode {
    let trial = |(name, test): (&'static str, fn())| {
        let run = move || {
            test();
            Ok(())
        };
        Trial::test(name, run).with_ignored_flag(is_ignored(name))
    };
    libtest_mimic::run(&Arguments::from_args(), tests.into_iter().map(trial).collect()).exit_code()
}
