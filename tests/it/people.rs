//! What a person sees: colours where they are wanted, lines that fit, questions only where they can be answered.

use expectrl::session::OsSession;
use expectrl::{Eof, Expect as _, Session};

use crate::fixture::{Machine, PATIENCE, Sandbox, free_port};

/// The command on a terminal of this width.
pub fn on_a_terminal(machine: &Machine, line: &str, columns: u16) -> OsSession {
    let mut command = machine.command(&line.split_whitespace().collect::<Vec<_>>());
    command.env("TERM", "xterm-256color");
    // The library sets a width of its own meanwhile, so the command waits until it has the right one.
    let words = [command.get_program()].into_iter().chain(command.get_args()).map(|word| word.to_string_lossy());
    let line = format!("read go && exec {}", words.collect::<Vec<_>>().join(" "));
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &line]).current_dir(machine.project()).env_clear();
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut session = Session::spawn(shell).expect("a terminal");
    session.set_expect_timeout(Some(PATIENCE));
    session.get_process_mut().set_window_size(columns, 40).expect("a width");
    session.send_line("go").expect("typed");
    session
}

/// The rest of what it prints, and its exit code.
pub fn finish(mut session: OsSession) -> (String, i32) {
    let found = session.expect(Eof).expect("an end");
    let text = String::from_utf8_lossy(found.as_bytes()).into_owned();
    let status = session.get_process().wait().expect("a status");
    let expectrl::process::unix::WaitStatus::Exited(_, code) = status else { panic!("{status:?}: {text}") };
    (text, code)
}

/// The lines that stay on the screen, without colours and cursor movements.
fn lines(text: &str) -> Vec<String> {
    let plain = anstream::adapter::strip_str(text).to_string();
    plain.lines().map(|line| line.rsplit('\r').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn colours_come_when_they_are_wanted() {
    let escape = "\u{1b}[";
    let line = "up --sandbox --serve --once";
    let output = Machine::new().run(&format!("{line} --color always")).expect_code(0);
    assert!(output.stderr.contains(escape));
    for machine in [Machine::new(), Machine::new().set("NO_COLOR", "1")] {
        assert!(!machine.run(line).expect_code(0).stderr.contains(escape));
    }
    let (text, _) = finish(on_a_terminal(&Machine::new(), line, 80));
    assert!(text.contains("\u{1b}[32m") || text.contains("\u{1b}[1"), "{text:?}");
    for (machine, line) in
        [(Machine::new().set("NO_COLOR", "1"), line.to_owned()), (Machine::new(), format!("{line} --color never"))]
    {
        let (text, code) = finish(on_a_terminal(&machine, &line, 80));
        assert_eq!(code, 0);
        // Spinners move the cursor, but nothing is coloured.
        assert!(
            !text.split(escape).skip(1).any(|rest| {
                let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(0);
                rest[end..].starts_with('m') && !["", "0"].contains(&&rest[..end])
            }),
            "{text:?}"
        );
    }
}

#[test]
fn quiet_says_nothing_when_all_is_well() {
    let output = Machine::new().run("up --sandbox --serve --once -q").expect_code(0);
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", ""));
    // An error is said in full all the same.
    let output = Machine::new().run(&format!("up {} --sandbox --once -q", free_port())).expect_code(3);
    assert!(output.stderr.starts_with("error: nothing listens at"), "{}", output.stderr);
}

#[test]
fn lines_fit_a_narrow_terminal() {
    for line in ["up --sandbox --serve --once", "up --sandbox --serve --once --fault agent=105", "doctor --sandbox 1"] {
        let (text, _) = finish(on_a_terminal(&Machine::new(), line, 60));
        for line in lines(&text) {
            // Only a word that cannot be broken may be longer.
            let fits = line.chars().count() <= 60 || !line.trim_start().contains(' ') || line.contains("://");
            assert!(fits, "{line:?} in {text}");
        }
    }
}

#[test]
fn nothing_listens_so_a_person_is_asked() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut session = on_a_terminal(&machine, &format!("up {} --once --no-env", free_port()), 100);
    session.expect("Start the built-in app there?").expect("a question");
    session.send("y").expect("typed");
    let (text, code) = finish(session);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("served by clerkhook"), "{text}");
    let mut session = on_a_terminal(&machine, &format!("up {} --once --no-env", free_port()), 100);
    session.expect("Start the built-in app there?").expect("a question");
    session.send("n").expect("typed");
    let (text, code) = finish(session);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("clerkhook up --serve"), "{text}");
    // `--no-input` never asks.
    let (text, code) = finish(on_a_terminal(&machine, &format!("up {} --once --no-input", free_port()), 100));
    assert_eq!(code, 3, "{text}");
    assert!(!text.contains("Start the built-in app"), "{text}");
}

#[test]
fn a_missing_key_is_asked_for_and_not_shown() {
    let sandbox = Sandbox::start("");
    let key = sandbox.addresses["clerk_secret_key"].as_str().expect("a key");
    let machine = Machine::with(&sandbox).without("CLERK_SECRET_KEY");
    let mut session = on_a_terminal(&machine, "up --serve --once --no-env", 100);
    session.expect("secret key").expect("a question");
    session.send_line(key).expect("typed");
    let (text, code) = finish(session);
    assert_eq!(code, 0, "{text}");
    assert!(!text.contains(key), "{text}");
}

#[test]
fn a_question_can_be_left_with_ctrl_c() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox);
    let mut session = on_a_terminal(&machine, &format!("up {} --no-env", free_port()), 100);
    session.expect("Start the built-in app there?").expect("a question");
    session.send("\u{3}").expect("typed");
    let (text, code) = finish(session);
    assert_eq!(code, 130, "{text}");
    assert_eq!((crate::fixture::agents(&sandbox).len(), machine.setups()), (0, 0));
}

#[test]
fn a_question_that_nobody_answers_does_not_hold_up_the_end() {
    let sandbox = Sandbox::start("");
    let machine = Machine::with(&sandbox).without("CLERK_SECRET_KEY");
    let mut session = on_a_terminal(&machine, "up --serve --no-env", 100);
    session.expect("secret key").expect("a question");
    crate::fixture::signal(u32::try_from(session.get_process().pid().as_raw()).expect("a process"), "TERM");
    let (text, code) = finish(session);
    assert_eq!(code, 130, "{text}");
    assert_eq!((crate::fixture::agents(&sandbox).len(), machine.setups()), (0, 0));
}
