//! Puts an agent into a directory: a link named `ngrok` to this program, its settings, its config file.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::version::Version;
use crate::file;

/// The file beside the link that holds [`AgentSettings`].
const SETTINGS_FILE: &str = "agent.json";

/// The config file beside the link; also the default one of an agent that was given none.
pub(super) const CONFIG_FILE: &str = "ngrok.yml";

/// How a sandboxed agent behaves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// The edge that it dials.
    pub edge: SocketAddr,
    /// The version that it claims and whose features it has.
    pub version: String,
    /// Texts of [`super::AgentFault`]s.
    #[serde(default)]
    pub faults: Vec<String>,
    /// How long the start of the session takes longer, in milliseconds.
    #[serde(default)]
    pub latency_ms: u64,
    /// The web address when no config file names one. `None`: 127.0.0.1:4040 or the next free port, as ngrok does.
    #[serde(default = "any_port")]
    pub web_addr: Option<String>,
}

fn any_port() -> Option<String> {
    Some("127.0.0.1:0".to_owned())
}

impl AgentSettings {
    /// A current agent without faults.
    pub fn new(edge: SocketAddr) -> Self {
        Self { edge, version: "3.39.1".to_owned(), faults: Vec::new(), latency_ms: 0, web_addr: any_port() }
    }

    /// Reads the settings beside a link.
    pub(super) fn beside(directory: &Path) -> Result<Self, String> {
        let path = directory.join(SETTINGS_FILE);
        let fault = |why: String| format!("cannot read `{}`: {why}", path.display());
        let text = file::read(&path, file::SETTINGS_LIMIT).map_err(|error| fault(error.to_string()))?;
        serde_json::from_slice(&text).map_err(|error| fault(error.to_string()))
    }
}

/// Where an agent was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// The program to run.
    pub bin: PathBuf,
    /// Its config file with the authtoken.
    pub config: PathBuf,
}

/// Puts an agent into `directory`, over one that is there. `program` is the file that the link leads to.
pub fn install(directory: &Path, program: &Path, settings: &AgentSettings, authtoken: &str) -> io::Result<Installed> {
    let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
    let version: Version = settings.version.parse().map_err(invalid)?;
    for fault in &settings.faults {
        fault.parse::<super::AgentFault>().map_err(|fault| invalid(fault.to_string()))?;
    }
    fs::create_dir_all(directory)?;
    let bin = directory.join("ngrok").with_extension(std::env::consts::EXE_EXTENSION);
    let config = directory.join(CONFIG_FILE);
    link(program, &bin)?;
    file::write(&directory.join(SETTINGS_FILE), &serde_json::to_vec_pretty(settings)?)?;
    file::write(&config, config_text(version, authtoken).as_bytes())?;
    Ok(Installed { bin, config })
}

fn config_text(version: Version, authtoken: &str) -> String {
    match version {
        _ if version.is_second() => format!("authtoken: {authtoken}\n"),
        _ if version.has_urls() => format!("version: 3\nagent:\n  authtoken: {authtoken}\n"),
        _ => format!("version: \"2\"\nauthtoken: {authtoken}\n"),
    }
}

fn link(program: &Path, bin: &Path) -> io::Result<()> {
    match fs::remove_file(bin) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let program = std::path::absolute(program)?;
    symlink(&program, bin).or_else(|_| fs::hard_link(&program, bin)).or_else(|_| fs::copy(&program, bin).map(drop))
}

#[cfg(unix)]
fn symlink(program: &Path, bin: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(program, bin)
}

#[cfg(windows)]
fn symlink(program: &Path, bin: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(program, bin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> AgentSettings {
        AgentSettings::new(SocketAddr::from(([127, 0, 0, 1], 9)))
    }

    #[test]
    fn an_agent_is_put_and_put_again() {
        let directory = tempfile::tempdir().expect("a directory");
        let program = std::env::current_exe().expect("this test");
        for version in ["3.39.1", "3.10.0", "2.3.41"] {
            let settings = AgentSettings { version: version.to_owned(), ..settings() };
            let installed = install(directory.path(), &program, &settings, "token").expect("installed");
            assert_eq!(fs::read_link(&installed.bin).expect("a link"), program);
            assert_eq!(AgentSettings::beside(directory.path()), Ok(settings));
            let version: Version = version.parse().expect("a version");
            let config = super::super::config::Config::read(&[installed.config], version).expect("a config");
            assert_eq!(config.authtoken.expect("a token").expose(), "token");
        }
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_the_authtoken() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().expect("a directory");
        let program = std::env::current_exe().expect("this test");
        let installed = install(directory.path(), &program, &settings(), "token").expect("installed");
        let mode = fs::metadata(installed.config).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn wrong_settings_are_refused_before_anything_is_written() {
        let directory = tempfile::tempdir().expect("a directory");
        let program = Path::new("/bin/true");
        for wrong in [
            AgentSettings { version: "three".to_owned(), ..settings() },
            AgentSettings { faults: vec!["explode".to_owned()], ..settings() },
        ] {
            let error = install(directory.path(), program, &wrong, "token").expect_err("refused");
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        }
        assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    }

    #[test]
    fn settings_need_only_edge_and_version() {
        let text = r#"{"edge":"127.0.0.1:9","version":"3.39.1"}"#;
        assert_eq!(serde_json::from_str::<AgentSettings>(text).expect("settings"), settings());
    }
}
