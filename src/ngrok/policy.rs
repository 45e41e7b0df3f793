//! Webhook verification at ngrok's edge: the traffic policy, or the flags of agents before it (ngrok docs,
//! traffic-policy/actions/verify-webhook).

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::version::Version;
use crate::file;
use crate::secret::Secret;

/// What the edge should verify.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The endpoint's signing secret.
    pub secret: Secret,
    /// Only this path; every one when absent.
    pub path: Option<String>,
    /// Refuse what does not verify; else let it through and note it.
    pub enforce: bool,
}

impl Verification {
    /// The policy as JSON, which every agent that takes YAML takes too.
    pub fn policy(&self) -> Value {
        let action = json!({
            "type": "verify-webhook",
            "config": { "provider": "clerk", "secret": self.secret.expose(), "enforce": self.enforce },
        });
        let rule = match &self.path {
            Some(path) => {
                json!({ "expressions": [format!("req.url.path == '{}'", quoted(path))], "actions": [action] })
            }
            None => json!({ "actions": [action] }),
        };
        json!({ "on_http_request": [rule] })
    }

    /// The policy as a file of this directory that only its owner can read; it is gone when the handle is dropped. Its
    /// name tells whose it is, should this process be killed before.
    ///
    /// # Errors
    /// The system's.
    pub fn file(&self, directory: &Path) -> io::Result<PolicyFile> {
        file::directory(directory)?;
        let owner = format!("{}.", std::process::id());
        let mut file = file::temporary(tempfile::Builder::new().prefix(&owner).suffix(".json"), directory)?;
        file.write_all(self.policy().to_string().as_bytes())?;
        file.flush()?;
        Ok(PolicyFile(file))
    }
}

/// A policy on disk for as long as the agent may read it.
#[derive(Debug)]
pub struct PolicyFile(NamedTempFile);

impl PolicyFile {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

/// A path inside single quotes of the expression language.
fn quoted(path: &str) -> String {
    path.replace('\\', "\\\\").replace('\'', "\\'")
}

/// How an agent can be told to verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Means {
    /// `--traffic-policy-file`.
    PolicyFile,
    /// `--verify-webhook` and `--verify-webhook-secret`: the secret shows in the process list.
    Flags,
    /// Not at all.
    None,
}

impl Means {
    /// What a version can do (ngrok docs, agent/changelog).
    pub fn of(version: Version) -> Self {
        match version {
            _ if version.is_legacy() => Self::None,
            _ if version >= Version::POLICY_FILE => Self::PolicyFile,
            _ => Self::Flags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verification(path: Option<&str>) -> Verification {
        Verification { secret: Secret::new("whsec_AAAA"), path: path.map(str::to_owned), enforce: true }
    }

    #[test]
    fn a_policy_holds_one_rule_for_one_path() {
        let policy = verification(Some("/it's")).policy();
        assert_eq!(
            policy.to_string(),
            r#"{"on_http_request":[{"expressions":["req.url.path == '/it\\'s'"],"actions":[{"type":"verify-webhook","config":{"provider":"clerk","secret":"whsec_AAAA","enforce":true}}]}]}"#
        );
        assert!(verification(None).policy()["on_http_request"][0].get("expressions").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn its_file_is_private_and_goes() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let file = verification(None).file(&directory.path().join("policies")).expect("written");
        let path = file.path().to_owned();
        let mode = std::fs::metadata(&path).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        drop(file);
        assert!(!path.exists());
    }

    #[test]
    fn the_version_decides_the_means() {
        for (version, means) in [
            ("2.3.41", Means::None),
            ("3.9.0", Means::Flags),
            ("3.12.1", Means::PolicyFile),
            ("3.39.10", Means::PolicyFile),
        ] {
            assert_eq!(Means::of(version.parse().expect("a version")), means);
        }
    }
}
