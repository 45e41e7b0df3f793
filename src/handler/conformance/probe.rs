//! A number or a text of the app, read before and after the same messages come again: what survives is done once.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use tokio::time::sleep;
use url::Url;

use super::judge::Came;
use super::message::Message;
use super::run::Run;
use crate::handler::deliver;
use crate::http::{Certificates, Delivered, Http};
use crate::process::{self, Program};
use crate::report::{Check, Health};

/// How long one reading may take.
const WITHIN: Duration = Duration::from_secs(5);

/// How long a handler that answers first may take until its work is seen.
const SETTLES: Duration = Duration::from_secs(2);

/// Between two readings.
const PAUSE: Duration = Duration::from_millis(100);

/// How much of a value is shown, in characters.
const SHOWN: usize = 60;

/// Where the value is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The body of a GET.
    Url(Url),
    /// What a command prints.
    Command(String),
}

/// The value before, after the first time, and after the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readings {
    before: String,
    once: String,
    twice: String,
}

impl FromStr for Probe {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        Ok(url.map_or_else(|| Self::Command(text.to_owned()), Self::Url))
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => write!(formatter, "curl {url}"),
            Self::Command(line) => formatter.write_str(line),
        }
    }
}

impl Probe {
    /// Reads the value.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn read(&self, http: &Http) -> Result<String, String> {
        let text = match self {
            Self::Url(url) => get(http, url).await?,
            Self::Command(line) => printed(line).await?,
        };
        let value = text.trim();
        if value.is_empty() { Err("it says nothing".to_owned()) } else { Ok(value.to_owned()) }
    }

    /// Reads until the value differs from this one, or the time is up; what differs is read until it stays.
    async fn after(&self, http: &Http, known: &str) -> Result<String, String> {
        let end = Instant::now() + SETTLES;
        let mut last = known.to_owned();
        loop {
            let value = self.read(http).await?;
            let stays = value == last && value != known;
            if stays || Instant::now() >= end {
                return Ok(value);
            }
            last = value;
            sleep(PAUSE).await;
        }
    }
}

async fn get(http: &Http, url: &Url) -> Result<String, String> {
    let headers = [("accept".to_owned(), "*/*".to_owned())];
    let certificates = Certificates::Trusted;
    let delivered =
        Delivered { method: "GET", url, headers: &headers, body: Vec::new(), within: Some(WITHIN), certificates };
    let answer = deliver(http, delivered).await.map_err(|unreachable| unreachable.to_string())?;
    if answer.is_success() { Ok(answer.body) } else { Err(format!("it answered {}", answer.status)) }
}

async fn printed(line: &str) -> Result<String, String> {
    let words = shell_words::split(line).map_err(|error| error.to_string())?;
    let Some((program, args)) = words.split_first() else { return Err("it is empty".to_owned()) };
    let output = process::output(&Program::new(program, args), WITHIN).await.map_err(|error| error.to_string())?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}: {}", process::status_words(output.status), String::from_utf8_lossy(&output.stderr).trim()))
    }
}

/// Sends messages, and all of them again in the other order, with a reading before, between and after.
pub async fn repeat(run: &Run, probe: &Probe, messages: Vec<Message>) -> (Vec<Came>, Result<Readings, String>) {
    let http = run.http();
    let before = probe.read(http).await;
    let mut came = run.send_all(messages.clone()).await;
    let once = match &before {
        Ok(before) => probe.after(http, before).await,
        Err(cause) => Err(cause.clone()),
    };
    came.extend(run.send_all(messages.into_iter().rev().collect()).await);
    let twice = match &once {
        Ok(once) => probe.after(http, once).await,
        Err(cause) => Err(cause.clone()),
    };
    let readings = || Ok(Readings { before: before?, once: once?, twice: twice? });
    (came, readings())
}

/// The check with what the probe showed, where its answers were good.
pub fn judged(check: Check, readings: &Result<Readings, String>) -> Check {
    let Some((status, cause, fix)) = finding(readings).filter(|_| check.status == Health::Ok) else { return check };
    let case = check.case.map(|case| crate::report::CaseSeen { cause: Some(cause), ..case });
    Check { status, fix: Some(fix.to_owned()), case, ..check }
}

fn finding(readings: &Result<Readings, String>) -> Option<(Health, String, &'static str)> {
    let shown = |value: &str| value.chars().take(SHOWN).collect::<String>().replace(['`', '\n'], " ");
    match readings {
        Err(cause) => {
            let cause = format!("the probe gave no value: {cause}");
            Some((Health::Warn, cause, "try the probe by hand while the app runs"))
        }
        Ok(Readings { once, twice, .. }) if once != twice => Some((
            Health::Fail,
            format!("it does the same event twice: the probe said `{}`, then `{}`", shown(once), shown(twice)),
            "remember each `svix-id` under a unique key, and do nothing for one that was handled",
        )),
        Ok(Readings { before, once, .. }) if before == once => Some((
            Health::Warn,
            format!(
                "the probe said `{}` before the event and after it, so it shows nothing of what is done",
                shown(once)
            ),
            "probe what the event changes, for example the number of users",
        )),
        Ok(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_twice_fails_and_what_shows_nothing_is_odd() {
        let readings = |[before, once, twice]: [&str; 3]| {
            Ok(Readings { before: before.into(), once: once.into(), twice: twice.into() })
        };
        let health = |values| finding(&readings(values)).map(|(health, ..)| health);
        assert_eq!(health(["1", "2", "2"]), None);
        assert_eq!(health(["1", "2", "3"]), Some(Health::Fail));
        assert_eq!(health(["1", "1", "1"]), Some(Health::Warn));
        assert_eq!(finding(&Err("gone".into())).map(|(health, ..)| health), Some(Health::Warn));
    }

    #[test]
    fn an_address_is_told_from_a_command() {
        assert!(matches!("http://localhost:3000/count".parse(), Ok(Probe::Url(_))));
        assert_eq!("sqlite3 app.db 'select 1'".parse(), Ok(Probe::Command("sqlite3 app.db 'select 1'".into())));
    }
}
