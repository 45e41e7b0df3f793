//! The verdict on a saved delivery for a person.

use super::paint::{BAD, FAINT, GOOD, ODD, paint};
use super::painted::{Painted, painted};
use crate::report::Verdict;

/// `✓ valid  user.created msg_2ab… signed 2 min ago with …`, and what is wrong with what to do below it.
pub fn verdict(verdict: &Verdict, width: Option<usize>) -> Painted {
    let what: Vec<&str> = [&verdict.event, &verdict.message_id].into_iter().flatten().map(String::as_str).collect();
    let what = if what.is_empty() { "a delivery".to_owned() } else { what.join(" ") };
    let signed = match (&verdict.signed, &verdict.secret) {
        (Some(signed), Some(secret)) => format!(" signed {signed} with {secret}"),
        _ => String::new(),
    };
    let reason = verdict.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let (mark, text) = match (verdict.valid, &verdict.reason) {
        (true, None) => (paint(GOOD, "✓ valid"), format!("{what}{signed}")),
        (true, Some(reason)) => (paint(ODD, "! valid"), format!("{what}{signed}; but {reason}")),
        (false, _) => (paint(BAD, "✗ not valid"), format!("{what}{reason}")),
    };
    let indent = if verdict.valid { "✓ valid  " } else { "✗ not valid  " }.chars().count();
    let hung = |text: &str, indent| Painted::text(text).hang(indent, width);
    let mut lines = vec![painted!("{}  {}", mark, hung(&text, indent))];
    let remark = |remark: &String| painted!("  {} {}", paint(FAINT, "·"), paint(FAINT, hung(remark, 4)));
    lines.extend(verdict.remarks.iter().map(remark));
    lines.extend(verdict.fix.iter().map(|fix| painted!("  {} {}", paint(GOOD, "→"), hung(fix, 4))));
    Painted::join(lines, "\n")
}
