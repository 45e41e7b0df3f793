//! What a sender told and what a set-up saw of the same delivery, put together when either is written: two processes wrote
//! them, and neither knows of the other.

use std::borrow::Cow;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, params};

use super::row;
use crate::delivery::{Delivery, Id, Witness};

/// How far apart the two may say that it came: agents of version 2 tell whole seconds, and an app may take its time.
const APART: SignedDuration = SignedDuration::from_secs(60);

/// The delivery as it is to be written. A set-up's id stays, as it was shown; what the sender wrote under its own goes.
pub(super) fn joined<'a>(change: &Transaction<'_>, delivery: &'a Delivery) -> rusqlite::Result<Cow<'a, Delivery>> {
    if is_senders(delivery) {
        let seen = "instr(witnesses, 'sender') = 0";
        let seen = candidates(change, delivery, seen)?.into_iter().find(|seen| is_same(delivery, seen));
        return Ok(seen.map_or(Cow::Borrowed(delivery), |seen| Cow::Owned(merged(&seen, delivery))));
    }
    if let Some(known) = joined_before(change, &delivery.id)? {
        return Ok(Cow::Owned(merged(delivery, &known)));
    }
    let sent = candidates(change, delivery, "witnesses = 'sender'")?.into_iter().find(|sent| is_same(sent, delivery));
    let Some(sent) = sent else { return Ok(Cow::Borrowed(delivery)) };
    change.prepare_cached("DELETE FROM deliveries WHERE id = ?1")?.execute([sent.id.as_str()])?;
    Ok(Cow::Owned(merged(delivery, &sent)))
}

fn is_senders(delivery: &Delivery) -> bool {
    delivery.witnesses == [Witness::Sender]
}

/// A set-up writes a delivery again when its answer comes; what its sender had told must not be lost by that.
fn joined_before(change: &Transaction<'_>, id: &Id) -> rusqlite::Result<Option<Delivery>> {
    let query = format!("SELECT {} FROM deliveries WHERE id = ?1 AND instr(witnesses, 'sender') > 0", row::COLUMNS);
    change.prepare_cached(&query)?.query_map([id.as_str()], row::read)?.next().transpose()
}

/// Of the same message at about the same time, the oldest first. What carries no message id is joined with nothing.
fn candidates(change: &Transaction<'_>, delivery: &Delivery, which: &str) -> rusqlite::Result<Vec<Delivery>> {
    let Some(message) = &delivery.message_id else { return Ok(Vec::new()) };
    let near =
        |span: SignedDuration| Id::first_of(delivery.received_at.checked_add(span).unwrap_or(delivery.received_at));
    let query = format!(
        "SELECT {} FROM deliveries WHERE message_id = ?1 AND id > ?2 AND id < ?3 AND {which} ORDER BY id",
        row::COLUMNS
    );
    let mut query = change.prepare_cached(&query)?;
    let (from, to) = (near(-APART), near(APART));
    query.query_map(params![message, from.as_str(), to.as_str()], row::read)?.collect()
}

/// Whether a set-up saw what a sender sent: the same request, while the sender waited for its answer.
fn is_same(sent: &Delivery, seen: &Delivery) -> bool {
    let tells_whole_seconds = seen.received_at.subsec_nanosecond() == 0;
    let began = if tells_whole_seconds {
        Timestamp::from_second(sent.received_at.as_second())
    } else {
        Timestamp::from_millisecond(sent.received_at.as_millisecond())
    };
    let began = began.unwrap_or(sent.received_at);
    let waited = SignedDuration::try_from(sent.duration.unwrap_or_default()).unwrap_or(APART);
    let ended = sent.received_at.checked_add(waited).unwrap_or(sent.received_at);
    sent.request.method == seen.request.method
        && sent.request.target == seen.request.target
        // By it two requests of one message are told apart: each was signed at its own time.
        && sent.request.signature() == seen.request.signature()
        && (began..=ended).contains(&seen.received_at)
}

/// The set-up's word, with the sender's on who caused it.
fn merged(seen: &Delivery, sent: &Delivery) -> Delivery {
    let mut merged = seen.clone();
    merged.also_seen(sent);
    Delivery { origin: sent.origin, source: sent.source.clone(), ..merged }
}
