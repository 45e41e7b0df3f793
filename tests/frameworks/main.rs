//! Real frameworks, started as their users start them: each handler that clerkhook prints, the usual mistakes, and the
//! first `up`. `CLERKHOOK_FRAMEWORKS` names a directory with a folder for each, in which its packages are installed; what
//! is not there is ignored by name.

mod app;
mod definition;
mod first_up;
#[path = "../it/fixture.rs"]
#[allow(dead_code, reason = "the fixture of all tests of the binary; these need a part of it")]
mod fixture;
mod mistakes;
mod templates;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

use app::Mode;

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (name, definition) in definition::all() {
        let ignored = app::installed(&name).is_none();
        let mut add = |what: &str, test: Box<dyn FnOnce() + Send>| {
            let run = move || {
                test();
                Ok(())
            };
            trials.push(Trial::test(format!("{name}::{what}"), run).with_ignored_flag(ignored));
        };
        let (folder, of) = (name.clone(), definition.clone());
        add("the_handler_passes_check", Box::new(move || templates::passes(&folder, &of, Mode::Dev)));
        let (folder, of) = (name.clone(), definition.clone());
        add("the_first_up_is_proven", Box::new(move || first_up::is_proven(&folder, &of)));
        if definition.built.is_some() {
            let (folder, of) = (name.clone(), definition.clone());
            add("the_handler_passes_check_when_built", Box::new(move || templates::passes(&folder, &of, Mode::Built)));
        }
        for mistake in &definition.mistakes {
            let (folder, of, mistake) = (name.clone(), definition.clone(), mistake.clone());
            let what = format!("mistake::{}", mistake.name);
            add(&what, Box::new(move || mistakes::is_told(&folder, &of, &mistake)));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
