//! The screen as a person sees it: each picture at three sizes, and what keys make of it.

use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;
use snapbox::{assert_data_eq, file};

use super::draw::draw;
use super::keymap::{Input, Key};
use super::list::{Counts, Row};
use super::look::Look;
use super::state::{Over, Running, State};
use super::text::Plain;
use super::whole::{Compared, Whole};
use super::wish::{Outcome, Wish};
use crate::delivery::{Answer, Delivery, Filter, Id, Origin, Request, Signature, Verdict, Witness, changes};

const SIZES: [(u16, u16); 3] = [(80, 24), (40, 10), (120, 35)];

/// As many as are kept.
const KEPT: usize = 2006;

/// One of the list's, by its place. Ids are in the order of time.
fn row(place: usize) -> Row {
    let (event, about) = match place % 7 {
        0 => ("user.created", "ada@example.com"),
        1 => ("organizationMembership.created", "mira.okafor@example.com · Acme · Admin"),
        2 => ("session.created", "漢字@example.com · Firefox on Linux · Tórshavn"),
        3 => ("user.updated", "e\u{301}ve@example.com · last_name changed"),
        4 => ("subscriptionItem.freeTrialEnding", "mira@example.com · Quay 24.00 USD/month · active"),
        5 => ("GET /favicon.ico", ""),
        _ => ("user.deleted", "user_1 \u{1b}[2J\u{202e} sk_test_hideHIDEhideHIDE"),
    };
    let failed = place % 10 == 3;
    let found = "the app answered 400: its verifier was given a parsed body, not the bytes that were signed";
    let fix = "verify the raw body (in Express `express.raw({type: \"application/json\"})` before `express.json()`)";
    Row {
        id: id(place),
        time: format!("15:{:02}:{:02}", place / 60 % 60, place % 60),
        event: Plain::of(event),
        status: if place % 50 == 8 { None } else { Some(if failed { 400 } else { 200 }) },
        ms: Some([4, 12, 250, 1800][place % 4]),
        signature: Signature::ALL[place % 3],
        about: Plain::of(about),
        why: failed.then(|| (Plain::of(found), Plain::of(fix))),
        origin: if place.is_multiple_of(9) { Origin::Replay } else { Origin::Clerk },
        nested: place.is_multiple_of(9),
    }
}

fn id(place: usize) -> Id {
    Id::first_of(Timestamp::from_second(i64::try_from(place).expect("few") + 1_700_000_000).expect("a time"))
}

/// Reads what is in sight, as whoever shows the screen does.
fn read(state: &mut State) {
    for _ in 0..2 {
        let window = state.list.window();
        state.list.fill(window.start, window.map(row).collect());
    }
}

fn counts(listed: usize) -> Counts {
    Counts { listed, failed: listed / 10, kept: listed }
}

fn state(size: (u16, u16)) -> State {
    let mut state = State::new(size, Filter::default());
    state.running = Some(Running {
        ready: true,
        url: Plain::of("https://quiet-owl.ngrok-free.dev/api/webhooks"),
        upstream: Plain::of("localhost:3000"),
        secured: Some(Plain::of("ngrok")),
    });
    state.list.changed(counts(KEPT), 0, KEPT);
    read(&mut state);
    state
}

/// Presses keys; the last wish.
fn press(state: &mut State, keys: &[Key]) -> Option<Wish> {
    let mut wish = None;
    for key in keys {
        wish = state.update(Input::Key(*key));
        read(state);
    }
    wish
}

fn typed(state: &mut State, text: &str) {
    text.chars().for_each(|c| {
        press(state, &[Key::Char(c)]);
    });
}

fn delivery() -> Delivery {
    let body = concat!(
        r#"{"data":{"email_addresses":[{"email_address":"ada@example.com","id":"idn_1"}],"first_name":"Ada","n":1.50,"#,
        r#""name":"漢字 é","note":"\u001b[2J sk_test_hideHIDEhideHIDE","public_metadata":{}},"type":"user.updated"}"#
    );
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let request = Request {
        method: "POST".into(),
        target: "/api/webhooks".into(),
        headers: vec![header("svix-id", "msg_1"), header("x-odd", "a\u{7}b")],
        body: body.into(),
        truncated: false,
    };
    let answer = Answer {
        status: 400,
        headers: vec![header("content-type", "application/json")],
        body: br#"{"error":"no \u001b match"}"#.to_vec(),
        truncated: false,
    };
    let mut delivery = Delivery::new(Timestamp::UNIX_EPOCH, Witness::Agent, request);
    (delivery.id, delivery.answer) = (id(1), Some(answer));
    delivery.duration = Some(std::time::Duration::from_millis(12));
    delivery.verdict = Verdict { signature: Signature::Valid, reason: None };
    delivery
}

fn whole() -> Whole {
    let before = serde_json::json!({"first_name": "Eve"});
    let now = serde_json::json!({"first_name": "Ada", "n": 1.5});
    Whole {
        delivery: delivery(),
        time: "15:16:03".to_owned(),
        about: Plain::of("ada@example.com · first_name changed"),
        why: row(3).why,
        compared: Some(Compared::State(changes::between(&before, &now))),
    }
}

fn with_detail(size: (u16, u16)) -> State {
    let mut state = state(size);
    press(&mut state, &[Key::Char('g'), Key::Down, Key::Enter]);
    assert_eq!(state.wanted(), Some(&id(1)));
    state.fill_detail(whole());
    state
}

fn buffer(state: &State, colour: bool) -> ratatui::buffer::Buffer {
    let mut terminal = Terminal::new(TestBackend::new(state.size.0, state.size.1)).expect("a terminal");
    terminal.draw(|frame| draw(frame, state, Look::new(colour))).expect("drawn");
    terminal.backend().buffer().clone()
}

/// The screen's lines, without the spaces at their ends.
fn picture(state: &State) -> String {
    let buffer = buffer(state, true);
    let (columns, rows) = state.size;
    let line = |row: u16| {
        // A wide character covers the cell after it.
        let mut covered = 0;
        let cells = (0..columns).filter_map(|column| {
            let symbol = buffer[(column, row)].symbol();
            let shown = covered == 0;
            covered = if shown { unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1) } else { covered - 1 };
            shown.then_some(symbol)
        });
        format!("{}\n", cells.collect::<String>().trim_end())
    };
    (0..rows).map(line).collect()
}

/// A picture's at all sizes, under each other.
fn pictures(of: impl Fn((u16, u16)) -> State) -> String {
    let one = |size: (u16, u16)| format!("── {}×{} ──\n{}", size.0, size.1, picture(&of(size)));
    SIZES.map(one).join("")
}

#[test]
fn the_list_follows_the_last() {
    assert_data_eq!(pictures(state), file!["golden/list.txt"].raw());
}

#[test]
fn the_list_says_why_and_what_is_new() {
    let paused = |size| {
        let mut state = state(size);
        press(&mut state, &[Key::Up, Key::Up]);
        state.list.changed(counts(KEPT + 12), state.list.selected, 12);
        state.list.narrowing.typed = "user.*".to_owned();
        read(&mut state);
        state
    };
    assert_data_eq!(pictures(paused), file!["golden/list_paused.txt"].raw());
}

#[test]
fn the_detail_has_a_page_for_each_side() {
    assert_data_eq!(pictures(with_detail), file!["golden/detail_body.txt"].raw());
    for (turns, name) in [(1, "raw"), (2, "headers"), (3, "answer"), (4, "difference")] {
        let turned = |size| {
            let mut state = with_detail(size);
            press(&mut state, &vec![Key::Tab; turns]);
            state
        };
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/ui/browser/golden/detail_{name}.txt"));
        assert_data_eq!(pictures(turned), snapbox::Data::read_from(&path, None).raw());
    }
}

#[test]
fn what_lies_over_takes_the_whole_screen() {
    let help = |size| {
        let mut state = state(size);
        press(&mut state, &[Key::Char('?')]);
        state
    };
    assert_data_eq!(pictures(help), file!["golden/help.txt"].raw());
    let edited = |size| {
        let mut state = state(size);
        let changes = vec![Plain::of("data.first_name: \"Ada\" → \"Eve\"")];
        state.outcome(Outcome::Edited { id: id(1), body: Vec::new(), changes });
        state
    };
    assert_data_eq!(pictures(edited), file!["golden/edited.txt"].raw());
}

#[test]
fn the_last_line_is_typed_in_and_answers() {
    let fault = |size| {
        let mut state = state(size);
        press(&mut state, &[Key::Char('/')]);
        typed(&mut state, "status:9xx");
        press(&mut state, &[Key::Enter]);
        state
    };
    assert_data_eq!(pictures(fault), file!["golden/filter_fault.txt"].raw());
    let said = |size| {
        let mut state = state(size);
        let line = "user.created was not delivered: the app answered 400: it could not verify the signature → restart the \
                    app so that it loads the signing secret, and verify the raw body";
        state.outcome(Outcome::badly(line));
        state
    };
    assert_data_eq!(pictures(said), file!["golden/message.txt"].raw());
    let empty = |size| State::new(size, Filter::default());
    assert_data_eq!(pictures(empty), file!["golden/empty.txt"].raw());
}

#[test]
fn moving_pauses_and_the_last_follows_again() {
    let mut state = state((80, 24));
    assert!(state.list.following && state.list.selected == KEPT - 1);
    state.list.changed(counts(KEPT + 3), 0, 3);
    assert_eq!((state.list.selected, state.list.fresh), (KEPT + 2, 0));
    press(&mut state, &[Key::Up]);
    let (selected, first) = (state.list.selected, state.list.first);
    state.list.changed(counts(KEPT + 8), selected, 5);
    read(&mut state);
    assert_eq!((state.list.selected, state.list.first, state.list.fresh), (selected, first, 5));
    // One came above: it stays on the same line of the screen.
    state.list.changed(counts(KEPT + 9), selected + 1, 1);
    assert_eq!((state.list.selected, state.list.first), (selected + 1, first + 1));
    press(&mut state, &[Key::Char('G')]);
    assert_eq!((state.list.selected, state.list.following, state.list.fresh), (KEPT + 8, true, 0));
    press(&mut state, &[Key::Home]);
    assert_eq!((state.list.selected, state.list.first), (0, 0));
    press(&mut state, &[Key::PageDown, Key::PageUp, Key::Up]);
    assert_eq!(state.list.selected, 0);
    state.list.changed(counts(0), 0, 0);
    read(&mut state);
    assert_eq!(press(&mut state, &[Key::Down, Key::Enter, Key::Char('r')]), None);
}

#[test]
fn keys_are_wishes() {
    let mut state = state((80, 24));
    let meant = id(KEPT - 1);
    for (key, wish) in [
        (Key::Char('r'), Wish::Replay(meant.clone())),
        (Key::Char('e'), Wish::Edit(meant.clone())),
        (Key::Char('c'), Wish::Curl(meant.clone())),
        (Key::Char('y'), Wish::CopyId(meant.clone())),
        (Key::Ctrl('z'), Wish::Suspend),
        (Key::Ctrl('c'), Wish::Leave),
        (Key::Char('q'), Wish::Leave),
        (Key::Escape, Wish::Leave),
    ] {
        assert_eq!(press(&mut state, &[key]), Some(wish));
    }
    let saved = press(&mut state, &[Key::Char('s'), Key::Char('x'), Key::Enter]);
    assert_eq!(saved, Some(Wish::Save { id: meant, path: format!("{}.jsonx", id(KEPT - 1).short()) }));
    press(&mut state, &[Key::Char('t'), Key::Ctrl('u')]);
    assert_eq!(state.update(Input::Paste("role.created\nrm".into())), None);
    assert_eq!(press(&mut state, &[Key::Enter]), Some(Wish::Trigger("role.created".into())));
    state.outcome(Outcome::Edited { id: id(1), body: b"{}".to_vec(), changes: Vec::new() });
    assert_eq!(press(&mut state.clone(), &[Key::Escape, Key::Char('x')]), None);
    assert_eq!(press(&mut state, &[Key::Enter]), Some(Wish::Send { id: id(1), body: b"{}".to_vec() }));
}

#[test]
fn a_filter_is_typed_and_taken_back() {
    let mut state = state((80, 24));
    press(&mut state, &[Key::Char('/')]);
    typed(&mut state, "user.* 4xx");
    press(&mut state, &[Key::Enter, Key::Char('f')]);
    let narrowing = &state.list.narrowing;
    assert_eq!((narrowing.filter.clone(), narrowing.failed), (Filter::phrase("user.* 4xx").expect("a filter"), true));
    assert_eq!(narrowing.words(), Some(Plain::of("filter user.* 4xx · failed only")));
    assert_eq!(press(&mut state, &[Key::Char('/'), Key::Escape]), None);
    assert!(state.list.narrowing.failed);
    assert_eq!(press(&mut state, &[Key::Escape]), None);
    assert_eq!(state.list.narrowing.words(), None);
}

#[test]
fn the_detail_is_searched_and_left() {
    let mut state = with_detail((80, 24));
    press(&mut state, &[Key::Char('/')]);
    typed(&mut state, "idn_1");
    press(&mut state, &[Key::Enter]);
    assert!(picture(&state).contains("\"id\": \"idn_1\""), "{}", picture(&state));
    typed(&mut state, "/nowhere");
    press(&mut state, &[Key::Enter]);
    assert!(picture(&state).contains("✗ `nowhere` is not on this page"));
    press(&mut state, &[Key::Char(']')]);
    assert_eq!(state.wanted(), Some(&id(2)));
    press(&mut state, &[Key::Char('q')]);
    assert!(state.detail.is_none() && state.list.selected == 2);
}

#[test]
fn sizes_from_nothing_to_a_wall_are_drawn() {
    for size in [(0, 0), (1, 1), (3, 2), (10, 4), (39, 9), (200, 60), (300, 100)] {
        for mut state in [state(size), with_detail((80, 24))] {
            for key in [Key::Down, Key::Char('?'), Key::Char('j'), Key::Escape, Key::Char('/'), Key::Char('漢')] {
                press(&mut state, &[key]);
                state.update(Input::Resize(size.0, size.1));
                read(&mut state);
                let _ = picture(&state);
            }
        }
    }
}

#[test]
fn nothing_secret_or_harmful_and_no_colour_of_our_own_is_drawn() {
    for size in SIZES {
        let mut screens = vec![state(size)];
        for turns in 0..5 {
            let mut state = with_detail(size);
            press(&mut state, &vec![Key::Tab; turns]);
            press(&mut state, &[Key::Char('+')]);
            screens.push(state);
        }
        for state in screens {
            let text = picture(&state);
            assert!(
                !text.contains("hideHIDE") && !text.chars().any(|c| c != '\n' && crate::payload::is_harmful(c)),
                "{text}"
            );
            let palette = [Color::Reset, Color::Green, Color::Yellow, Color::Red, Color::Cyan];
            assert!(
                buffer(&state, true).content.iter().all(|cell| palette.contains(&cell.fg) && cell.bg == Color::Reset)
            );
            assert!(buffer(&state, false).content.iter().all(|cell| cell.fg == Color::Reset));
        }
    }
}

#[test]
fn help_is_scrolled_to_its_end() {
    let mut state = state((40, 10));
    press(&mut state, &[Key::Char('?')]);
    for _ in 0..20 {
        press(&mut state, &[Key::PageDown]);
    }
    assert!(picture(&state).contains("copy as ever"), "{}", picture(&state));
    assert!(matches!(state.over, Some(Over::Help(_))));
    press(&mut state, &[Key::Char('?')]);
    assert!(state.over.is_none());
}
