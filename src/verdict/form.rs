//! The ways in which libraries write the same JSON, to find the one that was signed.

use std::fmt::Write as _;

use serde_json::Value;

use crate::payload::string_end;

/// JSON with each token as it was sent.
#[derive(Clone, Debug)]
pub enum Node<'a> {
    /// Names with their quotes.
    Object(Vec<(&'a str, Node<'a>)>),
    /// Elements.
    Array(Vec<Node<'a>>),
    /// A string with its quotes, a number, `true`, `false`, `null`.
    Token(&'a str),
}

/// White space between tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Space {
    /// None: `JSON.stringify(x)`.
    Compact,
    /// After `,` and `:`: Python's `json.dumps(x)`.
    Spaced,
    /// A line each, indented by so many spaces: `JSON.stringify(x, null, 2)`.
    Lines(usize),
}

/// Order of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As it came.
    Kept,
    /// By name: Go's maps, `json.dumps(x, sort_keys=True)`.
    Sorted,
}

/// Characters of strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    /// As they came.
    Kept,
    /// Escaped only where JSON asks for it: `JSON.stringify`.
    Plain,
    /// `<`, `>` and `&` escaped too: Go's `json.Marshal`.
    Html,
    /// All that is not ASCII escaped too: Python's `json.dumps`.
    Ascii,
    /// And `/` as `\/`: PHP's `json_encode`.
    Slashed,
}

/// A way to write JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the types say it")]
pub struct Form {
    pub space: Space,
    pub order: Order,
    pub text: Text,
    /// Numbers as JavaScript writes them: `1.0` as `1`, `1e3` as `1000`.
    pub shortest: bool,
}

impl<'a> Node<'a> {
    /// Reads a text that has been found valid, which also bounds its depth.
    pub fn read(text: &'a str) -> Self {
        Self::begin(text.trim_start()).0
    }

    fn begin(text: &'a str) -> (Self, &'a str) {
        let end = match text.as_bytes().first() {
            Some(b'{') => return Self::object(after(text, 1)),
            Some(b'[') => return Self::array(after(text, 1)),
            Some(b'"') => string_end(text),
            _ => text.find(|c: char| c.is_whitespace() || ",]}".contains(c)).unwrap_or(text.len()),
        };
        (Self::Token(&text[..end]), after(text, end))
    }

    fn object(mut rest: &'a str) -> (Self, &'a str) {
        let mut members = Vec::new();
        while rest.starts_with('"') {
            let (name, behind) = rest.split_at(string_end(rest));
            let (value, behind) = Self::begin(after(behind.trim_start(), 1));
            members.push((name, value));
            rest = behind.strip_prefix(',').map_or(behind, str::trim_start);
        }
        (Self::Object(members), after(rest, 1))
    }

    fn array(mut rest: &'a str) -> (Self, &'a str) {
        let mut elements = Vec::new();
        while !rest.is_empty() && !rest.starts_with(']') {
            let (value, behind) = Self::begin(rest);
            elements.push(value);
            rest = behind.strip_prefix(',').map_or(behind, str::trim_start);
        }
        (Self::Array(elements), after(rest, 1))
    }

    /// The same with the names of each object sorted.
    pub fn sorted(&self) -> Self {
        match self {
            Self::Object(members) => {
                let mut members: Vec<_> = members.iter().map(|(name, value)| (*name, value.sorted())).collect();
                members.sort_by_cached_key(|(name, _)| plain(name));
                Self::Object(members)
            }
            Self::Array(elements) => Self::Array(elements.iter().map(Self::sorted).collect()),
            Self::Token(token) => Self::Token(token),
        }
    }

    /// Whether each object's names are sorted.
    pub fn is_sorted(&self) -> bool {
        match self {
            Self::Object(members) => {
                members.is_sorted_by_key(|(name, _)| plain(name)) && members.iter().all(|(_, value)| value.is_sorted())
            }
            Self::Array(elements) => elements.iter().all(Self::is_sorted),
            Self::Token(_) => true,
        }
    }

    /// Writes it in a form; the order is the node's own.
    pub fn write(&self, form: Form, depth: usize, out: &mut String) {
        let (colon, comma) = match form.space {
            Space::Compact => (":", ","),
            Space::Spaced => (": ", ", "),
            Space::Lines(_) => (": ", ","),
        };
        let (marks, count) = match self {
            Self::Object(members) => (['{', '}'], members.len()),
            Self::Array(elements) => (['[', ']'], elements.len()),
            Self::Token(token) => return out.push_str(&written(token, form)),
        };
        out.push(marks[0]);
        for at in 0..count {
            if at > 0 {
                out.push_str(comma);
            }
            line(form.space, depth + 1, out);
            match self {
                Self::Object(members) => {
                    out.push_str(&written(members[at].0, form));
                    out.push_str(colon);
                    members[at].1.write(form, depth + 1, out);
                }
                Self::Array(elements) => elements[at].write(form, depth + 1, out),
                Self::Token(_) => {}
            }
        }
        if count > 0 {
            line(form.space, depth, out);
        }
        out.push(marks[1]);
    }
}

fn after(text: &str, end: usize) -> &str {
    text.get(end..).unwrap_or_default().trim_start()
}

fn line(space: Space, depth: usize, out: &mut String) {
    if let Space::Lines(width) = space {
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', width * depth));
    }
}

/// A string token's text; one that is none stays as it is.
fn plain(token: &str) -> String {
    serde_json::from_str(token).unwrap_or_else(|_| token.to_owned())
}

fn written(token: &str, form: Form) -> String {
    let Ok(text) = serde_json::from_str::<String>(token) else {
        return if form.shortest { shortest(token) } else { token.to_owned() };
    };
    let escaped = |c: char| match form.text {
        Text::Kept | Text::Plain => false,
        Text::Html => "<>&\u{2028}\u{2029}".contains(c),
        Text::Ascii | Text::Slashed => !(' '..='~').contains(&c),
    };
    if form.text == Text::Kept {
        return token.to_owned();
    }
    let mut out = String::with_capacity(token.len());
    for c in Value::from(text).to_string().chars() {
        match c {
            '/' if form.text == Text::Slashed => out.push_str("\\/"),
            _ if escaped(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    // Writing to a text cannot fail.
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

fn shortest(token: &str) -> String {
    match token.parse::<f64>() {
        Ok(number) if token.contains(['.', 'e', 'E']) => format!("{number}"),
        _ => token.to_owned(),
    }
}
