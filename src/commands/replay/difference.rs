//! The answer now against the answer then, as a unified diff.

use similar::algorithms::{Compact, Replace, myers};
use similar::group_diff_ops;
use similar::udiff::UnifiedHunkHeader;

use super::source::Source;
use crate::handler::Answer;
use crate::report::Report;
use crate::steps::Context;
use crate::steps::answered::answered;

/// Shows the difference, or that there is none.
pub fn show(context: &Context, source: &Source, now: &Answer) {
    let (then, now) = (text(&answered(&source.delivery)), text(now));
    if then == now {
        context.ui.note("the app answered the same as then");
        return;
    }
    let lines = ["--- then".to_owned(), "+++ now".to_owned()].into_iter().chain(unified(&then, &now)).collect();
    context.ui.emit(&Report::Difference { lines });
}

/// The hunks of a unified diff, three lines around each change.
fn unified(then: &str, now: &str) -> Vec<String> {
    let (then, now): (Vec<&str>, Vec<&str>) =
        (then.split_terminator('\n').collect(), now.split_terminator('\n').collect());
    // `TextDiff` would choose Myers too, but links five more algorithms: 660 kB of the program.
    let mut hook = Compact::new(Replace::new(similar::algorithms::Capture::new()), &then, &now);
    let Ok(()) = myers::diff(&mut hook, &then, 0..then.len(), &now, 0..now.len());
    let mut lines = Vec::new();
    for hunk in group_diff_ops(hook.into_inner().into_inner().into_ops(), 3) {
        lines.push(UnifiedHunkHeader::new(&hunk).to_string());
        let changes = hunk.iter().flat_map(|operation| operation.iter_changes(&then, &now));
        lines.extend(changes.map(|change| format!("{}{}", change.tag(), change.value().trim_end_matches('\r'))));
    }
    lines
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn lines_are_those_of_the_crate_s_own_unified_diff(then in "([abc]{0,2}\n){0,30}", now in "([abc]{0,2}\n){0,30}") {
            let whole = similar::TextDiff::from_lines(&then, &now).unified_diff().to_string();
            prop_assert_eq!(unified(&then, &now), whole.lines().collect::<Vec<_>>());
        }
    }

    #[test]
    fn changes_far_apart_are_two_hunks() {
        let then: String = (1..=20).map(|number| format!("{number}\n")).collect();
        let now = then.replace("3\n4\n", "4\n").replace("18\n", "18\nnew\n");
        let headers: Vec<String> = unified(&then, &now).into_iter().filter(|line| line.starts_with('@')).collect();
        assert_eq!(headers, ["@@ -1,6 +1,5 @@", "@@ -16,5 +15,6 @@"]);
    }
}
