//! What to answer in place of 200, written `500`, `302` or `200:20s`: a way to see what Svix does about it.

use std::str::FromStr;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::SignedDuration;

/// An answer that the app is told to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Respond {
    /// Its status; redirects lead to `/sign-in`.
    pub status: StatusCode,
    /// How long it is held back.
    pub delay: Duration,
}

/// Why a text is no [`Respond`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RespondFault {
    /// Not a number, or one that is no final answer.
    #[error("`{0}` is no status to answer with; give one from 200 to 599, for example `500`")]
    Status(String),
    /// Not a duration.
    #[error("`{0}` is no time to wait; give it with a unit, for example `200:20s` or `503:150ms`")]
    Delay(String),
}

impl FromStr for Respond {
    type Err = RespondFault;

    fn from_str(text: &str) -> Result<Self, RespondFault> {
        let (status, delay) = text.split_once(':').map_or((text, None), |(status, delay)| (status, Some(delay)));
        let delay = delay.map_or(Ok(Duration::ZERO), parse_delay)?;
        Ok(Self { status: parse_status(status)?, delay })
    }
}

fn parse_status(text: &str) -> Result<StatusCode, RespondFault> {
    let status = StatusCode::from_bytes(text.as_bytes()).ok();
    status.filter(|status| (200..600).contains(&status.as_u16())).ok_or_else(|| RespondFault::Status(text.to_owned()))
}

fn parse_delay(text: &str) -> Result<Duration, RespondFault> {
    let delay: Option<SignedDuration> = text.parse().ok();
    delay.and_then(|delay| Duration::try_from(delay).ok()).ok_or_else(|| RespondFault::Delay(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_delay_are_read() {
        for (text, status, milliseconds) in [
            ("500", 500, 0),
            ("302", 302, 0),
            ("200:20s", 200, 20_000),
            ("503:150ms", 503, 150),
            ("200:1m30s", 200, 90_000),
        ] {
            let respond: Respond = text.parse().expect("an answer");
            assert_eq!((respond.status.as_u16(), respond.delay.as_millis()), (status, milliseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_answer_says_what_would_be_one() {
        for (text, fault) in [
            ("", RespondFault::Status(String::new())),
            ("ok", RespondFault::Status("ok".into())),
            ("100", RespondFault::Status("100".into())),
            ("600", RespondFault::Status("600".into())),
            ("+200", RespondFault::Status("+200".into())),
            ("200:", RespondFault::Delay(String::new())),
            ("200:20", RespondFault::Delay("20".into())),
            ("200:-1s", RespondFault::Delay("-1s".into())),
        ] {
            assert_eq!(text.parse::<Respond>(), Err(fault), "{text:?}");
        }
        let fault = "200:soon".parse::<Respond>().expect_err("no answer");
        assert_eq!(
            fault.to_string(),
            "`soon` is no time to wait; give it with a unit, for example `200:20s` or `503:150ms`"
        );
    }
}
