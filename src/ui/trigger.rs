//! Events of our own as lines for a person: one each, what came of many, and what there is to send.

use super::paint::{BAD, FAINT, GOOD, NAME, ODD, STRONG, paint, status_style};
use super::painted::{Painted, painted};
use super::text::shortened;
use crate::report::{EventType, Summary, Trigger};

/// How wide event types are set when nothing else is asked for.
const EVENT: usize = 18;

/// How many lines of an answer are shown.
const ANSWER_LINES: usize = 8;

/// `✓ user.created   200   6 ms  http://localhost:3000/api/webhooks  msg_2ce…`, and below it an answer that was not
/// expected.
pub fn line(sent: &Trigger, width: Option<usize>) -> Painted {
    let mark = if sent.ok { paint(GOOD, "✓") } else { paint(BAD, "✗") };
    let status = match sent.status_code {
        Some(status) => paint(status_style(Some(status)), status),
        None => paint(BAD, "  -"),
    };
    let took = sent.duration_ms.map(|ms| painted!("{} ms", ms));
    let event = Painted::text(&sent.event).to_width(sent.column.max(EVENT));
    let head = painted!("  {} {} {} {:>8}", mark, event, status, took);
    let location = sent.location.as_deref().map(|to| painted!("→ {}", to));
    let id = sent.message_id.as_deref().map(|id| paint(FAINT, id));
    let short = sent.message_id.as_deref().map(|id| paint(FAINT, shortened(id, 10)));
    let url = Some(Painted::text(&sent.url));
    let fits = |tail: &[&Option<Painted>]| {
        let line = joined(&head, tail);
        width.is_none_or(|width| line.width() <= width).then_some(line)
    };
    let line = fits(&[&location, &url, &id])
        .or_else(|| fits(&[&location, &url, &short]))
        .or_else(|| fits(&[&location, &short]))
        .unwrap_or_else(|| joined(&head, &[&location]));
    let answer = sent.answer.as_deref().unwrap_or_default().lines().take(ANSWER_LINES);
    let answer = answer.map(|text| painted!("\n      {}", paint(FAINT, Painted::text(text).hang(6, width))));
    painted!("{}{}", line.trimmed(), Painted::join(answer, ""))
}

fn joined(head: &Painted, tail: &[&Option<Painted>]) -> Painted {
    let tail = tail.iter().copied().flatten().map(|text| painted!("  {}", text));
    painted!("{}{}", head, Painted::join(tail, ""))
}

/// `120 sent: 118 × 200, 2 × 500; p50 5 ms, p95 9 ms, max 31 ms; 20.0 a second`
pub fn summary(summary: &Summary, width: Option<usize>) -> Painted {
    let status =
        |(status, count): (&u16, &usize)| painted!("{} × {}", *count, paint(status_style(Some(*status)), *status));
    let mut answers: Vec<Painted> = summary.statuses.iter().map(status).collect();
    if summary.unanswered > 0 {
        answers.push(paint(BAD, painted!("{} unanswered", summary.unanswered)));
    }
    let mut parts = vec![painted!("{} sent", summary.sent)];
    if !answers.is_empty() {
        parts[0] = painted!("{}: {}", parts[0], Painted::join(answers, ", "));
    }
    if let (Some(p50), Some(p95), Some(max)) = (summary.p50_ms, summary.p95_ms, summary.max_ms) {
        parts.push(painted!("p50 {} ms, p95 {} ms, max {} ms", p50, p95, max));
    }
    parts.push(painted!("{:.1} a second", summary.per_second));
    let mark = if summary.ok == summary.sent { paint(GOOD, "✓") } else { paint(ODD, "!") };
    painted!("  {} {}", mark, Painted::join(parts, "; ").hang(4, width))
}

/// An event type, and when it is sent.
pub fn event_type(kind: &EventType, width: Option<usize>) -> Painted {
    painted!("{:<32} {}", kind.event, Painted::text(kind.description).hang(33, width))
}

/// A line for each group of event types, and one for the scenarios.
pub fn groups(events: &[EventType], scenarios: &[&str], width: Option<usize>) -> Vec<Painted> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for event in events {
        let (group, deed) = event.event.split_once('.').unwrap_or((event.event, ""));
        match groups.last_mut() {
            Some((known, deeds)) if *known == group => deeds.push(deed),
            _ => groups.push((group, vec![deed])),
        }
    }
    groups.push(("scenarios", scenarios.to_vec()));
    groups.iter().map(|(name, names)| group(name, names, width)).collect()
}

/// A group and its names, also where no terminal is within 80 columns.
fn group(group: &str, names: &[&str], width: Option<usize>) -> Painted {
    let names = paint(NAME, names.join(" ")).hang(24, width.or(Some(80)));
    painted!("{}  {}", paint(STRONG, painted!("{:<22}", group)), names)
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
            counted: false,
            location: None,
            reason: None,
            answer: None,
        }
    }

    fn plain(sent: &Trigger, width: usize) -> String {
        line(sent, Some(width)).plain()
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
            let shown = group("session", &names, Some(width)).plain();
            assert!(shown.lines().all(|line| line.len() <= width), "{shown}");
        }
    }
}
