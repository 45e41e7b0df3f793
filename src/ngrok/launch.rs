//! What an agent is started with; the version decides the flags (ngrok docs, agent/cli).

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use super::policy::{Means, PolicyFile, Verification};
use super::version::Version;
use crate::config::Upstream;
use crate::process::Program;
use crate::secret::{Secret, mask_text};

/// What to start.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The binary.
    pub bin: PathBuf,
    /// Its version, which decides the flags.
    pub version: Version,
    /// Config files; the agent's default one when there are none.
    pub config: Vec<PathBuf>,
    /// For its environment, never its arguments.
    pub authtoken: Option<Secret>,
    /// The app.
    pub upstream: Upstream,
    /// A host name or URL to ask for.
    pub domain: Option<String>,
    /// Variables that are kept from it.
    pub without: Vec<&'static str>,
    /// Where a policy is put.
    pub policies: PathBuf,
    /// How long it may take until the tunnel is up.
    pub ready_within: Duration,
    /// What the edge should verify.
    pub verification: Option<Verification>,
}

/// A program to start, with the file that it reads at its start.
#[derive(Debug)]
pub struct Prepared {
    /// The program.
    pub program: Program,
    /// Kept as long as the agent lives, which may read it again.
    pub policy: Option<PolicyFile>,
}

impl Launch {
    /// Prepares the program; a policy is written to a file of its own.
    ///
    /// # Errors
    /// The system's, when the policy cannot be written.
    pub fn prepare(&self) -> io::Result<Prepared> {
        let mut program = self.program();
        let mut policy = None;
        if let Some(verification) = &self.verification {
            match Means::of(self.version) {
                Means::PolicyFile => {
                    let file = verification.file(&self.policies)?;
                    program.args.push("--traffic-policy-file".into());
                    program.args.push(file.path().into());
                    policy = Some(file);
                }
                Means::Flags => {
                    program.args.push("--verify-webhook=clerk".into());
                    program.args.push(format!("--verify-webhook-secret={}", verification.secret.expose()).into());
                }
                Means::None => {}
            }
        }
        Ok(Prepared { program, policy })
    }

    fn program(&self) -> Program {
        let mut args: Vec<OsString> = vec!["http".into(), self.upstream.for_agent().into()];
        args.extend(["--log=stdout", "--log-format=json", "--log-level=info"].map(OsString::from));
        if self.version.is_legacy() {
            args.push("--bind-tls=true".into());
        }
        if let Some(domain) = &self.domain {
            args.push(self.domain_flag(domain).into());
        }
        for file in &self.config {
            let mut flag = OsString::from("--config=");
            flag.push(file);
            args.push(flag);
        }
        let mut program = Program::new(&self.bin, args);
        program.env_remove = self.without.iter().map(OsString::from).collect();
        if let Some(authtoken) = &self.authtoken {
            program.env.push(("NGROK_AUTHTOKEN".into(), authtoken.expose().into()));
        }
        program
    }

    /// `--url` since 3.16, `--domain` before, `--hostname` in 2.x (ngrok docs, agent/cli). Only `--url` takes a scheme.
    fn domain_flag(&self, domain: &str) -> String {
        let bare = domain.split_once("://").map_or(domain, |(_, rest)| rest).trim_end_matches('/');
        match self.version {
            version if version >= Version::URL_FLAG => format!("--url={}", domain.trim_end_matches('/')),
            version if version.is_legacy() => format!("--hostname={bare}"),
            _ => format!("--domain={bare}"),
        }
    }

    /// Words of the agent without the authtoken and whatever else has the shape of a credential.
    pub fn masked(&self, text: &str) -> String {
        let text = match &self.authtoken {
            Some(token) if token.expose().len() >= 6 => text.replace(token.expose(), &token.masked()),
            _ => text.to_owned(),
        };
        mask_text(&text)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn launch(version: &str, domain: Option<&str>) -> Launch {
        Launch {
            bin: "ngrok".into(),
            version: version.parse().expect("a version"),
            config: vec!["a.yml".into()],
            authtoken: Some(Secret::new("my own odd token")),
            upstream: Upstream::local(3000),
            domain: domain.map(str::to_owned),
            without: vec!["http_proxy"],
            policies: std::env::temp_dir().join("clerkhook-policies-of-a-test"),
            ready_within: Duration::from_secs(20),
            verification: None,
        }
    }

    fn arguments(launch: &Launch) -> String {
        let program = launch.program();
        let words: Vec<_> = program.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        words.join(" ")
    }

    #[test]
    fn the_version_decides_the_flags_and_no_secret_is_among_them() {
        let log = "--log=stdout --log-format=json --log-level=info";
        for (version, domain, expected) in [
            ("3.39.10", None, format!("http 3000 {log} --config=a.yml")),
            ("3.16.0", Some("https://a.example/"), format!("http 3000 {log} --url=https://a.example --config=a.yml")),
            ("3.15.9", Some("https://a.example"), format!("http 3000 {log} --domain=a.example --config=a.yml")),
            (
                "2.3.41",
                Some("a.example"),
                format!("http 3000 {log} --bind-tls=true --hostname=a.example --config=a.yml"),
            ),
        ] {
            assert_eq!(arguments(&launch(version, domain)), expected);
        }
    }

    #[test]
    fn a_policy_goes_by_file_and_by_flags_only_where_there_is_no_other_way() {
        let secret = Secret::new("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
        let verification = Verification { secret, path: None, enforce: true };
        let prepared = |version| {
            let launch = Launch { verification: Some(verification.clone()), ..launch(version, None) };
            let prepared = launch.prepare().expect("prepared");
            let words: Vec<_> = prepared.program.args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
            (words.join(" "), prepared.policy)
        };
        let (current, policy) = prepared("3.39.10");
        let path = policy.expect("a file").path().display().to_string();
        assert!(
            current.ends_with(&format!("--traffic-policy-file {path}")) && !current.contains("whsec_"),
            "{current}"
        );
        let (old, policy) = prepared("3.9.0");
        assert!(old.contains("--verify-webhook=clerk --verify-webhook-secret=whsec_") && policy.is_none(), "{old}");
        assert!(!prepared("2.3.41").0.contains("verify"));
    }
}
