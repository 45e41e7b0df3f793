//! A request as it went over the wire: header lines, an empty line, the body. The request line may be absent.

use super::Saved;

/// Reads a request with line ends of either kind.
pub fn read(text: &[u8]) -> Option<Saved> {
    let (head, body) = split(text);
    let headers = headers(head)?;
    let get = |name: &str| headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut remarks = Vec::new();
    let mut body = body.to_vec();
    if get("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
        && let Some(whole) = unchunked(&body)
    {
        body = whole;
    }
    if let Some(length) = get("content-length").and_then(|length| length.parse::<usize>().ok())
        && length < body.len()
    {
        remarks.push(format!("{} bytes past `content-length` are left out", body.len() - length));
        body.truncate(length);
    }
    Some(Saved { headers, body, remarks })
}

/// Reads lines `NAME: VALUE`; a request line in front and HTTP/2's `:method` and the like are skipped, an empty line ends
/// them.
pub fn headers(head: &[u8]) -> Option<Vec<(String, String)>> {
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines().skip_while(|line| line.trim().is_empty()).peekable();
    if lines.peek().is_some_and(|line| is_request(line)) {
        lines.next();
    }
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines.take_while(|line| !line.trim().is_empty()).filter(|line| !line.starts_with(':')) {
        // A value that goes on in the next line (RFC 9112, 5.2).
        if line.starts_with([' ', '\t']) {
            let (_, value) = headers.last_mut()?;
            *value = format!("{value} {}", line.trim());
            continue;
        }
        let (name, value) = line.split_once(':')?;
        let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if name.is_empty() || !name.chars().all(token) {
            return None;
        }
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    (!headers.is_empty()).then_some(headers)
}

fn is_request(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    words.len() == 3 && words[2].starts_with("HTTP/") && words[0].chars().all(|c| c.is_ascii_uppercase())
}

/// At the first empty line; without one there is no body.
fn split(text: &[u8]) -> (&[u8], &[u8]) {
    let mut at = text.len() - text.trim_ascii_start().len();
    while let Some(length) = text[at..].iter().position(|byte| *byte == b'\n') {
        let line = &text[at..at + length];
        if line.trim_ascii().is_empty() {
            return (&text[..at], &text[at + length + 1..]);
        }
        at += length + 1;
    }
    (text, b"")
}

/// The body of chunks (RFC 9112, 7.1); `None` where it has none, as many tools save it joined.
fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n")?;
        let line = std::str::from_utf8(&rest[..end]).ok()?;
        let length = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        rest = &rest[end + 2..];
        if length == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(..length)?);
        rest = rest.get(length..)?.strip_prefix(b"\r\n")?;
    }
}
