//! A handler in Node that runs as long as its value lives.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// Names the directory in which npm installed `tests/handler/package.json`, beside `handlers.mjs`.
const DIRECTORY: &str = "CLERKHOOK_NODE_HANDLERS";

/// What the handlers and clerkhook verify with.
pub const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

pub struct Handler {
    child: Child,
    /// Where it listens.
    pub port: u16,
}

/// The directory, where one is named.
pub fn directory() -> Option<PathBuf> {
    std::env::var_os(DIRECTORY).filter(|path| !path.is_empty()).map(PathBuf::from)
}

impl Handler {
    /// Starts the handler of this mode with the secret.
    pub fn start(mode: &str) -> Self {
        Self::with_secret(mode, Some(SECRET))
    }

    /// Starts it with another secret, or with none.
    pub fn with_secret(mode: &str, secret: Option<&str>) -> Self {
        let mut command = Command::new("node");
        command.current_dir(directory().expect("a directory")).args(["handlers.mjs", mode]);
        command.env_remove("CLERK_WEBHOOK_SIGNING_SECRET");
        if let Some(secret) = secret {
            command.env("CLERK_WEBHOOK_SIGNING_SECRET", secret);
        }
        // Its end is the end of this pipe too, should this process be killed.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("node runs");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("it speaks");
        let port = line.trim().parse().unwrap_or_else(|_| panic!("`{mode}` said no port: {line:?}"));
        Self { child, port }
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
