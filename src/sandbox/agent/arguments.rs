//! The command line of ngrok, as far as clerkhook and its tests use it (ngrok docs, agent/cli).

use std::collections::VecDeque;
use std::path::PathBuf;

use super::log::{Format, Level};
use super::tunnel::Upstream;
use super::version::Version;
use crate::secret::Secret;

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Command {
    /// Prints the version.
    Version,
    /// Opens a tunnel.
    Http(Box<Http>),
}

/// `ngrok http ADDRESS` with its flags.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Http {
    /// Where requests go.
    pub upstream: Upstream,
    /// `--url`, `--domain` or `--hostname`.
    pub url: Option<String>,
    /// `--name`.
    pub name: Option<String>,
    /// `--traffic-policy-file`.
    pub policy_file: Option<PathBuf>,
    /// `--verify-webhook`.
    pub verify_webhook: Option<String>,
    /// `--verify-webhook-secret`.
    pub verify_webhook_secret: Option<Secret>,
    /// `--pooling-enabled`.
    pub pooling: bool,
    /// `--inspect`.
    pub inspect: bool,
    /// `--bind-tls=true` of 2.x: one tunnel instead of two.
    pub only_tls: bool,
    /// `--config`, in order.
    pub configs: Vec<PathBuf>,
    /// `--authtoken`.
    pub authtoken: Option<Secret>,
    /// `--log`.
    pub log: Option<String>,
    /// `--log-format`.
    pub log_format: Format,
    /// `--log-level`.
    pub log_level: Level,
}

/// A flag, whether it needs no value, and the versions that know it: from the first up to before the second.
type Flag = (&'static str, bool, [u32; 3], [u32; 3]);

const EVER: [u32; 3] = [u32::MAX; 3];

const FLAGS: [Flag; 16] = [
    ("authtoken", false, [0; 3], EVER),
    ("bind-tls", false, [0; 3], [3, 0, 0]),
    ("config", false, [0; 3], EVER),
    ("domain", false, [3, 0, 0], EVER),
    ("hostname", false, [0; 3], EVER),
    ("inspect", true, [0; 3], EVER),
    ("log", false, [0; 3], EVER),
    ("log-format", false, [0; 3], EVER),
    ("log-level", false, [0; 3], EVER),
    ("name", false, [3, 18, 0], EVER),
    ("pooling-enabled", true, [3, 16, 0], EVER),
    ("region", false, [0; 3], EVER),
    ("traffic-policy-file", false, [3, 12, 1], EVER),
    ("url", false, [3, 16, 0], EVER),
    ("verify-webhook", false, [3, 0, 0], EVER),
    ("verify-webhook-secret", false, [3, 0, 0], EVER),
];

impl Command {
    /// Reads a command line without the program's name; the error is what ngrok would say.
    pub(super) fn parse(args: impl IntoIterator<Item = String>, version: Version) -> Result<Self, String> {
        let mut args: VecDeque<String> = args.into_iter().collect();
        match args.pop_front().as_deref() {
            Some("version" | "--version") => Ok(Self::Version),
            Some("http") => http(args, version).map(|http| Self::Http(Box::new(http))),
            Some(other) => Err(format!("unknown command \"{other}\" for \"ngrok\"")),
            None => Err("a command is needed; this agent knows `http` and `version`".to_owned()),
        }
    }
}

fn http(mut args: VecDeque<String>, version: Version) -> Result<Http, String> {
    let mut addresses = Vec::new();
    let mut flags = Vec::new();
    while let Some(arg) = args.pop_front() {
        if !arg.starts_with('-') {
            addresses.push(arg);
            continue;
        }
        let (name, switch, given) = flag(&arg, version)?;
        let value = match given {
            Some(value) => value,
            None if switch => "true".to_owned(),
            None => args.pop_front().ok_or_else(|| format!("flag needs an argument: --{name}"))?,
        };
        flags.push((name, value));
    }
    let [address] = &addresses[..] else {
        return Err(format!("accepts 1 arg(s), received {}", addresses.len()));
    };
    let mut http = Http::new(address.parse()?);
    for (name, value) in flags {
        http.set(&name, value)?;
    }
    if http.verify_webhook.is_some() != http.verify_webhook_secret.is_some() {
        return Err("--verify-webhook and --verify-webhook-secret must be given together".to_owned());
    }
    Ok(http)
}

/// A flag's name, whether it is a switch, and the value that stands in the same word.
fn flag(arg: &str, version: Version) -> Result<(String, bool, Option<String>), String> {
    let (name, value) = match arg.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (arg, None),
    };
    let long = name.strip_prefix("--");
    let name = match long.or_else(|| name.strip_prefix('-')) {
        Some(short) if long.is_none() && !version.is_second() => {
            let letter: String = short.chars().take(1).collect();
            return Err(format!("unknown shorthand flag: '{letter}' in {arg}"));
        }
        name => name.unwrap_or_default(),
    };
    let known = |(flag, _, [a, b, c], [d, e, f]): &&Flag| {
        *flag == name && version.since(*a, *b, *c) && !version.since(*d, *e, *f)
    };
    match FLAGS.iter().find(known) {
        Some((_, switch, ..)) => Ok((name.to_owned(), *switch, value)),
        None => Err(format!("unknown flag: --{name}")),
    }
}

impl Http {
    fn new(upstream: Upstream) -> Self {
        Self {
            upstream,
            url: None,
            name: None,
            policy_file: None,
            verify_webhook: None,
            verify_webhook_secret: None,
            pooling: false,
            inspect: true,
            only_tls: false,
            configs: Vec::new(),
            authtoken: None,
            log: None,
            log_format: Format::Term,
            log_level: Level::Info,
        }
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        match name {
            "url" | "domain" | "hostname" => self.url = Some(value),
            "name" => self.name = Some(value),
            "traffic-policy-file" => self.policy_file = Some(value.into()),
            "verify-webhook" => self.verify_webhook = Some(value),
            "verify-webhook-secret" => self.verify_webhook_secret = Some(Secret::new(value)),
            "pooling-enabled" => self.pooling = truth(name, &value)?,
            "inspect" => self.inspect = truth(name, &value)?,
            "bind-tls" => self.only_tls = value == "true",
            "config" => self.configs.extend(value.split(',').filter(|path| !path.is_empty()).map(PathBuf::from)),
            "authtoken" => self.authtoken = Some(Secret::new(value)),
            "log" => self.log = Some(value),
            "log-format" => self.log_format = Format::parse(&value).ok_or_else(|| invalid(name, &value))?,
            "log-level" => self.log_level = Level::parse(&value).ok_or_else(|| invalid(name, &value))?,
            "region" => {}
            _ => return Err(format!("unknown flag: --{name}")),
        }
        Ok(())
    }
}

fn truth(name: &str, value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| invalid(name, value))
}

fn invalid(name: &str, value: &str) -> String {
    format!("invalid argument \"{value}\" for \"--{name}\" flag")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str, version: &str) -> Result<Command, String> {
        Command::parse(line.split_whitespace().map(str::to_owned), version.parse().expect("a version"))
    }

    fn http(line: &str, version: &str) -> Http {
        match parse(line, version) {
            Ok(Command::Http(http)) => *http,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn values_stand_in_the_word_or_after_it() {
        let one =
            http("http 3000 --log=stdout --log-format=json --url=http://127.0.0.1:4100 --inspect=false", "3.39.1");
        let two =
            http("http --log stdout --log-format json --url http://127.0.0.1:4100 --inspect=false 3000", "3.39.1");
        assert_eq!(one, two);
        assert_eq!(one.upstream.url(), "http://localhost:3000");
        assert_eq!((one.log.as_deref(), one.log_format, one.inspect), (Some("stdout"), Format::Json, false));
        assert_eq!(one.url.as_deref(), Some("http://127.0.0.1:4100"));
    }

    #[test]
    fn configs_add_up_and_switches_need_no_value() {
        let http = http("http 80 --config a.yml,b.yml --config=c.yml --pooling-enabled --name x", "3.39.1");
        assert_eq!(http.configs, ["a.yml", "b.yml", "c.yml"].map(PathBuf::from));
        assert!(http.pooling && http.inspect);
        assert_eq!(http.name.as_deref(), Some("x"));
    }

    #[test]
    fn each_version_knows_its_flags() {
        let unknown = |flag: &str, version: &str| {
            let result = parse(&format!("http 80 {flag}"), version);
            assert_eq!(result, Err(format!("unknown flag: {}", flag.split('=').next().unwrap_or(flag))), "{version}");
        };
        for flag in ["--url=x", "--domain=x", "--traffic-policy-file=x", "--verify-webhook=clerk"] {
            unknown(flag, "2.3.41");
        }
        unknown("--url=x", "3.15.0");
        unknown("--bind-tls=true", "3.39.1");
        unknown("--secret=x", "3.39.1");
        assert_eq!(http("http 80 --domain=x", "3.15.0").url.as_deref(), Some("x"));
        assert!(http("http 80 -log=stdout -bind-tls=true", "2.3.41").only_tls);
        assert_eq!(
            parse("http 80 -log=stdout", "3.39.1"),
            Err("unknown shorthand flag: 'l' in -log=stdout".to_owned())
        );
    }

    #[test]
    fn wrong_lines_are_told() {
        for (line, words) in [
            ("", "a command is needed"),
            ("tcp 22", "unknown command \"tcp\""),
            ("http", "received 0"),
            ("http 80 81", "received 2"),
            ("http 80 --url", "flag needs an argument: --url"),
            ("http 80 --inspect=maybe", "invalid argument \"maybe\""),
            ("http 80 --log-format=xml", "invalid argument \"xml\""),
            ("http 80 --verify-webhook clerk", "must be given together"),
            ("http none:at:all", "none:at:all"),
        ] {
            let error = parse(line, "3.39.1").expect_err(line);
            assert!(error.contains(words), "{line}: {error}");
        }
        assert_eq!(parse("--version", "3.39.1"), Ok(Command::Version));
    }
}
