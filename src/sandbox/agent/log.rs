//! The agent's log: records as JSON, logfmt or for a terminal, as ngrok writes them (seen in public logs).

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

/// How much a record matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    Debug,
    Info,
    Warn,
    Error,
    Crit,
}

impl Level {
    /// A level as a flag or the config names it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "debug" => Some(Self::Debug),
            "info" => Some(Self::Info),
            "warn" => Some(Self::Warn),
            "error" => Some(Self::Error),
            "crit" => Some(Self::Crit),
            _ => None,
        }
    }

    /// ngrok's spelling: four letters.
    fn word(self) -> &'static str {
        match self {
            Self::Debug => "dbug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "eror",
            Self::Crit => "crit",
        }
    }
}

/// How records are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Logfmt,
    Term,
    /// Words without any structure; a fault.
    Plain,
}

impl Format {
    /// A format as a flag names it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "json" => Some(Self::Json),
            "logfmt" => Some(Self::Logfmt),
            "term" => Some(Self::Term),
            _ => None,
        }
    }
}

/// Where and how the log goes.
#[derive(Clone, Debug)]
pub(super) struct LogSettings {
    /// `stdout`, `stderr`, `false` or a path.
    pub target: String,
    /// How records are written.
    pub format: Format,
    /// The least level that is written.
    pub level: Level,
    /// Whether broken lines stand between the records; a fault.
    pub garbage: bool,
}

/// The fields of a record beside its message, in order.
pub(super) type Fields<'a> = &'a [(&'a str, Value)];

/// A log. Clones write to the same place.
#[derive(Clone)]
pub(super) struct Log {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    format: Format,
    level: Level,
    garbage: bool,
    unread: CancellationToken,
}

impl Log {
    /// Opens the log; a path is appended to.
    pub(super) fn open(settings: &LogSettings) -> io::Result<Self> {
        let out: Box<dyn Write + Send> = match settings.target.as_str() {
            "stdout" => Box::new(io::stdout()),
            "stderr" => Box::new(io::stderr()),
            "false" => Box::new(io::sink()),
            path => Box::new(OpenOptions::new().create(true).append(true).open(path)?),
        };
        let LogSettings { format, level, garbage, .. } = *settings;
        Ok(Self { out: Arc::new(Mutex::new(out)), format, level, garbage, unread: CancellationToken::new() })
    }

    pub(super) fn info(&self, message: &str, fields: Fields<'_>) {
        self.record(Level::Info, message, fields);
    }

    pub(super) fn warn(&self, message: &str, fields: Fields<'_>) {
        self.record(Level::Warn, message, fields);
    }

    pub(super) fn error(&self, message: &str, fields: Fields<'_>) {
        self.record(Level::Error, message, fields);
    }

    pub(super) fn crit(&self, message: &str, fields: Fields<'_>) {
        self.record(Level::Crit, message, fields);
    }

    /// Resolves when a record found nobody who reads any more: SIGPIPE ends ngrok then (seen on 2.3.41).
    pub(super) async fn unread(&self) {
        self.unread.cancelled().await;
    }

    fn record(&self, level: Level, message: &str, fields: Fields<'_>) {
        if level < self.level {
            return;
        }
        let mut bytes = Vec::new();
        if self.garbage {
            bytes.extend_from_slice(b"\xff\xfe not text \x00\xc3\n{\"lvl\":\"info\",\"msg\":\"cut in the mid\n");
        }
        bytes.extend_from_slice(line(self.format, Timestamp::now(), level, message, fields).as_bytes());
        bytes.push(b'\n');
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        if out
            .write_all(&bytes)
            .and_then(|()| out.flush())
            .is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        {
            self.unread.cancel();
        }
    }
}

fn line(format: Format, time: Timestamp, level: Level, message: &str, fields: Fields<'_>) -> String {
    match format {
        Format::Json => json(time, level, message, fields),
        Format::Logfmt => {
            let time = time.strftime("%Y-%m-%dT%H:%M:%S+0000");
            format!("t={time} lvl={} msg={}{}", level.word(), quoted(message), pairs(fields))
        }
        Format::Term => {
            let time = time.strftime("%m-%d|%H:%M:%S");
            format!("{}[{time}] {message:<40}{}", level.word().to_uppercase(), pairs(fields))
        }
        Format::Plain => {
            let values: Vec<String> = fields.iter().map(|(_, value)| bare(value)).collect();
            format!("{message} {}", values.join(" "))
        }
    }
}

fn json(time: Timestamp, level: Level, message: &str, fields: Fields<'_>) -> String {
    let mut record: BTreeMap<&str, Value> = fields.iter().map(|(name, value)| (*name, value.clone())).collect();
    record.insert("t", time.to_string().into());
    record.insert("lvl", level.word().into());
    record.insert("msg", message.into());
    let text = serde_json::to_string(&record).unwrap_or_default();
    // Go's encoder escapes what HTML would mind; inside JSON these stand in strings only.
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn pairs(fields: Fields<'_>) -> String {
    fields.iter().map(|(name, value)| format!(" {name}={}", quoted(&bare(value)))).collect()
}

fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains([' ', '=', '"', '\n', '\r', '\t', '\\']);
    if plain {
        return text.to_owned();
    }
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{}\"", escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(format: Format, message: &str, fields: Fields<'_>) -> String {
        let time = "2026-11-23T15:04:05.123456789Z".parse().expect("a time");
        line(format, time, Level::Info, message, fields)
    }

    #[test]
    fn json_sorts_its_keys_and_escapes_like_go() {
        let fields = [("path", json!("/a/ngrok.yml")), ("err", json!("<nil>"))];
        assert_eq!(
            record(Format::Json, "open config file", &fields),
            r#"{"err":"\u003cnil\u003e","lvl":"info","msg":"open config file","path":"/a/ngrok.yml","t":"2026-11-23T15:04:05.123456789Z"}"#
        );
        let fields = [("addr", json!({"Scheme": "http", "Host": "localhost:3000"}))];
        let back: Value = serde_json::from_str(&record(Format::Json, "m", &fields)).expect("JSON");
        assert_eq!(back["addr"]["Host"], "localhost:3000");
    }

    #[test]
    fn logfmt_quotes_only_what_needs_it() {
        let fields = [("obj", json!("web")), ("addr", json!("127.0.0.1:4040")), ("err", json!("a \"b\"\r\n\r\nERR"))];
        assert_eq!(
            record(Format::Logfmt, "starting web service", &fields),
            r#"t=2026-11-23T15:04:05+0000 lvl=info msg="starting web service" obj=web addr=127.0.0.1:4040 err="a \"b\"\r\n\r\nERR""#
        );
    }

    #[test]
    fn a_terminal_gets_level_time_and_words() {
        let text = record(Format::Term, "started tunnel", &[("name", json!("command_line"))]);
        assert!(text.starts_with("INFO[11-23|15:04:05] started tunnel "), "{text}");
        assert!(text.ends_with(" name=command_line"), "{text}");
        assert_eq!(record(Format::Plain, "started tunnel", &[("url", json!("http://x"))]), "started tunnel http://x");
    }

    #[test]
    fn levels_filter() {
        assert!(Level::parse("warn") > Level::parse("info") && Level::parse("loud").is_none());
    }
}
