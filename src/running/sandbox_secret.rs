//! The signing secrets that sandboxes use again, one for each project directory that has none of its own.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::StateDirectory;
use crate::error::Result;
use crate::secret::Secret;

impl StateDirectory {
    /// The one that was kept for a project.
    pub fn sandbox_secret(&self, project: &Path) -> Option<Secret> {
        let text = fs::read_to_string(self.sandbox_secret_file(project)).ok()?;
        let text = text.trim();
        text.starts_with("whsec_").then(|| Secret::new(text))
    }

    /// Keeps one for a project; the file is 0600.
    ///
    /// # Errors
    /// `State` with the system's reason.
    pub fn keep_sandbox_secret(&self, project: &Path, secret: &Secret) -> Result<()> {
        self.write(&self.sandbox_secret_file(project), secret.expose().as_bytes())
    }

    fn sandbox_secret_file(&self, project: &Path) -> PathBuf {
        let project = project.canonicalize().unwrap_or_else(|_| project.to_owned());
        let digest = Sha256::digest(project.as_os_str().as_encoded_bytes());
        let name: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        self.path.join("sandbox-secrets").join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_project_has_its_own() {
        let directory = tempfile::tempdir().expect("a directory");
        let state = StateDirectory::at(directory.path().join("new"));
        let (one, other) = (Path::new("/one"), Path::new("/other"));
        assert_eq!(state.sandbox_secret(one), None);
        state.keep_sandbox_secret(one, &Secret::new("whsec_AAAA")).expect("kept");
        assert_eq!(state.sandbox_secret(one), Some(Secret::new("whsec_AAAA")));
        assert_eq!(state.sandbox_secret(other), None);
    }
}
