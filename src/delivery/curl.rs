//! A request as a command that a shell runs.

use crate::payload::is_harmful;

/// Linux takes arguments of up to 128 KiB; what is longer goes through a pipe.
const LONGEST_ARGUMENT: usize = 100 * 1024;

/// Headers that curl makes itself, or that belong to one connection.
const LEFT_OUT: [&str; 5] = ["connection", "content-length", "host", "keep-alive", "transfer-encoding"];

/// A command that sends these bytes; `insecure` takes any certificate.
pub fn command(method: &str, url: &str, headers: &[(String, String)], body: &[u8], insecure: bool) -> String {
    let insecure = if insecure { " --insecure" } else { "" };
    let method = if method == "POST" { String::new() } else { format!(" -X {}", quoted(method)) };
    // Without `--globoff` curl takes brackets in a URL for a pattern; an empty `expect` keeps it from asking before a long body.
    let mut lines = vec![format!("curl -sS -i --globoff{insecure}{method} {}", quoted(url))];
    let kept = headers.iter().filter(|(name, _)| !LEFT_OUT.iter().any(|left| name.eq_ignore_ascii_case(left)));
    lines.extend(kept.map(|(name, value)| format!("  -H {}", quoted(&format!("{name}: {value}")))));
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
    text.split(['\n', '\t']).all(|part| !part.chars().any(is_harmful)).then_some(text)
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
        let told = |body: &[u8]| command("POST", "http://localhost:3000/", &[], body, false);
        assert_eq!(
            told(b"{\"name\":\"O'Hara\"}\n"),
            "curl -sS -i --globoff 'http://localhost:3000/' \\\n  -H 'expect:' \\\n  --data-raw '{\"name\":\"O'\\''Hara\"}\n'"
        );
        for body in [&b"\xff%\\'"[..], b"\x1b[31m", "\u{202e}".as_bytes(), b"a\0b", &[b'x'; LONGEST_ARGUMENT + 1]] {
            assert!(told(body).contains("--data-binary @-"), "{body:?}");
            assert!(told(body).bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
        }
        assert!(told(b"\xff%\\'").starts_with("printf '\\377%%\\\\'\\''' |\ncurl "), "{}", told(b"\xff%\\'"));
    }
}
