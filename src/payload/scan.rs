//! Where the parts of a JSON text stand, as byte ranges. The text has been found valid before.

use std::ops::Range;

/// What a value is, with the places of its parts.
#[derive(Debug)]
pub enum Shape {
    /// Its members: name, and from the name's quote to the value's end, and the value.
    Object(Vec<Member>),
    /// Its elements.
    Array(Vec<Range<usize>>),
    /// It has no parts; the word says what it is.
    Scalar(&'static str),
}

/// A member of an object.
#[derive(Debug)]
pub struct Member {
    /// Unescaped.
    pub name: String,
    /// From the quote of the name to the end of the value.
    pub whole: Range<usize>,
    /// The value.
    pub value: Range<usize>,
}

/// Looks at the value that stands at `range`, without white space around it.
pub fn look(text: &[u8], range: &Range<usize>) -> Shape {
    match text[range.start] {
        b'{' => Shape::Object(members(text, range)),
        b'[' => Shape::Array(elements(text, range)),
        b'"' => Shape::Scalar("a string"),
        b't' | b'f' => Shape::Scalar("a boolean"),
        b'n' => Shape::Scalar("null"),
        _ => Shape::Scalar("a number"),
    }
}

/// The range of the whole text's value.
pub fn whole(text: &[u8]) -> Range<usize> {
    let start = skip_space(text, 0);
    start..end_of(text, start)
}

fn members(text: &[u8], range: &Range<usize>) -> Vec<Member> {
    let mut members = Vec::new();
    let mut at = skip_space(text, range.start + 1);
    while text[at] != b'}' {
        let name_end = end_of(text, at);
        let value_start = skip_space(text, skip_space(text, name_end) + 1);
        let value = value_start..end_of(text, value_start);
        let name = serde_json::from_slice(&text[at..name_end]).unwrap_or_default();
        members.push(Member { name, whole: at..value.end, value: value.clone() });
        at = after_comma(text, value.end);
    }
    members
}

fn elements(text: &[u8], range: &Range<usize>) -> Vec<Range<usize>> {
    let mut elements = Vec::new();
    let mut at = skip_space(text, range.start + 1);
    while text[at] != b']' {
        let end = end_of(text, at);
        elements.push(at..end);
        at = after_comma(text, end);
    }
    elements
}

fn after_comma(text: &[u8], end: usize) -> usize {
    let at = skip_space(text, end);
    if text[at] == b',' { skip_space(text, at + 1) } else { at }
}

fn skip_space(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The end of the value that starts at `at`.
fn end_of(text: &[u8], at: usize) -> usize {
    match text[at] {
        b'"' => end_of_string(text, at),
        b'{' | b'[' => end_of_container(text, at),
        _ => {
            let is_end = |byte: &u8| byte.is_ascii_whitespace() || b",]}".contains(byte);
            text[at..].iter().position(is_end).map_or(text.len(), |length| at + length)
        }
    }
}

fn end_of_string(text: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

fn end_of_container(text: &[u8], at: usize) -> usize {
    let (mut at, mut depth) = (at, 0usize);
    loop {
        match text[at] {
            b'"' => {
                at = end_of_string(text, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
}
