//! The agent's version, which decides flags and API (ngrok docs, agent/changelog).

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use super::agent::not_runnable;
use crate::error::{Error, Result};
use crate::process::{self, Program};

/// `ngrok version` answers in milliseconds; a program that does not is none.
const LIMIT: Duration = Duration::from_secs(10);

/// Major, minor, patch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// `--url` instead of `--domain`.
    pub const URL_FLAG: Self = Self(3, 16, 0);
    /// `GET /api/status`.
    pub const STATUS_API: Self = Self(3, 9, 0);
    /// The `/api/endpoints` family.
    pub const ENDPOINTS_API: Self = Self(3, 30, 0);
    /// `--traffic-policy-file`.
    pub const POLICY_FILE: Self = Self(3, 12, 1);
    /// The oldest one that ngrok still supports.
    pub const SUPPORTED: Self = Self(3, 20, 0);

    /// Agents before 3 open an http and an https tunnel and know other flags.
    pub fn is_legacy(self) -> bool {
        self.0 < 3
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}.{}", self.0, self.1, self.2)
    }
}

impl FromStr for Version {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.trim().trim_start_matches("ngrok version ").trim();
        let number = |part: &str| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse::<u32>().map_err(drop)
        };
        let mut parts = text.split('.');
        let mut next = || number(parts.next().unwrap_or_default());
        Ok(Self(next()?, next()?, next().unwrap_or(0)))
    }
}

/// Asks the binary for its version.
///
/// # Errors
/// `AgentNotRunnable` with the system's reason, `AgentVersion` when it says something else.
pub async fn ask(path: &Path) -> Result<Version> {
    let output =
        process::output(&Program::new(path, ["version"]), LIMIT).await.map_err(|error| not_runnable(path, &error))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.contains("version")).unwrap_or_default();
    line.parse().map_err(|()| {
        let said = if said.trim().is_empty() { String::from_utf8_lossy(&output.stderr) } else { said.clone() };
        Error::AgentVersion { path: path.to_owned(), said: said.lines().take(3).collect::<Vec<_>>().join("\n") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_compared() {
        for (text, version) in [
            ("ngrok version 3.39.10\n", Version(3, 39, 10)),
            ("ngrok version 2.3.41", Version(2, 3, 41)),
            ("3.9.0-beta", Version(3, 9, 0)),
            ("3.16", Version(3, 16, 0)),
        ] {
            assert_eq!(text.parse(), Ok(version), "{text}");
        }
        assert_eq!("grok".parse::<Version>(), Err(()));
        assert!(Version(3, 9, 0) < Version::URL_FLAG && Version(2, 3, 41).is_legacy());
    }
}
