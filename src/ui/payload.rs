//! A received request: headers as they came; the body as its bytes, or for the eye.

use super::paint::{FAINT, GOOD, NAME, ODD, paint};
use super::painted::{Painted, painted};
use super::stream::Content;
use super::text::grouped;
use crate::delivery::Request;
use crate::payload::{indent, readable, string_end};

/// A body past this is cut on the screen; the log of a tool is no pager. In bytes.
const SHOWN: usize = 16 * 1024;

/// How a body is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For a person: JSON indented and coloured, with the words that it is not as it came.
    Formatted,
    /// For a person who wants it as it came, on a terminal, which must not obey it.
    Escaped,
    /// For a pipe or a file: byte for byte.
    Bytes,
}

/// The headers, indented by four columns, and an empty line where a body follows.
pub fn headers(request: &Request) -> Painted {
    let header = |(name, value): &(String, String)| painted!("    {} {}", paint(NAME, painted!("{}:", name)), value);
    let headers = Painted::join(request.headers.iter().map(header), "\n");
    if request.body.is_empty() { headers } else { painted!("{}\n", headers) }
}

/// The body, and an end of line.
pub fn body(bytes: &[u8], form: Form) -> Option<Content> {
    match form {
        _ if bytes.is_empty() => None,
        Form::Bytes => Some(Content::Exact([bytes, b"\n"].concat())),
        Form::Escaped => Some(Content::Lines(indented(&[Painted::lines(&readable(bytes))]))),
        Form::Formatted => Some(Content::Lines(indented(&formatted(bytes)))),
    }
}

fn indented(lines: &[Painted]) -> Painted {
    let lines = lines.iter().flat_map(|lines| lines.split_lines());
    Painted::join(lines.map(|line| if line.is_empty() { line } else { painted!("    {}", line) }), "\n")
}

/// JSON with its tokens as they came, in lines and colours; anything else as text.
fn formatted(bytes: &[u8]) -> Vec<Painted> {
    let text = readable(&bytes[..bytes.len().min(SHOWN)]);
    let rest = bytes.len().saturating_sub(SHOWN);
    match indent(&text).filter(|_| rest == 0) {
        Some(json) => {
            let mark = painted!("formatted, {} bytes as sent; --raw shows them", grouped(bytes.len()));
            json.lines().map(coloured).chain([paint(FAINT, mark)]).collect()
        }
        None if rest == 0 => vec![Painted::lines(&text)],
        None => {
            let mark = painted!("… {} bytes more; --raw shows them", grouped(rest));
            vec![Painted::lines(&text), paint(FAINT, mark)]
        }
    }
}

/// A line of indented JSON in colours. No token goes over two lines.
fn coloured(line: &str) -> Painted {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_end(rest),
            '{' | '}' | '[' | ']' | ',' | ':' | ' ' => 1,
            _ => rest.find([',', ' ', '}', ']']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(length);
        pieces.push(match c {
            '"' if after.starts_with(':') => paint(NAME, token),
            '"' => paint(GOOD, token),
            't' | 'f' | '-' | '0'..='9' => paint(ODD, token),
            'n' => paint(FAINT, token),
            _ => Painted::text(token),
        });
        rest = after;
    }
    Painted::join(pieces, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(bytes: &[u8], form: Form) -> String {
        match body(bytes, form) {
            Some(Content::Lines(lines)) => lines.plain(),
            Some(Content::Exact(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_keeps_order_numbers_and_escapes_and_says_that_it_is_formatted() {
        let json = "{\"b\":1.0,\"a\":[null,12345678901234567890,\"\\u0078\\u001b[31m\u{9b}\"],\"b\":1e400}";
        assert_eq!(
            shown(json.as_bytes(), Form::Formatted),
            "    {\n      \"b\": 1.0,\n      \"a\": [\n        null,\n        12345678901234567890,\n        \
             \"\\u0078\\u001b[31m\\u{9b}\"\n      ],\n      \"b\": 1e400\n    }\n    \
             formatted, 72 bytes as sent; --raw shows them"
        );
        assert_eq!(shown(b"{\"a\" :\t1}", Form::Bytes), "{\"a\" :\t1}\n");
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(shown(b"not \x07json\r\nat \xff", Form::Formatted), "    not \\u{7}json\\r\n    at \\xff");
        assert_eq!(shown(b"{\"a\" :\t1}\n", Form::Escaped), "    {\"a\" :\\t1}\n");
        assert!(
            shown(&vec![b'x'; SHOWN + 2005], Form::Formatted).ends_with("    … 2,005 bytes more; --raw shows them")
        );
        assert_eq!(shown(&vec![b'x'; SHOWN + 2005], Form::Escaped).len(), SHOWN + 2009);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
