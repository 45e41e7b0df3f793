//! A body that was parsed and written again: which way of writing was signed, and so what was changed since.

use super::form::{Form, Node, Order, Space, Text};
use super::{Cause, bytes};

const SPACES: [Space; 4] = [Space::Compact, Space::Spaced, Space::Lines(2), Space::Lines(4)];
const TEXTS: [Text; 5] = [Text::Kept, Text::Plain, Text::Html, Text::Ascii, Text::Slashed];
const ORDERS: [Order; 2] = [Order::Kept, Order::Sorted];

/// An event has six names at most; their orders are 720.
const MOST_NAMES: usize = 6;

/// The other ways to write a JSON body.
pub struct Forms<'a> {
    /// Its nodes in each order.
    nodes: [Node<'a>; 2],
    /// Its white space, where it is one of the usual.
    space: Option<Space>,
    forms: Vec<Form>,
}

impl<'a> Forms<'a> {
    /// `None` for what is no JSON.
    pub fn of(body: &'a [u8]) -> Option<Self> {
        let body = bytes::json(body)?;
        let node = Node::read(body);
        let nodes = [node.clone(), node.sorted()];
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

    /// The body without white space and with its outermost names in every other order, where they are few.
    pub fn permuted(&self) -> impl Iterator<Item = String> {
        let members = match &self.nodes[0] {
            Node::Object(members) if members.len() <= MOST_NAMES => members.as_slice(),
            _ => &[],
        };
        let form = Form { space: Space::Compact, order: Order::Kept, text: Text::Kept, shortest: false };
        let mut places: Vec<usize> = (0..members.len()).collect();
        std::iter::from_fn(move || {
            next(&mut places).then(|| {
                let permuted = places.iter().map(|place| members[*place].clone());
                write(&Node::Object(permuted.collect()), form)
            })
        })
    }

    /// What became of the names when another order of the outermost fits.
    pub fn reordered(&self) -> Cause {
        if self.nodes[0].is_sorted() { Cause::BodyKeysSorted } else { Cause::BodyKeysReordered }
    }

    /// What was done to a text of this form so that it became the body.
    pub fn cause(&self, signed: Form) -> Cause {
        let mut causes = Vec::new();
        match signed.order {
            Order::Kept => {}
            Order::Sorted => causes.push(Cause::BodyKeysReordered),
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

/// The next order of places, by the book; `false` after the last.
fn next(places: &mut [usize]) -> bool {
    let Some(at) = places.windows(2).rposition(|pair| pair[0] < pair[1]) else { return false };
    let other = places.iter().rposition(|place| *place > places[at]).unwrap_or(at + 1);
    places.swap(at, other);
    places[at + 1..].reverse();
    true
}
