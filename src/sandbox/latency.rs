//! How slow the sandbox's services are, and durations as they are written on a command line.

use std::str::FromStr;
use std::time::Duration;

/// What each service waits before it handles a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latency {
    /// Clerk's Backend API.
    pub clerk: Duration,
    /// Svix's API.
    pub svix: Duration,
    /// The agent, before its tunnel is up.
    pub agent: Duration,
}

/// Why a text is no latency or no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LatencyError {
    /// Not `SERVICE=DURATION`.
    #[error("`{0}` is not like `svix=150ms`; the services are clerk, svix and agent")]
    Part(String),
    /// No number, or no unit.
    #[error("`{0}` is no duration like `150ms`, `5s` or `2m`")]
    Duration(String),
}

impl FromStr for Latency {
    type Err = LatencyError;

    /// Reads `clerk=150ms,svix=150ms,agent=800ms`, or some of it.
    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let mut latency = Self::default();
        for part in text.split(',').map(str::trim) {
            let unknown = || LatencyError::Part(part.to_owned());
            let (service, wait) = part.split_once('=').ok_or_else(unknown)?;
            let place = match service {
                "clerk" => &mut latency.clerk,
                "svix" => &mut latency.svix,
                "agent" => &mut latency.agent,
                _ => return Err(unknown()),
            };
            *place = duration(wait)?;
        }
        Ok(latency)
    }
}

/// Reads `150ms`, `5s` or `2m`.
pub fn duration(text: &str) -> Result<Duration, LatencyError> {
    let refused = || LatencyError::Duration(text.to_owned());
    let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
    let (number, unit) = text.split_at(unit);
    let number: u64 = number.parse().map_err(|_| refused())?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs).ok_or_else(refused),
        _ => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own() {
        let latency: Latency = "clerk=150ms, agent=2m".parse().expect("a latency");
        let expected =
            Latency { clerk: Duration::from_millis(150), agent: Duration::from_secs(120), ..Latency::default() };
        assert_eq!(latency, expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("edge=1s", "`edge=1s` is not like `svix=150ms`; the services are clerk, svix and agent"),
            ("svix", "`svix` is not like `svix=150ms`; the services are clerk, svix and agent"),
            ("svix=1h", "`1h` is no duration like `150ms`, `5s` or `2m`"),
            ("svix=5", "`5` is no duration like `150ms`, `5s` or `2m`"),
            ("svix=s", "`s` is no duration like `150ms`, `5s` or `2m`"),
            ("svix=400000000000000000000s", "`400000000000000000000s` is no duration like `150ms`, `5s` or `2m`"),
        ] {
            assert_eq!(text.parse::<Latency>().map_err(|error| error.to_string()), Err(said.to_owned()));
        }
    }
}
