//! A delivery as a row of the database.

use std::time::Duration;

use rusqlite::types::Type;
use rusqlite::{Row, Transaction, params};

use crate::delivery::{Answer, Delivery, Id, Origin, Request, Signature, Verdict, Witness};

/// In the order of [`read`].
pub(super) const COLUMNS: &str = "id, received_at, duration_us, origin, witnesses, set_up, source, event, message_id, method, \
     target, status, signature, reason, request_headers, request_body, request_truncated, answer_headers, answer_body, \
     answer_truncated, capture";

/// Writes it, in the place of what is there of the same id.
pub(super) fn write(change: &Transaction<'_>, delivery: &Delivery) -> rusqlite::Result<()> {
    let (request, answer) = (&delivery.request, delivery.answer.as_ref());
    let witnesses: Vec<&str> = delivery.witnesses.iter().map(|witness| witness.word()).collect();
    let mut insert = change.prepare_cached(&format!(
        "INSERT OR REPLACE INTO deliveries ({COLUMNS}, size) VALUES
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)"
    ))?;
    insert.execute(params![
        delivery.id.as_str(),
        delivery.received_at.to_string(),
        delivery.duration.map(|duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        delivery.origin.word(),
        witnesses.join(","),
        delivery.set_up,
        delivery.source.as_ref().map(Id::as_str),
        delivery.event,
        delivery.message_id,
        request.method,
        request.target,
        answer.map(|answer| answer.status),
        delivery.verdict.signature.word(),
        delivery.verdict.reason,
        headers(&request.headers),
        request.body,
        request.truncated,
        answer.map(|answer| headers(&answer.headers)),
        answer.map(|answer| answer.body.as_slice()),
        answer.map(|answer| answer.truncated),
        delivery.capture,
        i64::try_from(delivery.size()).unwrap_or(i64::MAX),
    ])?;
    Ok(())
}

/// Reads it. A word that a newer version wrote counts as the least that can be said.
pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    let text = |column: usize| row.get::<_, String>(column);
    let id = |text: &str, column: usize| Id::read(text).ok_or_else(|| odd(column, "no id"));
    let status: Option<u16> = row.get(11)?;
    let answer = match status {
        Some(status) => Some(Answer {
            status,
            headers: read_headers(row, 17)?,
            body: row.get::<_, Option<Vec<u8>>>(18)?.unwrap_or_default(),
            truncated: row.get::<_, Option<bool>>(19)?.unwrap_or_default(),
        }),
        None => None,
    };
    Ok(Delivery {
        id: id(&text(0)?, 0)?,
        received_at: text(1)?.parse().map_err(|_| odd(1, "no time"))?,
        duration: row.get::<_, Option<u64>>(2)?.map(Duration::from_micros),
        origin: Origin::of(&text(3)?).unwrap_or_default(),
        witnesses: text(4)?.split(',').filter_map(Witness::of).collect(),
        set_up: row.get(5)?,
        capture: row.get(20)?,
        source: row.get::<_, Option<String>>(6)?.and_then(|text| Id::read(&text)),
        event: row.get(7)?,
        message_id: row.get(8)?,
        request: Request {
            method: text(9)?,
            target: text(10)?,
            headers: read_headers(row, 14)?,
            body: row.get(15)?,
            truncated: row.get(16)?,
        },
        answer,
        verdict: Verdict { signature: Signature::of(&text(12)?).unwrap_or_default(), reason: row.get(13)? },
    })
}

fn headers(headers: &[(String, String)]) -> String {
    serde_json::to_string(headers).expect("pairs of texts are always JSON")
}

fn read_headers(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<(String, String)>> {
    let text = row.get::<_, Option<String>>(column)?.unwrap_or_else(|| "[]".to_owned());
    serde_json::from_str(&text).map_err(|_| odd(column, "no headers"))
}

fn odd(column: usize, why: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
}
