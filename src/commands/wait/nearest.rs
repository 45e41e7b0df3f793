//! What came in place of what was waited for, the nearest first.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Wish;
use crate::delivery::{Delivery, Filter, Signature};

/// How many different values of a path are told.
const VALUES: usize = 3;

/// How many different findings are kept.
const FINDINGS: usize = 200;

/// How many lines say what was found.
const LINES: usize = 6;

/// Deliveries that were not the ones, by what they lacked.
#[derive(Debug, Default)]
pub struct Nearest {
    /// By how much they lacked, of which event and what: how many, and what stood there instead.
    findings: BTreeMap<(usize, String, String), (usize, Vec<String>)>,
}

impl Nearest {
    /// Takes in one that was not waited for.
    pub fn take(&mut self, wish: &Wish, delivery: &Delivery) {
        let unnamed = || if is_unnamed(delivery) { "webhook".to_owned() } else { delivery.request.target.clone() };
        let event = delivery.event.clone().unwrap_or_else(unnamed);
        let lacks = lacks(wish, delivery);
        let sort: Vec<&str> = lacks.iter().map(|(lack, _)| lack.as_str()).collect();
        let key = (lacks.len(), event, sort.join(", "));
        if self.findings.len() >= FINDINGS && !self.findings.contains_key(&key) {
            return;
        }
        let (count, values) = self.findings.entry(key).or_default();
        *count += 1;
        for value in lacks.into_iter().flat_map(|(_, values)| values) {
            if values.len() <= VALUES && !values.contains(&value) {
                values.push(value);
            }
        }
    }

    /// In a few lines.
    pub fn words<'a>(&self, wish: &Wish, open: impl Iterator<Item = &'a Delivery>) -> String {
        let mut lines: Vec<String> = Vec::new();
        let open = open.filter(|delivery| wish.quotas.iter().any(|quota| quota.is_about(delivery))).count();
        if open > 0 {
            lines.push(format!("{open} that could be it came and has no answer of the app yet"));
        }
        lines.extend(self.findings.iter().map(|((_, event, lack), (count, values))| line(event, lack, *count, values)));
        let came: usize = wish.quotas.iter().map(|quota| quota.came).sum();
        match (lines.len(), came) {
            (0, 0) => "nothing came at all".to_owned(),
            (0, _) => "nothing else came".to_owned(),
            (all, _) => {
                lines.truncate(LINES);
                if all > LINES {
                    lines.push(format!("and {} more sorts", all - LINES));
                }
                lines.join("\n")
            }
        }
    }
}

fn line(event: &str, lack: &str, count: usize, values: &[String]) -> String {
    let instead = match values.len() {
        0 => String::new(),
        known if known > VALUES => format!(" (there is {}, …)", values[..VALUES].join(", ")),
        _ => format!(" (there is {})", values.join(", ")),
    };
    let lack = if lack.is_empty() { "more than were waited for" } else { lack };
    format!("{count} `{event}` came, {lack}{instead}")
}

/// A webhook of which the body was not seen, or is no event.
fn is_unnamed(delivery: &Delivery) -> bool {
    delivery.event.is_none() && delivery.message_id.is_some()
}

/// What is not so of a delivery, each with what is so instead.
fn lacks(wish: &Wish, delivery: &Delivery) -> Vec<(String, Vec<String>)> {
    let mut lacks = Vec::new();
    let mut lack = |words: String, values: Vec<String>| lacks.push((words, values));
    if !wish.quotas.iter().any(|quota| quota.is_about(delivery)) {
        let words = if is_unnamed(delivery) { "whose type was not seen" } else { "which is another event" };
        lack(words.to_owned(), Vec::new());
    }
    let filter = &wish.filter;
    let only = |part: Filter| part.admits(delivery);
    let body: Value = serde_json::from_slice(&delivery.request.body).unwrap_or_default();
    for condition in filter.conditions.iter().filter(|condition| !condition.holds(&body)) {
        lack(
            format!("without `{condition}`"),
            condition.found(&body).iter().map(|value| format!("`{value}`")).collect(),
        );
    }
    if let Some(text) = &filter.text
        && !only(Filter { text: Some(text.clone()), ..Filter::default() })
    {
        lack(format!("without the text `{text}`"), Vec::new());
    }
    if !only(Filter { statuses: filter.statuses.clone(), ..Filter::default() }) {
        let status =
            delivery.status().map_or_else(|| "with no answer".to_owned(), |status| format!("answered {status}"));
        lack(status, Vec::new());
    }
    if !only(Filter { origins: filter.origins.clone(), ..Filter::default() }) {
        lack(format!("of origin `{}`", delivery.origin.word()), Vec::new());
    }
    let signature = delivery.verdict.signature;
    if wish.verified && signature != Signature::Valid || filter.invalid && signature != Signature::Invalid {
        lack(format!("with a signature that is {}", signature.word()), Vec::new());
    }
    lacks
}
