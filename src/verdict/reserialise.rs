//! A body that was parsed and written again: which way of writing was signed, and so what was changed since.

use serde_json::Value;

use super::form::{Form, Node, Order, Space, Text};
use super::{Cause, bytes};
use crate::events;

const SPACES: [Space; 4] = [Space::Compact, Space::Spaced, Space::Lines(2), Space::Lines(4)];
const TEXTS: [Text; 5] = [Text::Kept, Text::Plain, Text::Html, Text::Ascii, Text::Slashed];
const ORDERS: [Order; 3] = [Order::Kept, Order::Sorted, Order::Example];

/// The other ways to write a JSON body.
pub struct Forms<'a> {
    /// Its nodes in each order.
    nodes: [Node<'a>; 3],
    /// Its white space, where it is one of the usual.
    space: Option<Space>,
    forms: Vec<Form>,
}

impl<'a> Forms<'a> {
    /// `None` for what is no JSON.
    pub fn of(body: &'a [u8]) -> Option<Self> {
        let body = bytes::json(body)?;
        let node = Node::read(body);
        let example = example(body);
        let nodes = ORDERS.map(|order| node.ordered(order, &example));
        let as_it_is = |space| Form { space, order: Order::Kept, text: Text::Kept, shortest: false };
        let space = SPACES.into_iter().find(|space| write(&nodes[0], as_it_is(*space)) == body);
        let mut forms = Vec::new();
        for order in ORDERS {
            for text in TEXTS {
                for shortest in [false, true] {
                    forms.extend(SPACES.map(|space| Form { space, order, text, shortest }));
                }
            }
        }
        // The fewest changes explain it best.
        forms.sort_by_key(|form| changes(*form, space));
        Some(Self { nodes, space, forms })
    }

    /// The texts, those with the fewest changes first.
    pub fn texts(&self) -> impl Iterator<Item = (Form, String)> {
        self.forms.iter().map(|form| (*form, write(&self.nodes[form.order as usize], *form)))
    }

    /// What was done to a text of this form so that it became the body.
    pub fn cause(&self, signed: Form) -> Cause {
        let mut causes = Vec::new();
        match signed.order {
            Order::Kept => {}
            Order::Example if self.nodes[0].is_sorted() => causes.push(Cause::BodyKeysSorted),
            Order::Sorted | Order::Example => causes.push(Cause::BodyKeysReordered),
        }
        if signed.shortest {
            causes.push(Cause::BodyNumbers);
        }
        causes.extend(escapes(signed.text).map(Cause::BodyEscapes));
        if self.space != Some(signed.space) {
            causes.push(Cause::BodyWhiteSpace(match (signed.space, self.space) {
                (Space::Compact, _) => "white space added",
                (_, Some(Space::Compact)) => "white space removed",
                _ => "white space changed",
            }));
        }
        match causes.len() {
            1 => causes.remove(0),
            _ => Cause::BodyReserialised(causes.iter().map(changed).collect::<Vec<_>>().join(", ")),
        }
    }
}

fn write(node: &Node<'_>, form: Form) -> String {
    let mut text = String::new();
    node.write(form, 0, &mut text);
    text
}

fn changes(form: Form, space: Option<Space>) -> usize {
    usize::from(form.order != Order::Kept)
        + usize::from(form.text != Text::Kept)
        + usize::from(form.shortest)
        + usize::from(space != Some(form.space))
}

fn escapes(signed: Text) -> Option<&'static str> {
    match signed {
        Text::Kept => None,
        Text::Plain => Some("characters escaped"),
        Text::Html => Some("escapes of `<`, `>`, `&` removed"),
        Text::Ascii => Some("escapes of characters that are not ASCII removed"),
        Text::Slashed => Some("escapes of `/` removed"),
    }
}

/// The change alone.
fn changed(cause: &Cause) -> String {
    let sentence = cause.to_string();
    sentence.rsplit(": ").next().unwrap_or_default().to_owned()
}

/// An event of the body's type, for the order of its names.
fn example(body: &str) -> Value {
    let kind = serde_json::from_str::<Value>(body).ok().and_then(|value| Some(value["type"].as_str()?.to_owned()));
    let text = kind.and_then(|kind| events::example(&kind, 0));
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}
