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

/// What may be the same, the oldest first: what the agent captured under the same id; else what is of the same message at
/// about the same time; else, where nothing was signed, what was posted there meanwhile.
fn candidates(change: &Transaction<'_>, delivery: &Delivery, which: &str) -> rusqlite::Result<Vec<Delivery>> {
    if let Some(capture) = &delivery.capture {
        let query = format!("SELECT {} FROM deliveries WHERE capture = ?1 AND {which} ORDER BY id", row::COLUMNS);
        let mut query = change.prepare_cached(&query)?;
        let found: Vec<_> = query.query_map([capture], row::read)?.collect::<Result<_, _>>()?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    // What is no webhook is joined with nothing.
    if delivery.message_id.is_none() && (delivery.request.method != "POST" || delivery.request.body.is_empty()) {
        return Ok(Vec::new());
    }
    let (from, to) = span(delivery);
    let query = format!(
        "SELECT {} FROM deliveries WHERE message_id IS ?1 AND id >= ?2 AND id < ?3 AND {which} ORDER BY id",
        row::COLUMNS
    );
    let mut query = change.prepare_cached(&query)?;
    query.query_map(params![delivery.message_id, from.as_str(), to.as_str()], row::read)?.collect()
}

/// When the other one may have come. Of what carries no message id much may have come, so no more is read than while its
/// sender waited.
fn span(delivery: &Delivery) -> (Id, Id) {
    let came = delivery.received_at;
    let (from, to) = match (&delivery.message_id, is_senders(delivery)) {
        (None, true) => (Timestamp::from_second(came.as_second()).unwrap_or(came), ended(delivery)),
        _ => (came.checked_sub(APART).unwrap_or(came), came.checked_add(APART).unwrap_or(came)),
    };
    (Id::first_of(from), Id::first_of(to.checked_add(SignedDuration::from_millis(1)).unwrap_or(to)))
}

/// Whether a set-up saw what a sender sent: the same request, while the sender waited for its answer.
fn is_same(sent: &Delivery, seen: &Delivery) -> bool {
    if sent.capture.is_some() && seen.capture.is_some() {
        return sent.capture == seen.capture;
    }
    let tells_whole_seconds = seen.received_at.subsec_nanosecond() == 0;
    let began = if tells_whole_seconds {
        Timestamp::from_second(sent.received_at.as_second())
    } else {
        Timestamp::from_millisecond(sent.received_at.as_millisecond())
    };
    let began = began.unwrap_or(sent.received_at);
    sent.request.method == seen.request.method
        && sent.request.target == seen.request.target
        // By it two requests of one message are told apart: each was signed at its own time.
        && sent.request.signature() == seen.request.signature()
        // Without a message id only the bytes tell: events are built with ids of their own, so no two are the same.
        && (sent.message_id.is_some() || sent.request.body == seen.request.body)
        && (began..=ended(sent)).contains(&seen.received_at)
}

/// When the sender had its answer.
fn ended(sent: &Delivery) -> Timestamp {
    let waited = SignedDuration::try_from(sent.duration.unwrap_or_default()).unwrap_or(APART);
    sent.received_at.checked_add(waited).unwrap_or(sent.received_at)
}

/// The set-up's word, with the sender's on who caused it.
fn merged(seen: &Delivery, sent: &Delivery) -> Delivery {
    let mut merged = seen.clone();
    merged.also_seen(sent);
    Delivery { origin: sent.origin, source: sent.source.clone(), ..merged }
}
