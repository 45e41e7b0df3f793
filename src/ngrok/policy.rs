//! Webhook verification at ngrok's edge: the traffic policy, or the flags of agents before it (ngrok docs,
//! traffic-policy/actions/verify-webhook).

use std::io::{self, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use super::version::Version;
use crate::file;
use crate::http::{PLAIN, is_plain};
use crate::secret::Secret;

/// What the edge should verify.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The endpoint's signing secret.
    pub secret: Secret,
    /// Only what could be taken for this path; every request when absent.
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
        let rule = match self.path.as_deref().and_then(expression) {
            Some(expression) => json!({ "expressions": [expression], "actions": [action] }),
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

/// Holds for every request but those whose path is plainly another one; none where every path begins with the webhook
/// path, or it is so spelt that no path is plainly another.
fn expression(webhook_path: &str) -> Option<String> {
    let path = webhook_path.trim_end_matches('/');
    if path.is_empty() || !is_plain(path) {
        return None;
    }
    let literal = |c: char| match c {
        '/' | '-' | '_' => c.to_string(),
        _ if c.is_ascii_alphanumeric() => c.to_string(),
        _ => format!("[{c}]"),
    };
    let webhook = format!("(?i){}([./]|$)", path.chars().map(literal).collect::<String>());
    Some(format!("!req.url.path.matches('{PLAIN}') || req.url.path.matches('{webhook}')"))
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
    fn a_policy_lets_through_what_is_plainly_another_path() {
        let policy = verification(Some("/api/v1.2/hook/")).policy();
        let expression = policy["on_http_request"][0]["expressions"][0].as_str().expect("an expression");
        let (plain, webhook) = expression.split_once(" || ").expect("two sides");
        assert_eq!(plain, format!("!req.url.path.matches('{PLAIN}')"));
        assert_eq!(webhook, "req.url.path.matches('(?i)/api/v1[.]2/hook([./]|$)')");
        assert!(!expression.contains('\\'), "which the language would take for an escape");
        assert_eq!(
            policy["on_http_request"][0]["actions"].to_string(),
            r#"[{"type":"verify-webhook","config":{"provider":"clerk","secret":"whsec_AAAA","enforce":true}}]"#
        );
    }

    #[test]
    fn a_path_that_is_spelt_oddly_has_every_path_verified() {
        for path in [None, Some("/"), Some("//"), Some("/it's"), Some("/a/../hook"), Some("/caf%C3%A9"), Some("/a;b")] {
            assert!(verification(path).policy()["on_http_request"][0].get("expressions").is_none(), "{path:?}");
        }
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
