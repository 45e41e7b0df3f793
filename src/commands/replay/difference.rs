//! The answer now against the answer then, as a unified diff.

use similar::TextDiff;

use super::send::captured_answer;
use crate::handler::Answer;
use crate::ngrok::capture::Capture;
use crate::steps::Context;
use crate::ui::harmless;

/// Shows the difference, or that there is none.
pub fn show(context: &Context, source: &Capture, now: &Answer) {
    let (then, now) = (text(&captured_answer(source)), text(now));
    if then == now {
        context.ui.note("the app answered the same as then");
        return;
    }
    let diff = TextDiff::from_lines(&then, &now);
    for line in diff.unified_diff().header("then", "now").to_string().lines() {
        context.ui.data(&harmless(line));
    }
}

fn text(answer: &Answer) -> String {
    let location = answer.location.as_ref().map(|to| format!("location: {to}\n")).unwrap_or_default();
    // JSON of one line would be one difference.
    let body = match serde_json::from_str::<serde_json::Value>(&answer.body) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
        Err(_) => answer.body.clone(),
    };
    format!("status: {}\n{location}{body}\n", answer.status)
}
