//! Misbehaviour as a setting: `SERVICE=KIND[:VALUE][@PART]`.

use std::str::FromStr;
use std::time::Duration;

use super::agent::{AgentFault, UnknownFault};
use super::latency::duration;

/// One thing that goes wrong, so many times or for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// How often; absent means for ever.
    pub times: Option<u32>,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call to Clerk or Svix; with a part, only where method and path (`POST/api/v1/…`) contain it.
    Call(Service, Wire, Option<String>),
    /// Webhooks were never enabled on the instance.
    SvixAppMissing,
    /// The portal URL is not as it should be.
    Portal(Portal),
    /// The instance makes no user without a password.
    PasswordRequired,
    /// Clerk tells the webhooks nothing of a user's change.
    Silent,
    /// For the agent, which reads it itself.
    Agent(String),
    /// A webhook delivery.
    Delivery(Mischief),
    /// Svix gives up on an app that has not answered after this time instead of 15 s.
    DeliveryTimeout(Duration),
}

/// Whose calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Clerk's Backend API.
    Clerk,
    /// Svix's API.
    Svix,
}

/// What a caller sees on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wire {
    /// An error status, in the service's own error shape.
    Status(u16),
    /// Status 200 with a web page, as a sign-in page in between would answer.
    Html,
    /// The connection closes without an answer.
    Reset,
    /// The call is carried out, and then the connection closes without an answer.
    Lost,
    /// The answer comes after this time.
    Slow(Duration),
}

/// How a portal URL is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Portal {
    /// Its key is no base64.
    Garbage,
    /// It has no key.
    NoKey,
    /// Its one-time token is already spent.
    Used,
}

/// How a delivery is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mischief {
    /// Sent twice.
    Duplicate,
    /// Two messages change places.
    Reorder,
    /// Signed validly with a time ten minutes ago.
    Stale,
    /// Signed with another key.
    Forged,
    /// Never sent.
    Drop,
}

/// Why a text is no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// Before the `=`.
    #[error("`{0}` is not like `svix=429:2`; the services are clerk, svix, agent and delivery")]
    Service(String),
    /// Between `=` and `:`.
    #[error("`{kind}` is nothing that can go wrong with {service}; it takes {choices}")]
    Kind {
        /// What was typed.
        kind: String,
        /// Of which service.
        service: String,
        /// What could be typed.
        choices: &'static str,
    },
    /// A number that counts nothing.
    #[error("`{0}` is no number of times, which is 1 or more")]
    Times(String),
    /// A word that needs a time, without one.
    #[error("`{0}` takes a duration: `{0}:20s`")]
    Time(&'static str),
    /// Not one of the agent's.
    #[error(transparent)]
    Agent(#[from] UnknownFault),
    /// `@PART` where no path is looked at.
    #[error("`@{0}` is for calls to clerk and svix only")]
    Part(String),
}

const WIRE: &str = "a status from 400 to 599, html, reset, lost or slow:DURATION";
const CLERK: &str = "a status from 400 to 599, html, reset, lost, slow:DURATION, svix_app_missing, portal_garbage, \
                     portal_nokey, portal_used, password_required or silent";
const DELIVERY: &str = "duplicate, reorder, stale, forged, drop or timeout:DURATION";

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (service, what) = text.split_once('=').ok_or_else(|| FaultError::Service(text.to_owned()))?;
        let read = match service {
            "agent" => {
                what.parse::<AgentFault>()?;
                return Ok(Self { kind: Kind::Agent(what.to_owned()), times: None });
            }
            "clerk" => clerk,
            "svix" => svix,
            "delivery" => delivery,
            _ => return Err(FaultError::Service(text.to_owned())),
        };
        let (what, part) = match what.split_once('@') {
            Some((what, part)) => (what, Some(part)),
            None => (what, None),
        };
        let mut words = what.split(':');
        let kind = words.next().unwrap_or_default();
        let kind = match (read(kind, &mut words)?, part) {
            (Kind::Call(service, wire, _), part) => Kind::Call(service, wire, part.map(str::to_owned)),
            (kind, None) => kind,
            (_, Some(part)) => return Err(FaultError::Part(part.to_owned())),
        };
        let times = words.next().map(times).transpose()?;
        match words.next() {
            Some(rest) => Err(FaultError::Times(rest.to_owned())),
            None => Ok(Self { kind, times }),
        }
    }
}

type Words<'a> = std::str::Split<'a, char>;

fn clerk(kind: &str, words: &mut Words<'_>) -> Result<Kind, FaultError> {
    Ok(match kind {
        "svix_app_missing" => Kind::SvixAppMissing,
        "password_required" => Kind::PasswordRequired,
        "silent" => Kind::Silent,
        "portal_garbage" => Kind::Portal(Portal::Garbage),
        "portal_nokey" => Kind::Portal(Portal::NoKey),
        "portal_used" => Kind::Portal(Portal::Used),
        _ => Kind::Call(Service::Clerk, wire(kind, words, "clerk", CLERK)?, None),
    })
}

fn svix(kind: &str, words: &mut Words<'_>) -> Result<Kind, FaultError> {
    Ok(Kind::Call(Service::Svix, wire(kind, words, "svix", WIRE)?, None))
}

fn delivery(kind: &str, words: &mut Words<'_>) -> Result<Kind, FaultError> {
    Ok(Kind::Delivery(match kind {
        "duplicate" => Mischief::Duplicate,
        "reorder" => Mischief::Reorder,
        "stale" => Mischief::Stale,
        "forged" => Mischief::Forged,
        "drop" => Mischief::Drop,
        "timeout" => return Ok(Kind::DeliveryTimeout(time("timeout", words)?)),
        _ => return Err(unknown(kind, "delivery", DELIVERY)),
    }))
}

fn wire(kind: &str, words: &mut Words<'_>, service: &str, choices: &'static str) -> Result<Wire, FaultError> {
    match kind {
        "html" => return Ok(Wire::Html),
        "reset" => return Ok(Wire::Reset),
        "lost" => return Ok(Wire::Lost),
        "slow" => return Ok(Wire::Slow(time("slow", words)?)),
        _ => {}
    }
    let status = kind.parse().ok().filter(|status| (400..600).contains(status));
    status.map(Wire::Status).ok_or_else(|| unknown(kind, service, choices))
}

fn time(kind: &'static str, words: &mut Words<'_>) -> Result<Duration, FaultError> {
    words.next().and_then(|time| duration(time).ok()).ok_or(FaultError::Time(kind))
}

fn unknown(kind: &str, service: &str, choices: &'static str) -> FaultError {
    FaultError::Kind { kind: kind.to_owned(), service: service.to_owned(), choices }
}

fn times(text: &str) -> Result<u32, FaultError> {
    text.parse().ok().filter(|times| *times > 0).ok_or_else(|| FaultError::Times(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(service: Service, wire: Wire, part: Option<&str>) -> Kind {
        Kind::Call(service, wire, part.map(str::to_owned))
    }

    #[test]
    fn every_kind_is_read() {
        let slow = Wire::Slow(Duration::from_secs(20));
        for (text, kind, times) in [
            ("svix=429:2", call(Service::Svix, Wire::Status(429), None), Some(2)),
            ("svix=403@send-example", call(Service::Svix, Wire::Status(403), Some("send-example")), None),
            ("svix=401:1@one-time-token", call(Service::Svix, Wire::Status(401), Some("one-time-token")), Some(1)),
            ("clerk=html:1", call(Service::Clerk, Wire::Html, None), Some(1)),
            ("clerk=reset", call(Service::Clerk, Wire::Reset, None), None),
            ("svix=slow:20s", call(Service::Svix, slow.clone(), None), None),
            ("svix=slow:20s:1@endpoint", call(Service::Svix, slow, Some("endpoint")), Some(1)),
            ("clerk=svix_app_missing", Kind::SvixAppMissing, None),
            ("clerk=portal_used:1", Kind::Portal(Portal::Used), Some(1)),
            ("clerk=password_required", Kind::PasswordRequired, None),
            ("clerk=silent:1", Kind::Silent, Some(1)),
            ("agent=slow:5s", Kind::Agent("slow:5s".to_owned()), None),
            ("delivery=reorder:1", Kind::Delivery(Mischief::Reorder), Some(1)),
            ("delivery=timeout:1s", Kind::DeliveryTimeout(Duration::from_secs(1)), None),
        ] {
            assert_eq!(text.parse(), Ok(Fault { kind, times }), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("svix", "`svix` is not like `svix=429:2`; the services are clerk, svix, agent and delivery"),
            ("edge=1", "`edge=1` is not like `svix=429:2`; the services are clerk, svix, agent and delivery"),
            (
                "svix=200",
                "`200` is nothing that can go wrong with svix; it takes a status from 400 to 599, html, reset, lost or \
                 slow:DURATION",
            ),
            ("svix=429:0", "`0` is no number of times, which is 1 or more"),
            ("svix=429:1:2", "`2` is no number of times, which is 1 or more"),
            ("svix=slow", "`slow` takes a duration: `slow:20s`"),
            ("delivery=timeout", "`timeout` takes a duration: `timeout:20s`"),
            (
                "delivery=late",
                "`late` is nothing that can go wrong with delivery; it takes duplicate, reorder, stale, forged, drop \
                 or timeout:DURATION",
            ),
            ("delivery=drop@user", "`@user` is for calls to clerk and svix only"),
        ] {
            assert_eq!(text.parse::<Fault>().map_err(|error| error.to_string()), Err(said.to_owned()));
        }
    }
}
