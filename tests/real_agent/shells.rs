//! Where a command line may run: in a shell with job control, in a session of its own, after its parent died.

use expectrl::session::OsSession;
use expectrl::{Expect as _, Regex, Session};

use crate::fixture::{PATIENCE, alive, free_port, signal};
use crate::stand::{Stand, eventually};
use crate::visitor::get;

/// A URL of the edge, whole once something follows it.
const URL: &str = r"(http://127\.0\.0\.1:\d+)\D";

pub fn it_can_be_stopped_and_continued() {
    let stand = Stand::new();
    let (mut shell, url) = in_a_shell(&stand);
    shell.send("\x1a").expect("typed");
    shell.expect("Stopped").expect("the shell's word");
    assert!(serves(&url), "the agent is no part of the shell's job");
    shell.send_line("bg").expect("typed");
    shell.send_line("kill %1; wait %1; echo code $?").expect("typed");
    shell.expect(Regex(r"code 0\s")).expect("a clean end");
    assert_eq!((stand.agents(), stand.machine.setups()), (vec![], 0));
}

pub fn a_terminal_that_is_closed_ends_it() {
    let stand = Stand::new();
    let (shell, _) = in_a_shell(&stand);
    assert_eq!((stand.agents().len(), stand.machine.setups()), (1, 1));
    drop(shell);
    eventually("a clean end", || (stand.agents().is_empty() && stand.machine.setups() == 0).then_some(()));
}

pub fn it_runs_in_a_session_of_its_own() {
    let stand = Stand::new();
    let mut tunnel = stand.machine.watch(stand.by_way_of(&["setsid"], &format!("tunnel {}", free_port())));
    let url = tunnel.wait_for("the URL", |line| line.starts_with("http://127.0.0.1:"));
    assert!(serves(&url));
    tunnel.signal("TERM");
    tunnel.finish().expect_code(0);
    assert_eq!(stand.agents(), [0; 0]);
}

pub fn it_outlives_its_parent() {
    let stand = Stand::new();
    let way = ["sh", "-c", "\"$@\" & echo \"process $!\"; wait", "sh"];
    let mut parent = stand.machine.watch(stand.by_way_of(&way, &format!("tunnel {}", free_port())));
    let told = parent.wait_for("its process", |line| line.starts_with("process "));
    let child = told.trim_start_matches("process ").parse().expect("a process");
    let url = parent.wait_for("the URL", |line| line.starts_with("http://127.0.0.1:"));
    parent.signal("KILL");
    eventually("the parent's end", || (!alive(parent.child.id())).then_some(()));
    assert!(alive(child) && serves(&url));
    signal(child, "TERM");
    eventually("a clean end", || (!alive(child)).then_some(()));
    assert_eq!((stand.agents(), stand.machine.setups()), (vec![], 0));
}

/// The agent answers for an app that does not run.
fn serves(url: &str) -> bool {
    get(url, "/").is_some_and(|answer| answer.status == 502)
}

/// `tunnel` in the foreground of an interactive shell, with its URL.
fn in_a_shell(stand: &Stand) -> (OsSession, String) {
    let line = stand.by_way_of(&["sh", "-i"], &format!("tunnel {}", free_port()));
    let words: Vec<_> = line.get_args().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let mut shell = std::process::Command::new("sh");
    shell.arg("-i").current_dir(stand.machine.project()).env_clear();
    shell.envs(line.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut shell = Session::spawn(shell).expect("a terminal");
    shell.set_expect_timeout(Some(PATIENCE));
    shell.send_line(words.join(" ")).expect("typed");
    let found = shell.expect(Regex(URL)).expect("a URL");
    let url = String::from_utf8_lossy(found.get(1).expect("a group")).into_owned();
    (shell, url)
}
