//! A delivery whole, as the pages of its detail.

use super::super::text::grouped;
use super::sheet::Sheet;
use super::text::{Plain, cut};
use super::tree::Tree;
use crate::delivery::{Change, Delivery, Origin, Signature, Witness};
use crate::payload::{indent, readable};

/// A body past this is no tree, and only its beginning is shown. In bytes.
const SHOWN: usize = 1 << 20;

/// What is known of a delivery.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The delivery.
    pub delivery: Delivery,
    /// When it came, `15:16:03`.
    pub time: String,
    /// Whom it concerns.
    pub about: Plain,
    /// Why it failed and what to do.
    pub why: Option<(Plain, Plain)>,
    /// What it is held against, and what it says otherwise.
    pub compared: Option<Compared>,
}

/// What differs from something earlier.
#[derive(Clone, Debug)]
pub enum Compared {
    /// From the last state of the same user.
    State(Vec<Change>),
    /// The answer, from the one before the replay.
    Answer {
        /// Then.
        then: String,
        /// Now.
        now: String,
    },
}

/// A page of the detail. Svix's attempts get one here once somebody can ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// The body as a tree.
    Body,
    /// The bytes.
    Raw,
    /// The request's headers.
    Headers,
    /// The app's answer.
    Answer,
    /// What it says otherwise.
    Difference,
}

impl Tab {
    /// In their order.
    pub const ALL: [Self; 5] = [Self::Body, Self::Raw, Self::Headers, Self::Answer, Self::Difference];

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Body => "Body",
            Self::Raw => "Raw",
            Self::Headers => "Headers",
            Self::Answer => "Answer",
            Self::Difference => "Difference",
        }
    }

    /// Its place.
    pub fn place(self) -> usize {
        Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0)
    }
}

/// A page.
#[derive(Clone, Debug)]
pub enum Page {
    /// Folded and unfolded.
    Tree(Tree),
    /// Scrolled.
    Sheet(Sheet),
}

/// One place on the way of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// What is there.
    pub name: &'static str,
    /// It held; `None` where nobody saw.
    pub held: Option<bool>,
    /// What was seen.
    pub detail: Plain,
}

impl Whole {
    /// The pages, in the order of their tabs.
    pub fn pages(&self) -> Vec<Page> {
        Tab::ALL.iter().map(|tab| self.page(*tab)).collect()
    }

    fn page(&self, tab: Tab) -> Page {
        let request = &self.delivery.request;
        let lines = match tab {
            Tab::Body => match tree(&request.body) {
                Some(tree) => return Page::Tree(tree),
                None => body(&request.body),
            },
            Tab::Raw => body(&request.body),
            Tab::Headers => {
                let first = Plain::of(&format!("{} {}", request.method, request.target));
                std::iter::once(first).chain(request.headers.iter().map(header)).chain(self.facts()).collect()
            }
            Tab::Answer => self.answer(),
            Tab::Difference => self.difference(),
        };
        Page::Sheet(Sheet::of(lines))
    }

    /// Why it failed and what to do, in so many columns and at most so many lines; which of both each line is of.
    pub fn reasons(&self, columns: usize, lines: usize) -> Vec<(bool, String)> {
        let Some((found, fix)) = &self.why else { return Vec::new() };
        let (found, fix) = (found.wrap(columns), fix.wrap(columns));
        let for_found = lines.saturating_sub(fix.len().min(lines / 2)).min(found.len());
        let part = |is_fix: bool, pieces: &[String], room: usize| -> Vec<(bool, String)> {
            let mut shown: Vec<String> = pieces.iter().take(room).cloned().collect();
            if let Some(last) = shown.last_mut().filter(|_| pieces.len() > room) {
                *last = cut(&format!("{} …", last.trim_end()), columns);
            }
            shown.into_iter().map(|piece| (is_fix, piece)).collect()
        };
        let mut told = part(false, &found, for_found);
        told.extend(part(true, &fix, lines - for_found));
        told
    }

    /// The way that it came, as far as somebody saw it.
    pub fn hops(&self) -> Vec<Hop> {
        let delivery = &self.delivery;
        let saw = |witness| delivery.witnesses.contains(&witness);
        let hop = |name, held, detail: &str| Hop { name, held, detail: Plain::of(detail) };
        let mut hops = vec![hop(cause(delivery.origin), Some(true), "")];
        if saw(Witness::Agent) {
            hops.push(hop("ngrok", Some(true), ""));
        }
        if saw(Witness::Gateway) {
            hops.push(hop("gateway", Some(true), ""));
        }
        let took = delivery.duration_ms().map(|ms| format!(" in {ms} ms")).unwrap_or_default();
        hops.push(match delivery.status() {
            Some(status) => hop("app", Some((200..300).contains(&status)), &format!("{status}{took}")),
            None => hop("app", None, "no answer seen"),
        });
        hops.push(match delivery.verdict.signature {
            Signature::Valid => hop("signature", Some(true), ""),
            Signature::Invalid => {
                hop("signature", Some(false), delivery.verdict.reason.as_deref().unwrap_or("invalid"))
            }
            Signature::Unchecked => hop("signature", None, "unchecked"),
        });
        hops
    }

    fn facts(&self) -> Vec<Plain> {
        let delivery = &self.delivery;
        let optional = [
            ("message", delivery.message_id.clone()),
            ("repeats", delivery.source.as_ref().map(ToString::to_string)),
            ("not all of it was kept", delivery.request.truncated.then(String::new)),
        ];
        let mut lines = vec![
            Plain::default(),
            Plain::of(&format!("id        {}", delivery.id)),
            Plain::of(&format!("received  {}", delivery.received_at)),
            Plain::of(&format!("origin    {}", delivery.origin.word())),
        ];
        let given = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        lines.extend(given.map(|(name, value)| Plain::of(format!("{name:<9} {value}").trim_end())));
        lines
    }

    fn answer(&self) -> Vec<Plain> {
        let Some(answer) = &self.delivery.answer else { return vec![Plain::of("no answer was seen")] };
        let took = self.delivery.duration_ms().map(|ms| format!("  {ms} ms")).unwrap_or_default();
        let mut lines = vec![Plain::of(&format!("{}{took}", answer.status))];
        lines.extend(answer.headers.iter().map(header));
        lines.push(Plain::default());
        let beginning = readable(&answer.body[..answer.body.len().min(SHOWN)]);
        match indent(&beginning) {
            Some(indented) => lines.extend(Plain::lines(&indented)),
            None => lines.extend(body(&answer.body)),
        }
        lines
    }

    fn difference(&self) -> Vec<Plain> {
        match &self.compared {
            None => vec![Plain::of("nothing earlier to compare with: no replay, and no kept state of the same user")],
            Some(Compared::State(changes)) if changes.is_empty() => {
                vec![Plain::of("the same as the last state of this user")]
            }
            Some(Compared::State(changes)) => {
                let head = [Plain::of("against the last state of this user"), Plain::default()];
                head.into_iter().chain(self::changes(changes)).collect()
            }
            Some(Compared::Answer { then, now }) if then == now => {
                vec![Plain::of("the app answered the same as before the replay")]
            }
            Some(Compared::Answer { then, now }) => {
                let side = |mark: &str, text: &str| {
                    text.lines().map(|line| Plain::of(&format!("{mark} {line}"))).collect::<Vec<_>>()
                };
                let head = [Plain::of("the answer before the replay (-) and now (+)"), Plain::default()];
                head.into_iter().chain(side("-", then)).chain(side("+", now)).collect()
            }
        }
    }
}

/// What differs, a line each.
pub fn changes(changes: &[Change]) -> Vec<Plain> {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    changes
        .iter()
        .map(|change| Plain::of(&format!("{}: {} → {}", change.path, value(&change.before), value(&change.now))))
        .collect()
}

fn cause(origin: Origin) -> &'static str {
    match origin {
        Origin::Clerk => "Clerk",
        Origin::Test => "test event",
        Origin::Trigger => "trigger",
        Origin::Replay => "replay",
        Origin::Check => "check",
        Origin::Other => "somebody",
    }
}

fn header((name, value): &(String, String)) -> Plain {
    Plain::of(&format!("{name}: {value}"))
}

fn tree(body: &[u8]) -> Option<Tree> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= SHOWN)?;
    Some(Tree::of(&indent(text)?)).filter(|_| !text.trim().is_empty())
}

/// The bytes as text, and what of them is not shown.
fn body(bytes: &[u8]) -> Vec<Plain> {
    if bytes.is_empty() {
        return vec![Plain::of("empty")];
    }
    let mut lines = Plain::lines(&readable(&bytes[..bytes.len().min(SHOWN)]));
    if let Some(rest) = bytes.len().checked_sub(SHOWN).filter(|rest| *rest > 0) {
        lines.push(Plain::of(&format!("… {} bytes more; `s` saves them all", grouped(rest))));
    }
    lines
}
