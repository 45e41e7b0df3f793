//! The results of `check` for a person: what holds in one line for each group, what does not with cause and fix.

use super::paint::{BAD, FAINT, GOOD, ODD, health_mark, paint};
use super::painted::{Painted, painted};
use crate::report::{Case, Check, Conformance, Handler, Health};

/// Where names, causes and fixes begin.
const INDENT: usize = 18;

/// The checks of one group, those with the same cause together.
pub fn lines(checks: &[Check], width: Option<usize>) -> Vec<Painted> {
    let mut alike: Vec<Vec<&Check>> = Vec::new();
    for check in checks {
        match alike.iter_mut().find(|group| is_alike(group[0], check)) {
            Some(group) => group.push(check),
            None => alike.push(vec![check]),
        }
    }
    // What failed stands last, next to the summary.
    let order = [Health::Ok, Health::Skip, Health::Warn, Health::Fail];
    alike.sort_by_key(|group| order.iter().position(|health| *health == group[0].status));
    alike.iter().map(|group| block(group, width)).collect()
}

fn is_alike(one: &Check, other: &Check) -> bool {
    let cause = |check: &Check| check.case.as_ref().and_then(|case| case.cause.clone());
    one.status == other.status
        && match one.status {
            Health::Ok => true,
            Health::Skip => one.found == other.found,
            Health::Warn | Health::Fail => {
                one.found == other.found && cause(one) == cause(other) && one.fix == other.fix
            }
        }
}

fn block(checks: &[&Check], width: Option<usize>) -> Painted {
    let first = checks[0];
    let names = checks.iter().map(|check| check.parts().1).collect::<Vec<_>>().join(", ");
    let names = match first.status {
        Health::Ok => names,
        _ => format!("{names}: {}", first.found),
    };
    let names = Painted::text(&names).hang(INDENT, width);
    let mut lines = vec![painted!("  {} {:<9}{}", health_mark(first.status), first.parts().0, names)];
    let mut below = |text: &str, indent: usize| {
        lines.push(painted!("{}{}", Painted::space(INDENT), Painted::text(text).hang(indent, width)));
    };
    if let Some(cause) = first.case.as_ref().and_then(|case| case.cause.as_ref()) {
        below(cause, INDENT);
    }
    if let Some(fix) = &first.fix {
        below(&format!("fix: {fix}"), INDENT + 5);
    }
    Painted::join(lines, "\n")
}

/// The last line.
pub fn ended(ended: &Conformance) -> Painted {
    let Conformance { passed, failed, skipped, warned, .. } = ended;
    let count = |style, count: &usize, word: &str| (*count > 0).then(|| paint(style, painted!("{} {}", *count, word)));
    let counts = [
        count(GOOD, passed, "held"),
        count(BAD, failed, "failed"),
        count(ODD, warned, "to look at"),
        count(FAINT, skipped, "skipped"),
    ];
    painted!("\n  {}", Painted::join(counts.into_iter().flatten(), ", "))
}

/// A line of the list of handlers.
pub fn handler(handler: &Handler) -> Painted {
    painted!("  {:<16} {:<22} {}", handler.framework, handler.title, Painted::text(&handler.file))
}

/// A line of the list.
pub fn case(case: &Case, width: Option<usize>) -> Painted {
    painted!("  {:<30} {}", case.case, Painted::text(&case.sent).hang(33, width))
}
