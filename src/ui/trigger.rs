//! Events of our own as lines for a person: one each, what came of many, and what there is to send.

use console::measure_text_width;

use super::paint::{BAD, FAINT, GOOD, NAME, ODD, STRONG, paint, status_style};
use super::text::{hang, harmless, shortened};
use crate::event::{EventType, Summary, Trigger};

/// How wide event types are set when nothing else is asked for.
const EVENT: usize = 18;

/// How many lines of an answer are shown.
const ANSWER_LINES: usize = 8;

/// `✓ user.created   200   6 ms  http://localhost:3000/api/webhooks  msg_2ce…`, and below it an answer that was not
/// expected.
pub fn line(sent: &Trigger, width: Option<usize>) -> String {
    let mark = if sent.ok { paint(GOOD, "✓") } else { paint(BAD, "✗") };
    let status = match sent.status_code {
        Some(status) => paint(status_style(Some(status)), status),
        None => paint(BAD, "  -"),
    };
    let took = sent.duration_ms.map_or_else(String::new, |ms| format!("{ms} ms"));
    let event = harmless(&sent.event);
    let head = format!("  {mark} {event:<column$} {status} {took:>8}", column = sent.column.max(EVENT));
    let location = sent.location.as_deref().map(|to| format!("→ {}", harmless(to)));
    let id = sent.message_id.as_deref().map(|id| harmless(id).into_owned());
    let short = id.as_deref().map(|id| shortened(id, 10));
    let faint = |text: Option<String>| text.map(|text| paint(FAINT, text));
    let (url, id) = (Some(harmless(&sent.url).into_owned()), faint(id));
    let fits = |tail: &[&Option<String>]| {
        let line = joined(&head, tail);
        width.is_none_or(|width| measure_text_width(&line) <= width).then_some(line)
    };
    let line = fits(&[&location, &url, &id])
        .or_else(|| fits(&[&location, &url, &faint(short.clone())]))
        .or_else(|| fits(&[&location, &faint(short)]))
        .unwrap_or_else(|| joined(&head, &[&location]));
    let answer = sent.answer.as_deref().unwrap_or_default().lines().take(ANSWER_LINES);
    let answer = answer.map(|text| format!("\n      {}", paint(FAINT, hang(&harmless(text), 6, width))));
    format!("{}{}", line.trim_end(), answer.collect::<String>())
}

fn joined(head: &str, tail: &[&Option<String>]) -> String {
    let tail: String = tail.iter().copied().flatten().map(|text| format!("  {text}")).collect();
    format!("{head}{tail}")
}

/// `120 sent: 118 × 200, 2 × 500; p50 5 ms, p95 9 ms, max 31 ms; 20.0 a second`
pub fn summary(summary: &Summary, width: Option<usize>) -> String {
    let status = |(status, count): (&u16, &usize)| format!("{count} × {}", paint(status_style(Some(*status)), status));
    let mut answers: Vec<String> = summary.statuses.iter().map(status).collect();
    if summary.unanswered > 0 {
        answers.push(paint(BAD, format_args!("{} unanswered", summary.unanswered)));
    }
    let mut parts = vec![format!("{} sent", summary.sent)];
    if !answers.is_empty() {
        parts[0] = format!("{}: {}", parts[0], answers.join(", "));
    }
    if let (Some(p50), Some(p95), Some(max)) = (summary.p50_ms, summary.p95_ms, summary.max_ms) {
        parts.push(format!("p50 {p50} ms, p95 {p95} ms, max {max} ms"));
    }
    parts.push(format!("{:.1} a second", summary.per_second));
    let mark = if summary.ok == summary.sent { paint(GOOD, "✓") } else { paint(ODD, "!") };
    format!("  {mark} {}", hang(&parts.join("; "), 4, width))
}

/// An event type, and when it is sent.
pub fn event_type(kind: &EventType, width: Option<usize>) -> String {
    format!("{:<32} {}", kind.event, hang(kind.description, 33, width))
}

/// A group and its names, also where no terminal is within 80 columns.
pub fn group(group: &str, names: &[&str], width: Option<usize>) -> String {
    let names = hang(&paint(NAME, names.join(" ")), 24, width.or(Some(80)));
    format!("{}  {names}", paint(STRONG, format_args!("{group:<22}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent() -> Trigger {
        Trigger {
            event: "user.created".to_owned(),
            message_id: Some("msg_3MW1VMqNfUxJhOkjA6xem90YnrX".to_owned()),
            url: "http://localhost:3000/api/webhooks".to_owned(),
            via: "direct",
            status_code: Some(200),
            duration_ms: Some(6),
            expected: "2xx".to_owned(),
            ok: true,
            step: None,
            column: 0,
            location: None,
            reason: None,
            answer: None,
        }
    }

    fn plain(sent: &Trigger, width: usize) -> String {
        anstream::adapter::strip_str(&line(sent, Some(width))).to_string()
    }

    #[test]
    fn a_line_fits_its_terminal() {
        let sent = sent();
        assert!(plain(&sent, 120).ends_with("  http://localhost:3000/api/webhooks  msg_3MW1VMqNfUxJhOkjA6xem90YnrX"));
        assert!(plain(&sent, 90).ends_with("  http://localhost:3000/api/webhooks  msg_3MW1VM…"));
        assert_eq!(plain(&sent, 60), "  ✓ user.created       200     6 ms  msg_3MW1VM…");
        assert_eq!(plain(&sent, 40), "  ✓ user.created       200     6 ms");
    }

    #[test]
    fn an_unexpected_answer_stands_below_and_is_harmless() {
        let sent = Trigger {
            ok: false,
            status_code: Some(307),
            location: Some("/sign-in".to_owned()),
            answer: Some("see\n\u{1b}[31mother\n".to_owned() + &"x\n".repeat(20)),
            ..sent()
        };
        let shown = plain(&sent, 60);
        assert!(
            shown.starts_with("  ✗ user.created       307     6 ms  → /sign-in  msg_3MW1VM…\n      see\n"),
            "{shown}"
        );
        assert!(shown.contains("\\u{1b}[31mother") && shown.lines().count() == 1 + ANSWER_LINES, "{shown}");
    }

    #[test]
    fn a_group_fits_the_terminal() {
        let names = ["created", "deleted", "ended", "pending", "removed", "revoked", "updated"];
        for width in [60, 44] {
            let shown = anstream::adapter::strip_str(&group("session", &names, Some(width))).to_string();
            assert!(shown.lines().all(|line| line.len() <= width), "{shown}");
        }
    }
}
