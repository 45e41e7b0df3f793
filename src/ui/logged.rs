//! Clerk's side as lines for a person: messages, attempts, what was recovered.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::human::local_time;
use super::paint::{BAD, FAINT, GOOD, ODD, paint, status_style};
use super::painted::{Painted, painted};
use super::text::shortened;
use crate::report::{Attempt, Message, MessageState, Recovery};

/// From this width on, message ids are shown whole.
const WIDE: usize = 110;

/// How many lines of an answer are shown.
const ANSWER_LINES: usize = 12;

/// `✓ 13:02:11  user.created   200   14 ms  1 try  msg_2ce…`, and what stands out below it.
pub fn message(message: &Message, width: Option<usize>) -> Painted {
    let mark = match message.status {
        MessageState::Delivered if message.remark.is_none() => paint(GOOD, "✓"),
        MessageState::Delivered | MessageState::NotSent | MessageState::Retrying => paint(ODD, "!"),
        MessageState::Failed => paint(BAD, "✗"),
        MessageState::Pending => paint(FAINT, "·"),
    };
    let status = match (message.status_code, message.attempts) {
        (Some(status), _) => paint(status_style(Some(status)), status),
        (None, 0) => paint(FAINT, "  -"),
        (None, _) => paint(BAD, "  -"),
    };
    let took = message.duration_ms.map(|ms| painted!("{} ms", ms));
    let tries = match message.attempts {
        1 => painted!("1 try"),
        tries => painted!("{} tries", tries),
    };
    let next = message.next_attempt.as_deref().map(|time| painted!(", next {}", moment(time)));
    let id = if width.is_some_and(|width| width < WIDE) {
        shortened(&message.message_id, 10)
    } else {
        message.message_id.clone()
    };
    let line = painted!(
        "  {} {}  {:<18} {}  {:>7}  {}  {}",
        mark,
        paint(FAINT, moment(&message.sent_at)),
        message.event,
        status,
        took.unwrap_or_default(),
        painted!("{:<9}", painted!("{}{}", tries, next)),
        paint(FAINT, id),
    );
    let remark = message.remark.as_deref();
    let below = remark.map(|remark| painted!("\n      {}", paint(ODD, Painted::text(remark).hang(6, width))));
    painted!("{}{}", line.trimmed(), below)
}

/// A try, and below it what was answered.
pub fn attempt(attempt: &Attempt, width: Option<usize>) -> Painted {
    let mark = match attempt.status {
        "delivered" => paint(GOOD, "✓"),
        "pending" => paint(FAINT, "·"),
        _ => paint(BAD, "✗"),
    };
    let status = attempt.status_code.map(|status| paint(status_style(Some(status)), status));
    let cause = (attempt.cause == "manual").then_some("  asked for");
    let head = painted!(
        "  {} {}  {}  {:>7}  {}{}",
        mark,
        paint(FAINT, moment(&attempt.attempted_at)),
        status.unwrap_or_else(|| paint(BAD, "  -")),
        painted!("{} ms", attempt.duration_ms),
        attempt.url,
        cause,
    );
    let answer = attempt.answer.lines().take(ANSWER_LINES);
    let answer = answer.map(|text| painted!("\n      {}", paint(FAINT, Painted::text(text).hang(6, width))));
    painted!("{}{}", head, Painted::join(answer, ""))
}

/// How a recovery ended.
pub fn recovery(recovery: &Recovery) -> Painted {
    let asked = recovery.failed + recovery.never_sent;
    let mark = if recovery.left.is_empty() { paint(GOOD, "✓") } else { paint(BAD, "✗") };
    let repeated = match recovery.repeated {
        0 => painted!(", each once"),
        repeated => painted!(", {} of them more than once", repeated),
    };
    painted!(
        "  {} {} of {} messages arrived and were answered 2xx{}",
        mark,
        recovery.recovered,
        asked,
        (recovery.recovered > 0).then_some(repeated),
    )
}

/// The time of day, and the day where it is another one.
fn moment(rfc3339: &str) -> String {
    let Ok(time) = rfc3339.parse::<Timestamp>() else { return local_time(rfc3339) };
    if Timestamp::now().duration_since(time).abs() < SignedDuration::from_hours(20) {
        return local_time(rfc3339);
    }
    time.to_zoned_datetime(TimeZone::system()).strftime("%m-%d %H:%M").to_string()
}
