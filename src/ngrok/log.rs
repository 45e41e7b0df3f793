//! The agent's log: JSON, logfmt or plain text, a line at a time (ngrok docs, agent/config; seen on 2.3.41 and 3.x).

use serde_json::{Map, Value};

/// What a line says, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// The agent API listens at this address.
    WebService(String),
    /// The default web address was taken; another follows.
    WebAddressBusy,
    /// The session with the edge stands.
    Session,
    /// The session is lost; the agent tries again.
    SessionLost(String),
    /// A public URL was bound.
    Tunnel(String),
    /// The agent is about to give up.
    Fatal(String),
    /// Everything else.
    Other,
}

/// Reads a line in whatever format it comes.
pub fn read(line: &str) -> Record {
    let line = line.trim();
    if line.starts_with('{')
        && let Ok(Value::Object(fields)) = serde_json::from_str(line)
    {
        return record(&fields);
    }
    let fields = logfmt(line);
    if fields.contains_key("msg") {
        return record(&fields);
    }
    if line.starts_with("ERROR:") || line.starts_with("ERR_NGROK_") {
        Record::Fatal(line.to_owned())
    } else {
        plain(line)
    }
}

/// Text without structure, or ngrok's `term` format: `INFO[…] starting web service   obj=web addr=127.0.0.1:4040`.
fn plain(line: &str) -> Record {
    let words = || line.split_whitespace().map(|word| word.split_once('=').map_or(word, |(_, value)| value));
    let is_address =
        |word: &&str| word.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
    let last = |fits: &dyn Fn(&&str) -> bool| words().filter(|word| fits(word)).last().map(str::to_owned);
    if line.contains("starting web service") {
        last(&|word| is_address(word) && !word.contains('[')).map_or(Record::Other, Record::WebService)
    } else if line.contains("started tunnel") {
        last(&|word| word.starts_with("http")).map_or(Record::Other, Record::Tunnel)
    } else if line.contains("client session established") || line.contains("tunnel session started") {
        Record::Session
    } else {
        Record::Other
    }
}

fn record(fields: &Map<String, Value>) -> Record {
    // In 3.39 `addr` of a started tunnel is an object, elsewhere it is text.
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match text("msg").as_str() {
        "starting web service" => Record::WebService(text("addr")),
        "can't bind default web address, trying alternatives" => Record::WebAddressBusy,
        "client session established" | "tunnel session started" => Record::Session,
        "session closed, starting reconnect loop"
        | "heartbeat timeout, terminating session"
        | "failed to reconnect session" => Record::SessionLost(text("err")),
        "started tunnel" => Record::Tunnel(text("url")),
        "command failed" | "failed to auth" => Record::Fatal(text("err")),
        _ if text("lvl") == "crit" => Record::Fatal(text("err")),
        _ => Record::Other,
    }
}

/// `t=… lvl=info msg="starting web service" addr=127.0.0.1:4040`; values may be quoted with Go's escapes.
fn logfmt(line: &str) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut rest = line.trim_start();
    while let Some((name, after)) = rest.split_once('=') {
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Map::new();
        }
        let (value, next) = if after.starts_with('"') { quoted(after) } else { bare(after) };
        fields.insert(name.to_owned(), value.into());
        rest = next.trim_start();
    }
    fields
}

fn bare(text: &str) -> (String, &str) {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    (text[..end].to_owned(), &text[end..])
}

fn quoted(text: &str) -> (String, &str) {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let whole = &text[..=place];
                let value = serde_json::from_str(whole).unwrap_or_else(|_| whole.trim_matches('"').to_owned());
                return (value, &text[place + 1..]);
            }
            _ => {}
        }
    }
    (text.trim_matches('"').to_owned(), "")
}

/// A line as a person would read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Message and error, or the plain text.
    pub text: String,
    /// A warning or worse, or plain text, which the agent writes when it gives up.
    pub grave: bool,
}

/// Makes a line readable.
pub fn readable(line: &str) -> Line {
    let fields = match serde_json::from_str(line.trim()) {
        Ok(Value::Object(fields)) => fields,
        _ => logfmt(line),
    };
    let text =
        |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty() && *text != "<nil>");
    let grave = ["warn", "eror", "error", "crit"].contains(&text("lvl").unwrap_or_default());
    match (text("msg"), text("err")) {
        (Some(message), Some(error)) => Line { text: format!("{message}: {error}"), grave },
        (Some(message), None) => Line { text: message.to_owned(), grave },
        (None, _) => Line { text: line.trim().to_owned(), grave: true },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn json_logfmt_and_text_say_the_same() {
        for (line, expected) in [
            (
                r#"{"addr":"127.0.0.1:4041","lvl":"info","msg":"starting web service","obj":"web","t":"2026-11-23T10:00:00Z"}"#,
                Record::WebService("127.0.0.1:4041".into()),
            ),
            (
                r#"t=2026-11-23T10:00:00+0000 lvl=info msg="starting web service" obj=web addr=127.0.0.1:4040 allow_hosts=[]"#,
                Record::WebService("127.0.0.1:4040".into()),
            ),
            (
                r#"{"addr":{"Scheme":"http","Host":"localhost:3000"},"msg":"started tunnel","url":"https://a.ngrok.app"}"#,
                Record::Tunnel("https://a.ngrok.app".into()),
            ),
            (r#"lvl=info msg="client session established" obj=csess id=1"#, Record::Session),
            (
                r#"lvl=warn msg="session closed, starting reconnect loop" err="read \"x\": EOF""#,
                Record::SessionLost("read \"x\": EOF".into()),
            ),
            (
                r#"{"lvl":"crit","msg":"command failed","err":"authentication failed\r\n\r\nERR_NGROK_105"}"#,
                Record::Fatal("authentication failed\r\n\r\nERR_NGROK_105".into()),
            ),
            ("ERROR:  authentication failed", Record::Fatal("ERROR:  authentication failed".into())),
            ("starting web service web 127.0.0.1:4042 []", Record::WebService("127.0.0.1:4042".into())),
            (
                "INFO[11-23|10:00:00] starting web service                     obj=web addr=127.0.0.1:4040 allow_hosts=[]",
                Record::WebService("127.0.0.1:4040".into()),
            ),
            (
                "INFO[11-23|10:00:01] started tunnel    obj=tunnels addr=http://localhost:3000 url=https://a.ngrok.app",
                Record::Tunnel("https://a.ngrok.app".into()),
            ),
            ("INFO[11-23|10:00:01] client session established  obj=tunnels.session", Record::Session),
            ("hello=world", Record::Other),
            ("{broken", Record::Other),
            ("", Record::Other),
        ] {
            assert_eq!(read(line), expected, "{line}");
        }
    }

    #[test]
    fn a_tail_is_readable() {
        let line = |text: &str, grave| Line { text: text.to_owned(), grave };
        let failed = r#"{"lvl":"crit","msg":"command failed","err":"no"}"#;
        assert_eq!(readable(failed), line("command failed: no", true));
        assert_eq!(readable(r#"t=1 lvl=info msg="open config file" err=<nil>"#), line("open config file", false));
        assert_eq!(readable("  plain words "), line("plain words", true));
    }

    proptest! {
        #[test]
        fn no_line_breaks_the_reader(line in any::<String>()) {
            let _ = (read(&line), readable(&line));
        }

        #[test]
        fn quoted_values_come_back(value in "[ -~]{0,40}") {
            let line = format!("lvl=info err={} msg=\"session closed, starting reconnect loop\"", Value::from(value.clone()));
            prop_assert_eq!(read(&line), Record::SessionLost(value));
        }
    }
}
