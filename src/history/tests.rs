//! The history as its users see it: kept whole, bounded, found again, whoever writes beside.

use std::path::PathBuf;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::delivery::{Answer, Delivery, Filter, Origin, Request, Signature, Witness};

fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join(FILE);
    (directory, path)
}

fn open(path: &std::path::Path) -> Store {
    Store::open(path).expect("opened").0
}

fn delivery(second: i64, message: &str) -> Delivery {
    let at = Timestamp::from_second(1_790_000_000 + second).expect("a time");
    let headers = vec![("svix-id".to_owned(), message.to_owned())];
    let body = br#"{"type":"user.created"}"#.to_vec();
    let request = Request { method: "POST".into(), target: "/x".into(), headers, body, truncated: false };
    Delivery::new(at, Witness::Agent, request)
}

const MANY: Limits = Limits { count: 1000, bytes: 1 << 30 };

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_kept_comes_back_byte_for_byte(
        body: Vec<u8>, answered: Option<(u16, Vec<u8>)>, value in "\\PC*", target in "\\PC*", origin in 0..6usize,
    ) {
        let (_directory, path) = place();
        let mut kept = delivery(0, "msg_1");
        kept.request.body = body;
        kept.request.target = target;
        kept.request.headers.push(("X-Odd".into(), value));
        kept.origin = Origin::ALL[origin];
        kept.verdict.signature = Signature::Invalid;
        kept.answer = answered.map(|(status, body)| Answer { status, body, ..Answer::default() });
        let mut store = open(&path);
        store.keep(std::slice::from_ref(&kept), MANY).expect("kept");
        prop_assert_eq!(store.get(kept.id.as_str()).expect("read"), Some(kept));
    }
}

#[test]
fn an_answer_that_comes_later_takes_the_place() {
    let (_directory, path) = place();
    let mut store = open(&path);
    let first = delivery(0, "msg_1");
    let answered = Delivery { answer: Some(Answer { status: 200, ..Answer::default() }), ..first.clone() };
    store.keep(&[first, answered.clone()], MANY).expect("kept");
    assert_eq!(
        (store.count().expect("a count"), store.list(&Filter::default(), 9).expect("a list")),
        (1, vec![answered])
    );
}

#[test]
fn the_oldest_go_when_there_are_too_many_or_too_much() {
    let (_directory, path) = place();
    let mut store = open(&path);
    let all: Vec<_> = (0..20).map(|second| delivery(second, "msg_1")).collect();
    store.keep(&all, Limits { count: 5, bytes: 1 << 30 }).expect("kept");
    let ids = |list: &[Delivery]| list.iter().map(|delivery| delivery.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&store.list(&Filter::default(), 99).expect("a list")), ids(&all[15..]));
    let size = all[0].size() as u64;
    store.keep::<Delivery>(&[], Limits { count: 5, bytes: 2 * size }).expect("kept");
    assert_eq!(ids(&store.list(&Filter::default(), 99).expect("a list")), ids(&all[18..]));
}

#[test]
fn a_delivery_is_named_in_many_ways() {
    let (_directory, path) = place();
    let mut store = open(&path);
    let first = delivery(0, "msg_abc1");
    let second = delivery(60, "msg_abd2");
    let again = Delivery { origin: Origin::Replay, ..delivery(120, "msg_abc1") };
    let visit = Delivery { message_id: None, ..delivery(180, "") };
    store.keep(&[first.clone(), second.clone(), again.clone(), visit], MANY).expect("kept");
    let found = |text: &str| match store.find(&text.parse().expect("any text")).expect("found") {
        Found::One(delivery) => delivery.id.to_string(),
        Found::Several => "several".into(),
        Found::None => "none".into(),
    };
    for (text, id) in [
        ("last", second.id.as_str()),
        ("@1", second.id.as_str()),
        ("@2", first.id.as_str()),
        ("@3", "none"),
        ("@0", "none"),
        ("msg_abc1", first.id.as_str()),
        ("msg_abd", second.id.as_str()),
        ("msg_ab", "several"),
        ("msg_zz", "none"),
        (again.id.short(), again.id.as_str()),
        (&again.id.as_str()[..4], "several"),
        ("'; DROP TABLE deliveries", "none"),
    ] {
        assert_eq!(found(text), id, "{text}");
    }
}

#[test]
fn a_second_process_sees_what_is_new_by_its_number() {
    let (_directory, path) = place();
    let mut writer = open(&path);
    writer.keep(&[delivery(0, "msg_1")], MANY).expect("kept");
    let reader = Store::read(&path).expect("opened").expect("there");
    let known = reader.last_change().expect("a number");
    let new = delivery(-60, "msg_2");
    writer.keep(std::slice::from_ref(&new), MANY).expect("kept");
    let (changed, last) = reader.changed_since(known, 10).expect("read");
    assert_eq!((changed, last > known), (vec![new], true));
    assert!(reader.changed_since(last, 10).expect("read").0.is_empty());
}

#[test]
fn what_is_cleared_is_gone_from_the_file() {
    let (_directory, path) = place();
    let mut store = open(&path);
    let mut kept = delivery(0, "msg_1");
    kept.request.body = b"ada@example.com".repeat(3);
    store.keep(&[kept, delivery(60, "msg_2")], MANY).expect("kept");
    let before = Timestamp::from_second(1_790_000_030).expect("a time");
    assert_eq!(store.clear(Some(before)).expect("cleared"), 1);
    assert_eq!(store.count().expect("a count"), 1);
    drop(store);
    let bytes = std::fs::read(&path).expect("a file");
    assert!(!bytes.windows(3).any(|window| window == b"ada"));
}

#[test]
fn a_newer_schema_is_read_and_never_written() {
    let (_directory, path) = place();
    let mut store = open(&path);
    store.keep(&[delivery(0, "msg_1")], MANY).expect("kept");
    drop(store);
    let raw = rusqlite::Connection::open(&path).expect("opened");
    raw.pragma_update(None, "user_version", 99).expect("changed");
    drop(raw);
    let mut store = open(&path);
    assert_eq!(store.count().expect("a count"), 1);
    assert!(matches!(store.keep(&[delivery(1, "msg_2")], MANY), Err(StoreFault::Newer(99))));
    assert!(matches!(store.clear(None), Err(StoreFault::Newer(99))));
    assert_eq!(store.count().expect("a count"), 1);
}

#[test]
fn a_broken_file_is_moved_aside_and_named() {
    let (_directory, path) = place();
    std::fs::write(&path, b"this is no database, whatever its name says, and it is long enough to be looked at")
        .expect("written");
    let (mut store, aside) = Store::open(&path).expect("opened");
    store.keep(&[delivery(0, "msg_1")], MANY).expect("kept");
    let aside = aside.expect("moved");
    assert!(std::fs::read(aside).expect("there").starts_with(b"this is no database"));
    assert_eq!(store.count().expect("a count"), 1);
}

#[cfg(unix)]
#[test]
fn its_files_are_private_and_no_link_is_followed() {
    use std::os::unix::fs::PermissionsExt as _;
    let (directory, path) = place();
    let mut store = open(&path);
    store.keep(&[delivery(0, "msg_1")], MANY).expect("kept");
    for entry in std::fs::read_dir(directory.path()).expect("a directory") {
        let entry = entry.expect("an entry");
        let mode = entry.metadata().expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{:?}", entry.path());
    }
    let link = directory.path().join("link.sqlite");
    std::os::unix::fs::symlink(directory.path().join("elsewhere"), &link).expect("linked");
    assert!(Store::open(&link).is_err());
    assert!(!directory.path().join("elsewhere").exists());
}

#[test]
fn the_keeper_writes_what_it_was_handed_and_says_once_what_it_cannot() {
    let (_directory, path) = place();
    let keeper = Keeper::start(path.clone(), Limits::of(1000), |warning| panic!("{warning}"));
    (0..600).for_each(|second| keeper.keep(&std::sync::Arc::new(delivery(second, "msg_1"))));
    assert_eq!(keeper.finish(), 0);
    assert_eq!(open(&path).count().expect("a count"), 600);
    let told = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let keeper = Keeper::start(path.join(FILE), Limits::of(10), {
        let told = std::sync::Arc::clone(&told);
        move |warning| told.lock().expect("a lock").push(warning)
    });
    (0..10).for_each(|second| keeper.keep(&std::sync::Arc::new(delivery(second, "msg_1"))));
    keeper.finish();
    let told = told.lock().expect("a lock");
    assert!(matches!(told.as_slice(), [one] if one.contains("nothing is kept")), "{told:?}");
}

/// The same delivery as its sender tells it, and as a set-up saw it two milliseconds later.
fn sightings() -> (Delivery, Delivery) {
    let seen = delivery(0, "msg_1");
    let mut sent = delivery(0, "msg_1");
    sent.received_at = seen.received_at.checked_sub(jiff::SignedDuration::from_millis(2)).expect("a time");
    sent.witnesses = vec![Witness::Sender];
    sent.duration = Some(std::time::Duration::from_millis(5));
    sent.origin = Origin::Trigger;
    sent.source = Some(crate::delivery::Id::at(Timestamp::UNIX_EPOCH));
    (sent, seen)
}

#[test]
fn what_a_sender_told_and_a_set_up_saw_is_one_whoever_writes_first_and_how_often() {
    let (sent, seen) = sightings();
    let answered = Delivery { answer: Some(Answer { status: 200, ..Answer::default() }), ..seen.clone() };
    for order in [[&sent, &seen, &answered], [&seen, &sent, &answered], [&seen, &answered, &sent]] {
        let (_directory, path) = place();
        let mut store = open(&path);
        order.into_iter().for_each(|one| store.keep(std::slice::from_ref(one), MANY).expect("kept"));
        let kept = store.list(&Filter::default(), 9).expect("a list");
        let [one] = kept.as_slice() else { panic!("{kept:?}") };
        assert_eq!((&one.id, one.origin, &one.source), (&seen.id, Origin::Trigger, &sent.source));
        assert_eq!((one.status(), one.witnesses.as_slice()), (Some(200), &[Witness::Agent, Witness::Sender][..]));
    }
}

#[test]
fn what_is_another_delivery_of_the_same_message_stays_another() {
    let (sent, seen) = sightings();
    let header = ("svix-signature".to_owned(), "v1,other".to_owned());
    let mut signed_later = seen.clone();
    signed_later.request.headers.push(header);
    let moved = |milliseconds| {
        let at = seen.received_at.checked_add(jiff::SignedDuration::from_millis(milliseconds)).expect("a time");
        Delivery { id: crate::delivery::Id::at(at), received_at: at, ..seen.clone() }
    };
    let elsewhere = Delivery { request: Request { target: "/y".into(), ..seen.request.clone() }, ..seen.clone() };
    let none = Delivery { message_id: None, ..seen.clone() };
    for other in [signed_later, moved(-3), moved(50), elsewhere, none] {
        for order in [[&sent, &other], [&other, &sent]] {
            let (_directory, path) = place();
            let mut store = open(&path);
            order.into_iter().for_each(|one| store.keep(std::slice::from_ref(one), MANY).expect("kept"));
            assert_eq!(store.count().expect("a count"), 2, "{other:?}");
        }
    }
    // Two that were sent are two, and each is joined with one that was seen.
    let (_directory, path) = place();
    let mut store = open(&path);
    let again = Delivery { id: crate::delivery::Id::at(sent.received_at), ..sent.clone() };
    let seen_again = moved(1);
    store.keep(&[sent, again, seen, seen_again], MANY).expect("kept");
    assert_eq!(store.count().expect("a count"), 2);
}

#[test]
fn an_agent_that_tells_whole_seconds_is_joined_too() {
    let (mut sent, seen) = sightings();
    sent.received_at = seen.received_at.checked_add(jiff::SignedDuration::from_millis(700)).expect("a time");
    let (_directory, path) = place();
    let mut store = open(&path);
    store.keep(&[seen, sent], MANY).expect("kept");
    assert_eq!(store.count().expect("a count"), 1);
}
