//! A received request for the eye: headers as they came, the body as indented JSON in colour.

use std::io;

use anstyle::Style;
use serde::Serialize as _;
use serde_json::ser::{CharEscape, Formatter, PrettyFormatter, Serializer};

use super::paint::{FAINT, GOOD, NAME, ODD, paint};
use super::text::harmless;
use crate::event::Received;

/// A body past this is cut on the screen; the log of a tool is no pager.
const SHOWN: usize = 16 * 1024;

/// Headers and body, each line indented by four columns.
pub fn block(received: &Received) -> String {
    let mut lines: Vec<String> = received
        .headers
        .iter()
        .map(|(name, value)| format!("{} {}", paint(NAME, format_args!("{}:", harmless(name))), harmless(value)))
        .collect();
    if !received.body.is_empty() {
        lines.push(String::new());
        lines.extend(body(&received.body).lines().map(str::to_owned));
    }
    let indented = lines.iter().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") });
    indented.collect::<Vec<_>>().join("\n")
}

/// JSON in its sent order with colours; anything else as harmless text, line by line.
fn body(bytes: &[u8]) -> String {
    if bytes.len() <= SHOWN
        && let Ok(value) = serde_json::from_slice::<serde_json::Value>(bytes)
        && let Some(text) = coloured(&value)
    {
        return text;
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(SHOWN)]);
    let mut shown = text.lines().map(|line| harmless(line).into_owned()).collect::<Vec<_>>().join("\n");
    if bytes.len() > SHOWN {
        let rest = format!("… {} bytes more", bytes.len() - SHOWN);
        shown = format!("{shown}\n{}", paint(FAINT, rest));
    }
    shown
}

fn coloured(value: &serde_json::Value) -> Option<String> {
    let mut buffer = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut buffer, Coloured::default())).ok()?;
    String::from_utf8(buffer).ok()
}

/// serde_json's pretty form, with styles around names and values.
#[derive(Default)]
struct Coloured {
    pretty: PrettyFormatter<'static>,
    in_name: bool,
}

macro_rules! styled {
    ($($method:ident($($value:ident: $type:ty)?) $style:expr;)*) => {$(
        fn $method<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $value: $type)?) -> io::Result<()> {
            let style: Style = $style;
            write!(writer, "{style}")?;
            self.pretty.$method(writer $(, $value)?)?;
            write!(writer, "{style:#}")
        }
    )*};
}

macro_rules! plain {
    ($($method:ident($($value:ident: $type:ty)?);)*) => {$(
        fn $method<W: ?Sized + io::Write>(&mut self, writer: &mut W $(, $value: $type)?) -> io::Result<()> {
            self.pretty.$method(writer $(, $value)?)
        }
    )*};
}

impl Formatter for Coloured {
    styled! {
        write_null() FAINT;
        write_bool(value: bool) ODD;
        write_i64(value: i64) ODD;
        write_u64(value: u64) ODD;
        write_f64(value: f64) ODD;
        write_number_str(value: &str) ODD;
    }

    plain! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_value();
        end_object_value();
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.in_name = true;
        self.pretty.begin_object_key(writer, first)
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.in_name = false;
        self.pretty.end_object_key(writer)
    }

    fn begin_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        write!(writer, "{}\"", if self.in_name { NAME } else { GOOD })
    }

    fn end_string<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        write!(writer, "\"{:#}", GOOD)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        writer.write_all(harmless(fragment).as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(&mut self, writer: &mut W, escape: CharEscape) -> io::Result<()> {
        self.pretty.write_char_escape(writer, escape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        anstream::adapter::strip_str(text).to_string()
    }

    #[test]
    fn json_keeps_its_order_and_hostile_text_is_escaped() {
        let shown = body("{\"b\":1,\"a\":[null,\"x\\u001b[31m\u{9b}\"]}".as_bytes());
        assert_eq!(plain(&shown), "{\n  \"b\": 1,\n  \"a\": [\n    null,\n    \"x\\u001b[31m\\u{9b}\"\n  ]\n}");
    }

    #[test]
    fn what_is_no_json_is_text() {
        assert_eq!(body(b"not \x07json\r\nat all"), "not \\u{7}json\nat all");
        assert!(body(&vec![b'x'; SHOWN + 5]).contains("… 5 bytes more"));
    }
}
