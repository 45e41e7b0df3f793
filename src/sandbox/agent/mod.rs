//! STUB, replaced at merge: the agent of the sandbox.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// STUB.
pub struct AgentSettings {
    /// STUB.
    pub edge: SocketAddr,
    /// STUB.
    pub version: String,
    /// STUB.
    pub faults: Vec<String>,
    /// STUB.
    pub latency_ms: u64,
}

/// STUB.
pub struct Installed {
    /// STUB.
    pub bin: PathBuf,
    /// STUB.
    pub config: PathBuf,
}

/// STUB.
pub fn install(
    directory: &Path,
    _program: &Path,
    _settings: &AgentSettings,
    _authtoken: &str,
) -> io::Result<Installed> {
    Ok(Installed { bin: directory.join("ngrok"), config: directory.join("ngrok.yml") })
}
