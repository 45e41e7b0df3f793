//! A kept delivery whole, for a person: what is said of it, request and answer, what it changed.

use super::human;
use super::paint::{FAINT, GOOD, NAME, STRONG, paint};
use super::painted::{Painted, painted};
use super::payload::{self, Form};
use super::stream::Content;
use crate::delivery::{Change, Delivery, Witness};

/// A kept delivery with the id by which it is found again.
pub fn line(delivery: &Delivery, width: Option<usize>) -> Painted {
    let message_id = Some(delivery.id.short().to_owned());
    human::delivery(&crate::report::Delivery { message_id, ..delivery.into() }, width)
}

/// A delivery whole. `changed` is what it says otherwise than the last of the same user.
pub fn whole(delivery: &Delivery, changed: Option<&[Change]>, form: Form, width: Option<usize>) -> Vec<Content> {
    let mut contents = vec![Content::Lines(painted!("{}\n", head(delivery, width)))];
    let request = &delivery.request;
    contents.push(Content::Lines(side(&format!("{} {}", request.method, request.target), &request.headers)));
    contents.extend(payload::body(&request.body, form));
    if request.truncated {
        contents.push(Content::Lines(note("not all of it was kept")));
    }
    match &delivery.answer {
        None => contents.push(Content::Lines(painted!("\n{}", note("no answer was seen")))),
        Some(answer) => {
            contents.push(Content::Lines(painted!("\n{}", side(&format!("{}", answer.status), &answer.headers))));
            contents.extend(payload::body(&answer.body, form));
        }
    }
    if let Some(changes) = changed {
        contents.push(Content::Lines(painted!("\n{}", self::changes(changes))));
    }
    contents
}

fn head(delivery: &Delivery, width: Option<usize>) -> Painted {
    let line = human::delivery(&delivery.into(), width);
    let witnesses = delivery.witnesses.iter().map(|witness| seen_by(*witness)).collect::<Vec<_>>().join(", ");
    let row = |name: &str, text: String| painted!("  {:<10} {}", paint(FAINT, name), text);
    let mut rows = vec![
        line,
        row("id", delivery.id.to_string()),
        row("received", delivery.received_at.to_string()),
        row("origin", delivery.origin.word().to_owned()),
        row("seen by", witnesses),
    ];
    rows.extend(delivery.message_id.as_ref().map(|id| row("message", id.clone())));
    rows.extend(delivery.source.as_ref().map(|id| row("repeats", id.to_string())));
    Painted::join(rows, "\n")
}

fn seen_by(witness: Witness) -> &'static str {
    match witness {
        Witness::Agent => "the ngrok agent",
        Witness::Sample => "the sample app",
        Witness::Gateway => "the gateway",
        Witness::Sender => "whoever sent it",
    }
}

/// The first line of a request or an answer, and its headers.
fn side(first: &str, headers: &[(String, String)]) -> Painted {
    let header = |(name, value): &(String, String)| painted!("    {} {}", paint(NAME, painted!("{}:", name)), value);
    let rows = std::iter::once(painted!("  {}", paint(STRONG, first))).chain(headers.iter().map(header));
    painted!("{}\n", Painted::join(rows, "\n"))
}

fn changes(changes: &[Change]) -> Painted {
    if changes.is_empty() {
        return note("the same as the last of this user");
    }
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    let row = |change: &Change| {
        painted!("    {} {} → {}", paint(NAME, &change.path), value(&change.before), paint(GOOD, value(&change.now)))
    };
    let rows = std::iter::once(painted!("  {}", paint(STRONG, "changed"))).chain(changes.iter().map(row));
    Painted::join(rows, "\n")
}

fn note(text: &str) -> Painted {
    painted!("    {}", paint(FAINT, text))
}
