//! `events -i`: the full screen on a real terminal. It follows, does what it is asked for, and leaves the terminal as it was.

use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Arc;

use clerkhook::ui::browser::Screen as Full;
use clerkhook::ui::{Options, Ui};

use crate::fixture::{Machine, script};
use crate::replay::{EVENT, last, stand};
use crate::screen::{End, Screen};
use crate::serve::SECRET;
use crate::stand::Stand;
use crate::wire::RawApp;

const REFUSAL: &str = "HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\nconnection: close\r\n\r\nno match\n";

/// Says that the child of the panic's test is meant.
const PANICS: &str = "CLERKHOOK_TEST_PANICS";

/// What takes the terminal over, and what gives it back.
const TAKES: &str = "\u{1b}[?1049h";
const GIVES: &str = "\u{1b}[?1049l";

fn open(machine: &Machine, size: (u16, u16)) -> Screen {
    Screen::start(machine, "events -i", size)
}

/// A machine with events of its own in the history, and no set-up.
fn with_history(count: u32) -> (Machine, RawApp) {
    let app = RawApp::deciding(|request| {
        if request.contains("organization.") { REFUSAL } else { crate::stand::OK }.to_owned()
    });
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    machine.run(&format!("trigger user.created --count {count} --upstream {}", app.port)).expect_code(0);
    (machine, app)
}

/// The terminal is as it was, and the screen was taken off it once for each time that it was put on it.
#[track_caller]
fn assert_given_back(end: &End) {
    let times = |what: &str| end.all.matches(what).count();
    assert!(times(TAKES) > 0 && times(TAKES) == times(GIVES), "{:?}", end.all);
}

#[test]
fn it_shows_what_is_kept_and_what_comes() {
    let (machine, app) = with_history(30);
    let mut screen = open(&machine, (80, 24));
    screen.until_shown("30 events");
    screen.press("k");
    machine.run(&format!("trigger organization.updated --upstream {}", app.port)).expect_code(6);
    screen.until_shown("31 events · 1 failed");
    screen.until_shown("1 new, G shows");
    screen.press("G");
    screen.until_shown("Fen & Ferry Company");
    screen.until_shown("the app answered 400");
    screen.press("f");
    screen.until_shown("1 of 31 events · 1 failed · failed only");
    screen.press("\u{1b}");
    // Escape and what follows it at once would be one key.
    screen.until("all are back", |seen| !seen.contents().contains("failed only"));
    screen.press("/user.* 4xx\r");
    screen.until_shown("nothing is admitted");
    screen.press("/\u{15}type:organization.*\r");
    screen.until_shown("filter type:organization.*");
    screen.press("\r");
    screen.until_shown("trigger ✓ ─ app ✗ 400");
    screen.press("\t\t\t");
    screen.until_shown("[Answer]");
    screen.until_shown("no match");
    screen.press("qqq");
    let end = screen.finish();
    assert_eq!(end.code, 0, "{}", end.seen);
    assert_given_back(&end);
    assert_eq!(end.seen.trim(), "go", "nothing stays on the screen of the shell");
}

#[test]
fn it_follows_a_history_that_is_begun_only_now_and_one_that_is_cleared() {
    let machine = Machine::new().secret("CLERK_WEBHOOK_SIGNING_SECRET", SECRET);
    let app = RawApp::answering(crate::stand::OK);
    let mut screen = open(&machine, (40, 10));
    screen.until_shown("nothing is kept yet");
    machine.run(&format!("trigger user.created --upstream {}", app.port)).expect_code(0);
    screen.until_shown("1 event");
    screen.until_shown("▸");
    machine.run("events clear --yes").expect_code(0);
    screen.until_shown("0 events");
    // One that is deleted is another one when it is begun again.
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(machine.state().join(format!("history.sqlite{ending}")));
    }
    machine.run(&format!("trigger user.created --count 3 --upstream {}", app.port)).expect_code(0);
    screen.until_shown("3 events");
    screen.press("q");
    assert_eq!(screen.finish().code, 0);
}

#[test]
fn it_takes_each_size_while_things_come() {
    let (machine, app) = with_history(50);
    let mut screen = open(&machine, (80, 24));
    screen.until_shown("50 events");
    let mut coming = machine.start(&format!("trigger user.created --count 200 --rate 100 --upstream {}", app.port));
    for size in [(40, 10), (200, 60), (20, 4), (120, 35)] {
        screen.resize(size);
        let (columns, rows) = size;
        screen.until("it fills the size", |seen| {
            let lines: Vec<String> = seen.rows(0, columns).collect();
            lines.len() == usize::from(rows) && lines[usize::from(rows) - 1].contains("q back")
        });
    }
    screen.until_shown("250 events");
    assert_eq!(coming.child.wait().expect("an end").code(), Some(0));
    screen.press("\r");
    screen.until_shown("[Body]");
    screen.resize((40, 10));
    // Its tabs are shortened then: "Head" alone stands on the wide page too.
    screen.until("the page is narrow", |seen| seen.contents().contains("[Body] Raw  Head  Answ  Diff"));
    screen.press("\u{3}");
    assert_given_back(&screen.finish());
}

#[test]
fn each_way_out_gives_the_terminal_back() {
    let (machine, _app) = with_history(3);
    for (way, code) in [("q", 0), ("\u{1b}", 0), ("\u{3}", 0), ("TERM", 0), ("HUP", 0), ("INT", 0)] {
        let mut screen = open(&machine, (80, 24));
        screen.until_shown("3 events");
        if way.len() > 1 {
            screen.signal(way)
        } else {
            screen.press(way)
        }
        let end = screen.finish();
        assert_eq!(end.code, code, "{way}: {}", end.seen);
        assert_given_back(&end);
    }
}

#[test]
fn the_shell_gets_its_turn_and_gives_it_back() {
    let (machine, _app) = with_history(3);
    let words: Vec<String> = std::iter::once(env!("CARGO_BIN_EXE_clerkhook").to_owned())
        .chain(["events", "-i"].map(str::to_owned))
        .collect();
    let text = format!("#!/bin/sh\nset -m\n{}\necho the shell\nread line\nfg\necho after\n", words.join(" "));
    let shell = script(&machine.project(), "shell", &text);
    let like = machine.command(&[]);
    let mut command = Command::new(shell);
    command.envs(like.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("TERM", "xterm-256color");
    let mut screen = Screen::with(&machine, command, (80, 24));
    screen.until_shown("3 events");
    screen.press("\u{1a}");
    screen.until_shown("the shell");
    assert!(!screen.seen().alternate_screen() && !screen.seen().hide_cursor());
    screen.press("go\n");
    screen.until("it is back", |seen| seen.alternate_screen() && seen.contents().contains("3 events"));
    screen.press_until_shown("\r", "[Body]");
    screen.press("Q");
    screen.until_shown("after");
    assert_given_back(&screen.finish());
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_read() {
    let machine = Machine::new();
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.args(["--exact", "browser::the_child_panics", "--nocapture"]);
    command.env(PANICS, "1").env("TERM", "xterm-256color");
    command.arg0("test");
    let end = Screen::with(&machine, command, (80, 24)).finish();
    assert_eq!(end.code, 101, "{}", end.seen);
    assert_given_back(&end);
    let (_, after) = end.all.rsplit_once(GIVES).expect("it was given back");
    assert!(after.contains("the screen stands"), "{:?}", end.all);
}

/// Run by the test above, on a terminal; alone it does nothing.
#[test]
fn the_child_panics() {
    if std::env::var_os(PANICS).is_none() {
        return;
    }
    let ui = Arc::new(Ui::new(Options::default(), || false, || {}));
    let _screen = Full::open(&ui, || false).expect("a screen");
    panic!("the screen stands");
}

#[test]
fn an_event_is_edited_signed_and_sent_and_stands_under_its_source() {
    let stand = stand();
    let editor = script(&stand.machine.project(), "editor", "#!/bin/sh\nsed -i s/Ann/Ada/ \"$1\"\n");
    let mut command = stand.machine.command(&["events", "-i"]);
    command.env("EDITOR", &editor).env("TERM", "xterm-256color");
    let mut screen = Screen::with(&stand.machine, command, (120, 35));
    screen.until_shown("● ready");
    screen.until_shown("1 event");
    screen.press("e");
    screen.until_shown("data.first_name: \"Ann\" → \"Ada\"");
    assert_eq!(stand.app.count(), 1, "nothing is sent before it was seen");
    screen.press("\r");
    screen.until_shown("✓ edited, signed and sent: 200");
    screen.until_shown("↳ user.updated");
    assert!(last(stand.app.bodies()).contains("\"Ada\""));
    screen.press("r");
    screen.until_shown("✓ sent again: 200");
    screen.press("tuser.created\u{15}session.created\r");
    screen.until_shown("✓ sent:");
    assert!(last(stand.app.bodies()).contains("session.created"));
    // What is left in the editor as it was is not sent.
    let count = stand.app.count();
    script(&stand.machine.project(), "editor", "#!/bin/sh\ntrue\n");
    screen.press("e");
    screen.until_shown("nothing was changed in the editor");
    assert_eq!(stand.app.count(), count);
    screen.press("q");
    let end = screen.finish();
    assert_eq!(end.code, 0);
    assert_given_back(&end);
    stand.machine.assert_hidden(&end.all);
}

#[test]
fn what_is_wanted_outside_is_copied_and_saved() {
    let stand = stand();
    let mut screen = open(&stand.machine, (100, 30));
    screen.until_shown("1 event");
    screen.press("c");
    screen.until_shown("curl -sS -i");
    screen.press("\u{1b}");
    screen.until("the list is back", |seen| seen.contents().contains("1 event"));
    screen.press("y");
    screen.until_shown("is on the clipboard");
    screen.press("s\u{15}saved.json\r");
    screen.until_shown("saved to");
    assert_eq!(stand.machine.read("saved.json"), EVENT, "to the last byte");
    screen.press("s\u{15}saved.json\r");
    screen.until_shown("is there already");
    screen.press("s\u{15}saved.sh\r");
    screen.until_shown("saved.sh");
    assert!(stand.machine.read("saved.sh").starts_with("curl "));
    screen.press("q");
    let end = screen.finish();
    assert_eq!(end.all.matches("\u{1b}]52;c;").count(), 2, "{:?}", end.all);
}

#[test]
fn what_was_sent_moves_no_cursor_and_shows_no_secret() {
    let app =
        RawApp::answering("HTTP/1.1 500 Oh\r\nx-odd: \u{1b}[31m\r\ncontent-length: 12\r\n\r\n\u{1b}]0;title\u{7}\r\n");
    let mut stand = Stand::with(Machine::with, app, "");
    let odd = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m";
    let body = format!(
        "{{\"type\":\"user.created{odd}\",\"data\":{{\"id\":\"{odd}\",\"k\":\"sk_test_{0}\"}}}}",
        "s".repeat(20)
    );
    stand.deliver("msg_odd", &body.replace('\u{1b}', "\\u001b").replace('\u{7}', "\\u0007"));
    stand.deliver_signed(&stand.secret(), "msg_raw", 0, &body);
    let mut screen = open(&stand.machine, (100, 30));
    screen.until_shown("2 events");
    for keys in ["\r", "\t", "\t", "\t", "\t", "q", "k\r", "\t", "\t", "\t"] {
        screen.press(keys);
    }
    screen.until_shown("[Answer]");
    screen.press("Q");
    let end = screen.finish();
    for harmful in ["\u{1b}]0;", "\u{1b}[31m\u{1b}", "\u{9b}", "ssssssssss"] {
        assert!(!end.all.contains(harmful), "{harmful:?} in {:?}", end.all);
    }
}

#[test]
fn without_a_terminal_it_names_the_list() {
    let machine = Machine::new();
    for line in ["events -i", "events -i --json", "events list --interactive --no-input"] {
        let output = machine.run(line).expect_code(2);
        assert!(
            output.stderr.contains("CH0030") && output.stderr.contains("clerkhook events list"),
            "{}",
            output.stderr
        );
    }
    let end = Screen::start(&machine, "events -i --no-input", (80, 24)).finish();
    assert!(end.code == 2 && end.seen.contains("CH0030"), "{}", end.seen);
}
