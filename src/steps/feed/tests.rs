//! What a feed makes of what its witnesses tell.

use super::*;
use crate::delivery::Witness;
use crate::ngrok::capture::Capture;

fn capture(id: &str, message: &str, answered: bool) -> Capture {
    let response = answered.then(|| serde_json::json!({"status_code": 200}));
    serde_json::from_value(serde_json::json!({
        "id": id, "start": "2026-11-23T10:00:00Z", "duration": 1, "response": response,
        "request": {"method": "POST", "uri": "/x", "headers": {"Svix-Id": [message]}},
    }))
    .expect("the documented shape")
}

fn feed_since(time: &str) -> Feed {
    Feed::since(time.parse().expect("a time"), Ledger::of(None, Some("/x".into())), Keeper::none())
}

fn feed() -> Feed {
    feed_since("2026-11-23T09:00:00Z")
}

fn take(feed: &Feed, captures: &[Capture]) -> Vec<String> {
    let mut state = feed.lock();
    let looked = state.reader.read(captures.to_vec());
    state.take_all(&looked);
    std::mem::take(&mut state.news).deliveries.iter().filter_map(|delivery| delivery.message_id.clone()).collect()
}

#[tokio::test]
async fn whole_seconds_hide_nothing_and_keep_the_order() {
    let seen = feed_since("2026-11-23T10:00:00.9Z");
    let new = take(&seen, &[capture("b", "msg_2", true), capture("a", "msg_1", true)]);
    assert_eq!(new, ["msg_1", "msg_2"]);
    let again = take(&seen, &[capture("a", "msg_1", true), capture("b", "msg_2", true)]);
    assert!(again.is_empty(), "in any order");
}

#[tokio::test]
async fn what_is_unanswered_waits_and_what_is_old_or_proven_is_left_out() {
    let seen = feed();
    assert!(take(&seen, &[capture("a", "msg_1", false)]).is_empty());
    assert_eq!(take(&seen, &[capture("a", "msg_1", true)]).len(), 1);
    seen.expect("msg_2", Origin::Test, 1);
    assert!(take(&seen, &[capture("b", "msg_2", true)]).is_empty());
    assert_eq!(take(&seen, &[capture("c", "msg_2", true)]).len(), 1);
    assert!(take(&feed_since("2026-11-23T11:00:00Z"), &[capture("d", "msg_3", true)]).is_empty());
    assert_eq!(seen.counts(), (2, 0));
}

#[tokio::test]
async fn who_waits_is_told_whoever_looked_and_of_what_came_before() {
    let seen = feed();
    take(&seen, &[capture("a", "msg_1", false)]);
    let watch = seen.watch(|delivery| delivery.message_id.as_deref() == Some("msg_1"));
    assert!(watch.seen()[0].answer.is_none());
    take(&seen, &[capture("b", "msg_2", true), capture("a", "msg_1", true)]);
    assert_eq!((watch.seen().len(), watch.seen()[0].status()), (1, Some(200)));
}

#[tokio::test]
async fn the_agent_is_heard_before_the_gateway() {
    let seen = feed();
    let mut told = capture("a", "msg_1", true).sighting(&[]);
    (told.witnesses, told.origin) = (vec![Witness::Gateway], Origin::Other);
    seen.tell(told);
    let looked = seen.lock().reader.read(vec![capture("a", "msg_1", false)]);
    let mut state = seen.lock();
    state.take_all(&looked);
    state.take_heard();
    let [one] = std::mem::take(&mut state.news).deliveries.try_into().expect("one delivery");
    assert_eq!((one.witnesses.as_slice(), one.origin), ([Witness::Agent, Witness::Gateway].as_slice(), Origin::Other));
}

#[tokio::test]
async fn what_the_gateway_says_of_one_that_waits_to_be_shown_is_shown() {
    let seen = feed();
    let mut told = capture("a", "msg_1", true).sighting(&[]);
    (told.witnesses, told.origin) = (vec![Witness::Gateway], Origin::Other);
    seen.tell(told);
    let looked = seen.lock().reader.read(vec![capture("a", "msg_1", true)]);
    let mut state = seen.lock();
    state.take_all(&looked);
    assert_eq!(state.news.deliveries[0].origin, Origin::Clerk);
    state.take_heard();
    let [one] = std::mem::take(&mut state.news).deliveries.try_into().expect("one delivery");
    assert_eq!((one.witnesses.as_slice(), one.origin), ([Witness::Agent, Witness::Gateway].as_slice(), Origin::Other));
}

#[tokio::test]
async fn what_an_agent_forgot_unanswered_is_missing_unless_the_app_told() {
    let seen = feed();
    take(&seen, &[capture("b", "msg_2", false), capture("a", "msg_1", false)]);
    let mut state = seen.lock();
    state.reader.missing.begin(Some(0));
    ["a", "b"].iter().for_each(|id| state.forget(id));
    state.reader.missing.expect_no_more();
    let mut told = capture("a", "msg_1", true).sighting(&[]);
    told.witnesses = vec![Witness::Sample];
    assert!(state.take(told).is_some());
    state.count_missed(Some(2));
    assert_eq!(state.news.missed, 1);
}
