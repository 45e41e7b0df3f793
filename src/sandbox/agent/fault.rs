//! Ways in which an agent can misbehave, for tests of what then happens: `slow:5s`, `334:2`, `319`, `2201`, `9016`, `exit:3s`, ….

use std::str::FromStr;
use std::time::Duration;

/// One fault. Its text is what `AgentSettings::faults` holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentFault {
    /// `slow:5s`: waits that long before it connects.
    Slow(Duration),
    /// `334` or `334:2`: is refused with this code at every start, or only at the first so many.
    Refused {
        /// 4018, 105, 108, 121 or 334; 319 only with a URL that is asked for, 2201 and 9016 only with a policy.
        number: u32,
        /// How many starts are refused; `None`: all.
        starts: Option<u32>,
    },
    /// `exit:3s`: ends with status 1 that long after it is ready, or before it is with `exit:0s`.
    Exit(Duration),
    /// `hang`: is never ready; `hang:hard` does not listen to signals either.
    Hang {
        /// Whether it ignores signals.
        hard: bool,
    },
    /// `garbage`: writes bytes that are no text and broken JSON between its log lines.
    Garbage,
    /// `plain`: logs words without structure.
    Plain,
    /// `drop:2s`: loses its session once, that long after it was ready.
    Drop(Duration),
    /// `noinspect`: captures nothing.
    NoInspect,
    /// `memory:50`: keeps no more than so many captures.
    Memory(usize),
    /// `lax`: asks the edge to look at the policy only where a path has no capital letters.
    Lax,
}

/// A text that is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no fault of the agent; use `slow:5s`, `4018`, `105`, `108`, `121`, `334`, `334:2`, `exit:3s`, `hang`, \
     `hang:hard`, `garbage`, `plain`, `drop:2s`, `noinspect`, `memory:50` or `lax`"
)]
pub struct UnknownFault {
    text: String,
}

impl FromStr for AgentFault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, rest) = match text.split_once(':') {
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        let fault = match (word, rest) {
            ("slow", Some(rest)) => duration(rest).map(Self::Slow),
            ("exit", Some(rest)) => duration(rest).map(Self::Exit),
            ("drop", Some(rest)) => duration(rest).map(Self::Drop),
            ("hang", None) => Some(Self::Hang { hard: false }),
            ("hang", Some("hard")) => Some(Self::Hang { hard: true }),
            ("garbage", None) => Some(Self::Garbage),
            ("plain", None) => Some(Self::Plain),
            ("noinspect", None) => Some(Self::NoInspect),
            ("memory", Some(rest)) => rest.parse().ok().filter(|count| *count > 0).map(Self::Memory),
            ("lax", None) => Some(Self::Lax),
            (number @ ("4018" | "105" | "108" | "121" | "334" | "319" | "2201" | "9016"), rest) => {
                refused(number, rest)
            }
            _ => None,
        };
        fault.ok_or_else(|| UnknownFault { text: text.to_owned() })
    }
}

fn refused(number: &str, starts: Option<&str>) -> Option<AgentFault> {
    let number = number.parse().ok()?;
    let starts = match starts {
        Some(starts) => Some(starts.parse().ok()?),
        None => None,
    };
    Some(AgentFault::Refused { number, starts })
}

/// `5s`, `250ms` or `1m`.
fn duration(text: &str) -> Option<Duration> {
    let unit_at = text.find(|character: char| !character.is_ascii_digit())?;
    let (number, unit) = text.split_at(unit_at);
    let number: u64 = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_a_text() {
        let two = Duration::from_secs(2);
        for (text, fault) in [
            ("slow:2s", AgentFault::Slow(two)),
            ("exit:2000ms", AgentFault::Exit(two)),
            ("drop:2s", AgentFault::Drop(two)),
            ("334", AgentFault::Refused { number: 334, starts: None }),
            ("334:2", AgentFault::Refused { number: 334, starts: Some(2) }),
            ("4018", AgentFault::Refused { number: 4018, starts: None }),
            ("hang", AgentFault::Hang { hard: false }),
            ("hang:hard", AgentFault::Hang { hard: true }),
            ("garbage", AgentFault::Garbage),
            ("plain", AgentFault::Plain),
            ("noinspect", AgentFault::NoInspect),
            ("memory:50", AgentFault::Memory(50)),
            ("lax", AgentFault::Lax),
        ] {
            assert_eq!(text.parse(), Ok(fault), "{text}");
        }
    }

    #[test]
    fn what_is_no_fault_is_named() {
        for text in [
            "",
            "slow",
            "slow:",
            "slow:s",
            "slow:5h",
            "hang:soft",
            "335",
            "334:",
            "334:x",
            "plain:1",
            "memory",
            "memory:0",
        ] {
            let error = text.parse::<AgentFault>().expect_err(text).to_string();
            assert!(error.starts_with(&format!("`{text}` is no fault")), "{error}");
        }
    }
}
