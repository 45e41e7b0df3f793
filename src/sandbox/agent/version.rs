//! What an agent of a given version can do (ngrok docs, agent/changelog; older ones as seen).

use std::fmt;
use std::str::FromStr;

/// `major.minor.patch` of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u32, u32, u32);

impl FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = || format!("`{text}` is not a version such as `3.39.1`");
        let numbers: Vec<u32> = text.split('.').map(str::parse).collect::<Result<_, _>>().map_err(|_| malformed())?;
        match numbers[..] {
            [major, minor, patch] => Ok(Self(major, minor, patch)),
            [major, minor] => Ok(Self(major, minor, 0)),
            _ => Err(malformed()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl Version {
    /// Whether it is at least this one.
    pub(super) fn since(self, major: u32, minor: u32, patch: u32) -> bool {
        self >= Self(major, minor, patch)
    }

    /// 2.x: two tunnels for one `http`, a flat config without a version, `-flag`, plain refusals.
    pub(super) fn is_second(self) -> bool {
        self.0 < 3
    }

    /// `GET /api/status`.
    pub(super) fn has_status(self) -> bool {
        self.since(3, 9, 0)
    }

    /// `--url` and config version 3.
    pub(super) fn has_urls(self) -> bool {
        self.since(3, 16, 0)
    }

    /// `/api/endpoints`.
    pub(super) fn has_endpoints(self) -> bool {
        self.since(3, 30, 0)
    }

    /// `started tunnel` gives the upstream as an object.
    pub(super) fn logs_address_as_object(self) -> bool {
        self.since(3, 39, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert!(version("3.9.0") < version("3.16.0") && version("3.39.10").since(3, 39, 7));
        assert!(version("2.3.41").is_second() && !version("3.0").is_second());
        assert!("3".parse::<Version>().is_err() && "3.x.1".parse::<Version>().is_err());
        assert_eq!(version("3.39.1").to_string(), "3.39.1");
    }
}
