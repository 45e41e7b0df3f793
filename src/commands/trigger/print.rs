//! The signed request as text: a command that a shell runs, or a JSON line that a program reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Form;
use super::compose::Message;
use super::send::Sender;
use crate::event::{Event, Request};
use crate::http::Certificates;
use crate::steps::Context;
use crate::ui::harmless;

/// Linux takes arguments of up to 128 KiB; what is longer goes through a pipe.
const LONGEST_ARGUMENT: usize = 100 * 1024;

/// Prints the request of a message.
pub fn print(context: &Context, sender: &Sender, message: &Message, form: Form) {
    let (url, headers) = (sender.destination.target.url.as_str(), sender.headers(message));
    if form == Form::Json || context.ui.json() {
        context.ui.emit(&Event::Request(request(url, &headers, &message.body)));
    } else {
        let insecure = sender.destination.certificates == Certificates::Any;
        context.ui.exact(&curl(url, &headers, &message.body, insecure));
    }
    if !sender.unsigned {
        context.ui.note("its signature holds for five minutes");
    }
}

fn request(url: &str, headers: &[(String, String)], body: &[u8]) -> Request {
    let text = std::str::from_utf8(body).ok().map(str::to_owned);
    Request {
        method: "POST",
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect(),
        body_base64: text.is_none().then(|| STANDARD.encode(body)),
        body: text,
    }
}

fn curl(url: &str, headers: &[(String, String)], body: &[u8], insecure: bool) -> String {
    let insecure = if insecure { " --insecure" } else { "" };
    // Without `--globoff` curl takes brackets in a URL for a pattern; an empty `expect` keeps it from asking before a long body.
    let mut lines = vec![format!("curl -sS -i --globoff{insecure} {}", quoted(url))];
    lines.extend(headers.iter().map(|(name, value)| format!("  -H {}", quoted(&format!("{name}: {value}")))));
    lines.push("  -H 'expect:'".to_owned());
    match plain(body) {
        Some(text) => lines.push(format!("  --data-raw {}", quoted(text))),
        None => {
            lines.push("  --data-binary @-".to_owned());
            lines[0] = format!("printf {} |\n{}", escaped(body), lines[0]);
        }
    }
    lines.join(" \\\n")
}

/// The body as an argument, if it can be one and a terminal shows it as it is.
fn plain(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok().filter(|text| text.len() <= LONGEST_ARGUMENT)?;
    text.split(['\n', '\t']).all(|part| harmless(part) == part).then_some(text)
}

/// For a shell: nothing in it means anything but itself.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// The format of a `printf` that writes these bytes (POSIX, printf: `\ddd` is a byte in octal).
fn escaped(body: &[u8]) -> String {
    let mut format = String::with_capacity(body.len() + 2);
    for byte in body {
        match byte {
            b'%' => format.push_str("%%"),
            b'\\' => format.push_str(r"\\"),
            b'\'' => format.push_str(r"'\''"),
            b' '..=b'~' => format.push(char::from(*byte)),
            _ => format.push_str(&format!(r"\{byte:03o}")),
        }
    }
    format!("'{format}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_text_is_an_argument() {
        let command = |body: &[u8]| curl("http://localhost:3000/", &[], body, false);
        assert_eq!(
            command(b"{\"name\":\"O'Hara\"}\n"),
            "curl -sS -i --globoff 'http://localhost:3000/' \\\n  -H 'expect:' \\\n  --data-raw '{\"name\":\"O'\\''Hara\"}\n'"
        );
        for body in [&b"\xff%\\'"[..], b"\x1b[31m", "\u{202e}".as_bytes(), b"a\0b", &[b'x'; LONGEST_ARGUMENT + 1]] {
            assert!(command(body).contains("--data-binary @-"), "{body:?}");
            assert!(command(body).bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
        }
        assert!(command(b"\xff%\\'").starts_with("printf '\\377%%\\\\'\\''' |\ncurl "), "{}", command(b"\xff%\\'"));
    }

    #[test]
    fn bytes_that_are_no_text_go_in_base64() {
        let request = request("http://localhost:3000/", &[], b"\xff");
        assert_eq!((request.body, request.body_base64.as_deref()), (None, Some("/w==")));
    }
}
