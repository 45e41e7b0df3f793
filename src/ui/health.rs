//! Endpoints' health, and what was backfilled, as lines for a person.

use super::paint::{BAD, FAINT, GOOD, ODD, health_mark, paint, status_style};
use super::painted::{Painted, painted};
use crate::report::{Backfill, EndpointHealth};
use jiff::Timestamp;

/// `✓ ok   ep_2ab… https://…`, below it the figures, and what is wrong.
pub fn health(health: &EndpointHealth, width: Option<usize>) -> Painted {
    let mut figures = vec![painted!("{} delivered, {} failed", health.delivered, health.failed)];
    if health.pending > 0 {
        figures.push(painted!("{} pending", health.pending));
    }
    if let Some(rate) = health.error_rate.filter(|rate| *rate > 0.0) {
        figures.push(painted!("{:.1} % errors", rate * 100.0));
    }
    figures.push(match &health.last_success {
        Some(time) => painted!("last success {}", moment(time)),
        None => painted!("no success"),
    });
    let mut lines = vec![
        painted!("  {} {} {}", health_mark(health.status), health.endpoint_id, health.url),
        painted!("         {}", paint(FAINT, Painted::join(figures, "; ").hang(9, width))),
    ];
    let below = |style, text: &String| painted!("         {}", paint(style, Painted::text(text).hang(9, width)));
    lines.extend(health.troubles.iter().map(|trouble| below(BAD, trouble)));
    lines.extend(health.remarks.iter().map(|remark| below(ODD, remark)));
    Painted::join(lines, "\n")
}

/// `✓ user.created   200   6 ms  user_2ce…`
pub fn backfill(sent: &Backfill) -> Painted {
    let mark = if sent.ok { paint(GOOD, "✓") } else { paint(BAD, "✗") };
    let status = match sent.status_code {
        Some(status) => paint(status_style(Some(status)), status),
        None => paint(BAD, "  -"),
    };
    let took = sent.duration_ms.map(|ms| painted!("{} ms", ms));
    let reason = sent.reason.as_deref().map(|reason| painted!("  {}", reason));
    painted!("  {} {:<20} {} {:>8}  {}{}", mark, sent.event, status, took.unwrap_or_default(), sent.subject, reason)
}

/// To the second, in UTC: an endpoint may have been quiet for days.
fn moment(rfc3339: &str) -> String {
    rfc3339.parse::<Timestamp>().map_or_else(|_| rfc3339.to_owned(), |time| time.strftime("%FT%TZ").to_string())
}
